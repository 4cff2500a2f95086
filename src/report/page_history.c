#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/page_parts.h"

enum { EPOCH, LOSS, VALIDATION_LOSS, VALIDATION_METRIC, COLUMNS };

/* A history.csv's columns that are drawn, [rows] each; NaN where a cell is no number. */
typedef struct history {
    size_t rows;
    double *values[COLUMNS];
    size_t place[COLUMNS]; /* in the file's lines */
} history;

static const char *const column_names[COLUMNS] = {"epoch", "loss", "validation_loss", "validation_metric"};

static void read_names(history *table, lw_span line) {
    for (size_t c = 0; c < COLUMNS; c++)
        table->place[c] = SIZE_MAX;
    lw_span field;
    for (size_t i = 0; lw_span_field(&line, ',', &field); i++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (lw_span_equals(lw_span_trim(field), column_names[c]))
                table->place[c] = i;
}

static void read_row(history *table, lw_span line) {
    for (size_t c = 0; c < COLUMNS; c++)
        table->values[c][table->rows] = NAN;
    lw_span field;
    for (size_t i = 0; lw_span_field(&line, ',', &field); i++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (table->place[c] == i)
                (void)lw_span_double(lw_span_trim(field), &table->values[c][table->rows]);
    table->rows++;
}

static size_t count_lines(const char *csv) {
    size_t lines = 1;
    for (; *csv; csv++)
        lines += *csv == '\n';
    return lines;
}

/* free() values[0], which holds all columns. False when out of memory. */
static bool read_history(const char *csv, history *table) {
    size_t lines = count_lines(csv), cells;
    double *values = lw_size_mul(lines, COLUMNS, &cells) ? lw_calloc(cells, sizeof *values) : NULL;
    if (!values)
        return false;
    for (size_t c = 0; c < COLUMNS; c++)
        table->values[c] = values + c * lines;
    const char *cursor = csv, *end = csv + strlen(csv);
    lw_span line;
    if (lw_span_line(&cursor, end, &line))
        read_names(table, line);
    while (lw_span_line(&cursor, end, &line))
        if (lw_span_trim(line).length)
            read_row(table, line);
    return true;
}

static double epoch_of_lowest(const history *table, size_t column) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < table->rows; i++)
        if (isfinite(table->values[column][i]) &&
            (best == SIZE_MAX || table->values[column][i] < table->values[column][best]))
            best = i;
    return best == SIZE_MAX ? NAN : table->values[EPOCH][best];
}

void lw_page_history(lw_text *text, const char *history_csv) {
    history table = {0};
    if (!read_history(history_csv, &table)) {
        text->failed = true;
        return;
    }
    const lw_chart_line losses[] = {{"training", "var(--blue)", table.values[LOSS]},
                                    {"validation", "var(--red)", table.values[VALIDATION_LOSS]}};
    const lw_chart_line metrics[] = {{"validation", "var(--green)", table.values[VALIDATION_METRIC]}};
    lw_chart chart = {.title = "Loss",
                      .x_label = "epoch",
                      .points = table.rows,
                      .x = table.values[EPOCH],
                      .line_count = 2,
                      .lines = losses,
                      .marked_x = epoch_of_lowest(&table, VALIDATION_LOSS),
                      .mark = "kept"};
    lw_text_puts(text, "<div class=\"charts\">\n<div>");
    lw_page_chart(text, &chart);
    chart.title = "Challenge metric";
    chart.lines = metrics;
    chart.line_count = 1;
    lw_text_puts(text, "</div>\n<div>");
    lw_page_chart(text, &chart);
    lw_text_puts(text, "</div>\n</div>\n");
    free(table.values[0]);
}
