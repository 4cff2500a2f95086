/* What changes of training were worth, as CSV and as one HTML page that needs nothing else. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "lab/ablation_run.h"
#include "report/escape.h"
#include "report/page_parts.h"

/* ---- CSV */

static const char csv_header[] = "change,options,seeds,rule,challenge_metric,gain,gain_low,gain_high,auroc,auroc_gain,"
                                 "auroc_gain_low,auroc_gain_high\n";

static void csv_measure(lw_text *text, const lw_ablation_result *result, size_t m) {
    lw_csv_put_number(text, result->score[m]);
    lw_csv_put_number(text, result->gain[m].value);
    lw_csv_put_number(text, result->gain[m].low);
    lw_csv_put_number(text, result->gain[m].high);
}

static void csv_row(lw_text *text, const lw_ablation_table *table, size_t i, lw_rule rule) {
    const lw_ablation_row *row = &table->row[i];
    lw_text_csv(text, row->name);
    lw_text_puts(text, ",");
    lw_text_csv(text, row->change);
    lw_text_printf(text, ",%zu,%s", table->seeds, lw_rule_name(rule));
    csv_measure(text, row->result, rule);
    csv_measure(text, row->result, LW_ABLATION_AUROC);
    lw_text_puts(text, "\n");
}

static lw_status write_csv(const lw_ablation_table *table, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_text_puts(&text, csv_header);
    for (size_t i = 0; i < table->rows; i++)
        for (size_t rule = 0; rule < LW_RULE_COUNT; rule++)
            csv_row(&text, table, i, (lw_rule)rule);
    lw_status status = text.failed ? lw_fail_no_memory(err, path) : lw_file_write(path, text.data, text.length, err);
    lw_text_free(&text);
    return status;
}

/* ---- The page */

static const double width = 900, left = 190, right = 880, top = 40, line_height = 24;

static const char *const titles[LW_ABLATION_MEASURE_COUNT] = {"Challenge metric at threshold 0.5",
                                                              "Challenge metric at threshold 0.5, with the fallback",
                                                              "Challenge metric at tuned thresholds", "AUROC"};

static double x_at(const lw_axis *x, double value) {
    return left + (right - left) * (value - x->low) / (x->high - x->low);
}

static void draw_axis(lw_text *text, const lw_axis *x, double bottom) {
    const long ticks = lround((x->high - x->low) / x->step);
    for (long i = 0; i <= ticks; i++) {
        const double value = round((x->low + (double)i * x->step) / x->step) * x->step, at = x_at(x, value);
        const bool zero = fabs(value) < x->step / 2;
        lw_text_printf(
            text, "<path class=\"%s\" d=\"M%.1f %gV%g\"/><text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g</text>",
            zero ? "zero" : "grid", at, top - 8, bottom, at, bottom + 18, zero ? 0 : value);
    }
    lw_text_puts(text, "\n");
}

static void draw_row(lw_text *text, const lw_axis *x, const lw_ablation_row *row, size_t m, double y) {
    const lw_gain *gain = &row->result->gain[m];
    lw_text_printf(text, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">", left - 14, y + 4);
    lw_text_markup(text, row->name);
    lw_text_puts(text, "</text>");
    const char *colour = gain->low > 0 ? "var(--green)" : gain->high < 0 ? "var(--red)" : "var(--blue)";
    if (lw_axis_takes(gain->low) && lw_axis_takes(gain->high))
        lw_text_printf(text, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" stroke-width=\"2\"/>", x_at(x, gain->low), y,
                       x_at(x, gain->high), colour);
    if (lw_axis_takes(gain->value))
        lw_text_printf(text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>", x_at(x, gain->value), y,
                       colour);
    lw_text_puts(text, "\n");
}

