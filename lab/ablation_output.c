/* This file writes what changes of training were worth, as CSV and as one HTML page that needs nothing else. */
#include <math.h>

#include "base/json.h"
#include "lab/ablation.h"
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
    lw_text_printf(text, ",%zu,%s", table->seed_count, lw_rule_name(rule));
    csv_measure(text, row->result, rule);
    csv_measure(text, row->result, LW_ABLATION_AUROC);
    lw_text_puts(text, "\n");
}

/* ---- The page */

static const double width = 900, left = 190, right = 880, top = 40, line_height = 24;

static const char *const titles[LW_ABLATION_MEASURE_COUNT] = {"Challenge metric at threshold 0.5",
                                                              "Challenge metric at threshold 0.5, with the fallback",
                                                              "Challenge metric at tuned thresholds", "AUROC"};

static void draw_axis(lw_text *text, const lw_axis *x, double bottom) {
    const long ticks = lround((x->high - x->low) / x->step);
    for (long i = 0; i <= ticks; i++) {
        const double value = round((x->low + (double)i * x->step) / x->step) * x->step, at = lw_axis_at(x, value);
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
    lw_page_put(text, "", row->name, "</text>");
    const char *colour = gain->low > 0 ? "var(--green)" : gain->high < 0 ? "var(--red)" : "var(--blue)";
    if (lw_is_drawable(gain->low) && lw_is_drawable(gain->high))
        lw_text_printf(text, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" stroke-width=\"2\"/>", lw_axis_at(x, gain->low),
                       y, lw_axis_at(x, gain->high), colour);
    if (lw_is_drawable(gain->value))
        lw_page_dot(text, lw_axis_at(x, gain->value), y, colour);
    lw_text_puts(text, "\n");
}

static void draw_gains(lw_text *text, const lw_ablation_table *table, size_t m) {
    const double bottom = top + line_height * (double)(table->row_count - 1);
    lw_axis x = {.from = left, .to = right};
    for (size_t i = 1; i < table->row_count; i++) {
        lw_axis_widen(&x, table->row[i].result->gain[m].value);
        lw_axis_widen(&x, table->row[i].result->gain[m].low);
        lw_axis_widen(&x, table->row[i].result->gain[m].high);
    }
    lw_axis_set_ticks(&x, 8);
    lw_text_printf(text,
                   "<section>\n<h2>%s</h2>\n<svg class=\"dots\" viewBox=\"0 0 %g %g\" role=\"img\">\n"
                   "<text class=\"heading\" x=\"%g\" y=\"18\">gain over the baseline's %.3f</text>\n",
                   titles[m], width, bottom + 28, left, table->row[0].result->score[m]);
    draw_axis(text, &x, bottom);
    for (size_t i = 1; i < table->row_count; i++)
        draw_row(text, &x, &table->row[i], m, top + line_height * ((double)i - 0.5));
    lw_text_puts(text, "</svg>\n</section>\n");
}

static void put_scores(lw_text *text, const lw_ablation_table *table) {
    lw_text_puts(text, "<section>\n<h2>Scores, and gains with 95 % intervals</h2>\n<table>\n<tr><th>Change</th>"
                       "<th>Metric, 0.5</th><th>with fallback</th><th>tuned</th><th>AUROC</th></tr>\n");
    for (size_t i = 0; i < table->row_count; i++) {
        const lw_ablation_result *result = table->row[i].result;
        lw_page_put(text, "<tr><td class=\"name cell\">", table->row[i].name, "<span>");
        lw_page_put(text, "", table->row[i].change, "</span></td>");
        for (size_t m = 0; m < LW_ABLATION_MEASURE_COUNT; m++) {
            lw_text_printf(text, "<td class=\"cell\">%.3f", result->score[m]);
            if (i > 0)
                lw_text_printf(text, "<span>%+.3f [%+.3f, %+.3f]</span>", result->gain[m].value, result->gain[m].low,
                               result->gain[m].high);
            lw_text_puts(text, "</td>");
        }
        lw_text_puts(text, "</tr>\n");
    }
    lw_text_puts(text, "</table>\n</section>\n");
}

static void put_introduction(lw_text *text, const lw_ablation_table *table) {
    lw_text_printf(
        text,
        "<section>\n<p>The baseline and each change alone, trained with %zu seed%s on %zu records, judged on "
        "%zu others: the split is the same for all. Scores are means over the seeds. Intervals: %zu paired "
        "bootstrap samples of test records and seeds, of the mean difference between the runs of a change and "
        "the baseline's of the same seeds. Thresholds are tuned on each run's validation records.%s</p>\n"
        "</section>\n",
        table->seed_count, table->seed_count == 1 ? "" : "s", table->train_record_count, table->test_record_count,
        table->replicate_count,
        table->ensemble ? " The ensemble is the baseline's seeds as one model, by the mean of their probabilities; its "
                          "gain is that over the mean of their scores, its interval that of the test records alone."
                        : "");
}

lw_status lw_ablation_write(const lw_ablation_table *table, const char *folder, lw_error *err) {
    static const size_t order[LW_ABLATION_MEASURE_COUNT] = {2, 3, 1, 0}; /* the scores at tuned thresholds come first */
    lw_text csv = {0}, page = {0};
    lw_text_puts(&csv, csv_header);
    for (size_t i = 0; i < table->row_count * LW_RULE_COUNT; i++)
        csv_row(&csv, table, i / LW_RULE_COUNT, (lw_rule)(i % LW_RULE_COUNT));
    lw_page_begin(&page, "What changes of training are worth", NULL);
    put_introduction(&page, table);
    for (size_t i = 0; table->row_count > 1 && i < LW_ABLATION_MEASURE_COUNT; i++)
        draw_gains(&page, table, order[i]);
    put_scores(&page, table);
    return lw_page_finish_results(&csv, &page, folder, err);
}
