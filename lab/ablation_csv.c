#include <math.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "lab/ablation_table.h"

static const char header[] = "change,options,seeds,rule,challenge_metric,gain,gain_low,gain_high,auroc,auroc_gain,"
                             "auroc_gain_low,auroc_gain_high\n";

/** A comma and the number; nothing after it where that is unknown. */
static void number(lw_text *text, double value) {
    lw_text_puts(text, ",");
    if (isfinite(value))
        lw_json_put_number(text, value);
}

static void measure(lw_text *text, const lw_ablation_row *row, size_t m) {
    number(text, row->score[m]);
    number(text, row->gain[m].value);
    number(text, row->gain[m].low);
    number(text, row->gain[m].high);
}

lw_status lw_ablation_csv_write(const lw_ablation_table *table, const char *path, lw_error *err) {
    const size_t auroc = LW_ABLATION_MEASURES - 1;
    lw_text text = {0};
    lw_text_puts(&text, header);
    for (size_t i = 0; i < table->rows; i++)
        for (size_t rule = 0; rule < auroc; rule++) {
            lw_text_csv(&text, table->row[i].name);
            lw_text_puts(&text, ",");
            lw_text_csv(&text, table->row[i].change);
            lw_text_printf(&text, ",%zu,%s", table->seeds, table->rules[rule]);
            measure(&text, &table->row[i], rule);
            measure(&text, &table->row[i], auroc);
            lw_text_puts(&text, "\n");
        }
    lw_status status = text.failed ? lw_fail_no_memory(err, path) : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    return status;
}