static void plot(lw_text *text, const lw_ablation_table *table, size_t m) {
    const double bottom = top + line_height * (double)(table->rows - 1);
    lw_axis x = {0, 0, 1};
    for (size_t i = 1; i < table->rows; i++) {
        lw_axis_widen(&x, table->row[i].result->gain[m].value);
        lw_axis_widen(&x, table->row[i].result->gain[m].low);
        lw_axis_widen(&x, table->row[i].result->gain[m].high);
    }
    x = lw_axis_ticked(x, 8);
    lw_text_printf(text,
                   "<section>\n<h2>%s</h2>\n<svg class=\"dots\" viewBox=\"0 0 %g %g\" role=\"img\">\n"
                   "<text class=\"heading\" x=\"%g\" y=\"18\">gain over the baseline's %.3f</text>\n",
                   titles[m], width, bottom + 28, left, table->row[0].result->score[m]);
    draw_axis(text, &x, bottom);
    for (size_t i = 1; i < table->rows; i++)
        draw_row(text, &x, &table->row[i], m, top + line_height * ((double)i - 0.5));
    lw_text_puts(text, "</svg>\n</section>\n");
}

static void cell(lw_text *text, const lw_ablation_row *row, size_t m, bool is_baseline) {
    lw_text_printf(text, "<td class=\"cell\">%.3f", row->result->score[m]);
    if (!is_baseline)
        lw_text_printf(text, "<span>%+.3f [%+.3f, %+.3f]</span>", row->result->gain[m].value, row->result->gain[m].low,
                       row->result->gain[m].high);
    lw_text_puts(text, "</td>");
}

static void numbers(lw_text *text, const lw_ablation_table *table) {
    lw_text_puts(text, "<section>\n<h2>Scores, and gains with 95 % intervals</h2>\n<table>\n<tr><th>Change</th>"
                       "<th>Metric, 0.5</th><th>with fallback</th><th>tuned</th><th>AUROC</th></tr>\n");
    for (size_t i = 0; i < table->rows; i++) {
        lw_text_puts(text, "<tr><td class=\"name cell\">");
        lw_text_markup(text, table->row[i].name);
        lw_text_puts(text, "<span>");
        lw_text_markup(text, table->row[i].change);
        lw_text_puts(text, "</span></td>");
        for (size_t m = 0; m < LW_ABLATION_MEASURE_COUNT; m++)
            cell(text, &table->row[i], m, i == 0);
        lw_text_puts(text, "</tr>\n");
    }
    lw_text_puts(text, "</table>\n</section>\n");
}

static void introduction(lw_text *text, const lw_ablation_table *table) {
    lw_text_printf(
        text,
        "<section>\n<p>The baseline and each change alone, trained with %zu seed%s on %zu records, judged on "
        "%zu others: the split is the same for all. Scores are means over the seeds. Intervals: %zu paired "
        "bootstrap samples of test records and seeds, of the mean difference between the runs of a change and "
        "the baseline's of the same seeds. Thresholds are tuned on each run's validation records.%s</p>\n"
        "</section>\n",
        table->seeds, table->seeds == 1 ? "" : "s", table->train_records, table->test_records, table->replicates,
        table->ensemble ? " The ensemble is the baseline's seeds as one model, by the mean of their probabilities; its "
                          "gain is that over the mean of their scores, its interval that of the test records alone."
                        : "");
}

static lw_status write_page(const lw_ablation_table *table, const char *path, lw_error *err) {
    static const size_t order[LW_ABLATION_MEASURE_COUNT] = {2, 3, 1, 0}; /* what says most comes first */
    lw_text text = {0};
    lw_page_begin(&text, "What changes of training are worth", NULL);
    introduction(&text, table);
    for (size_t i = 0; table->rows > 1 && i < LW_ABLATION_MEASURE_COUNT; i++)
        plot(&text, table, order[i]);
    numbers(&text, table);
    lw_status status = lw_page_finish(&text, path, err);
    lw_text_free(&text);
    return status;
}

lw_status lw_ablation_write(const lw_ablation_table *table, const char *folder, lw_error *err) {
    char *csv = lw_path_join(folder, "results.csv"), *page = lw_path_join(folder, "report.html");
    lw_status status = csv == NULL || page == NULL ? lw_fail_no_memory(err, "a path") : write_csv(table, csv, err);
    if (status == LW_OK)
        status = write_page(table, page, err);
    free(csv);
    free(page);
    return status;
}
