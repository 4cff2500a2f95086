#include "train/history.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

lw_status lw_history_append(lw_history *history, lw_history_row row, lw_error *err) {
    if (history->count == history->capacity) {
        size_t capacity = history->capacity == 0 ? 32 : 2 * history->capacity;
        lw_history_row *rows = realloc(history->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return lw_fail_no_memory(err, "the history");
        history->rows = rows;
        history->capacity = capacity;
    }
    history->rows[history->count++] = row;
    return LW_OK;
}

void lw_history_free(lw_history *history) {
    free(history->rows);
    *history = (lw_history){0};
}

lw_status lw_history_write(const lw_history *history, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, "epoch,loss,validation_loss,validation_metric,validation_auroc,learning_rate,best\n");
    for (size_t i = 0; i < history->count; i++) {
        const lw_history_row *r = &history->rows[i];
        lw_text_printf(&text, "%.0f,%.9g,%.9g,%.9g,%.9g,%.9g,%.0f\n", r->epoch, r->loss, r->validation_loss,
                       r->validation_metric, r->validation_auroc, r->learning_rate, r->best);
    }
    lw_status status =
        text.failed ? lw_fail_no_memory(err, "the history") : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    return status;
}
