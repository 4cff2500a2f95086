/* The frame of an HTML page that needs nothing else, and the page of a run. */
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "report/escape.h"
#include "report/page_parts.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#f6f5f3;--card:#fff;--ink:#1d1f27;--soft:#666b78;--line:#e3e1dc;"
    "--red:#c0304a;--blue:#2a66ad;--green:#2c8a63;--ochre:#a8731a;--wash:#f1efeb}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#14161b;--card:#1d2027;--ink:#e8e8ec;--soft:#9aa0ae;"
    "--line:#31353f;--red:#f0738a;--blue:#76aef0;--green:#62c79b;--ochre:#e0b060;--wash:#262a33}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,Helvetica,Arial,sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:40px 20px 24px}\n"
    "header{border-bottom:3px solid var(--red);padding-bottom:14px;margin-bottom:26px}\n"
    "h1{font-size:30px;line-height:1.2;margin:0;letter-spacing:-.02em}h2{font-size:20px;margin:0 0 12px}\n"
    "h3{font-size:15px;margin:22px 0 8px;color:var(--soft);font-weight:600}p{margin:6px 0}\n"
    ".soft{color:var(--soft)}section{background:var(--card);border:1px solid var(--line);border-radius:10px;"
    "padding:20px 22px;margin:0 0 22px;overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "th{font-weight:600;color:var(--soft);font-size:13px}"
    "th:first-child,td:first-child{text-align:left;padding-left:0}\n"
    "td.name{text-align:left;white-space:normal;min-width:230px}tr:last-child td{border-bottom:0}"
    "b.score{font-size:17px;color:var(--red)}\n"
    ".meter{display:inline-block;width:56px;height:8px;border-radius:4px;background:var(--wash);margin-left:8px;"
    "overflow:hidden;vertical-align:middle}.meter i{display:block;height:100%;background:var(--blue)}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:18px}\n"
    ".chart{width:100%;height:auto;color:var(--soft)}.chart text{font-size:11px;fill:currentColor}\n"
    ".chart .heading{font-size:13px;font-weight:600;fill:var(--ink)}.chart .grid{stroke:var(--line)}\n"
    ".chart polyline{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".chart .mark{stroke:var(--soft);stroke-dasharray:4 4}\n"
    ".dots{width:100%;max-width:900px;height:auto;color:var(--soft)}.dots text{font-size:12px;fill:currentColor}\n"
    ".dots .heading{font-size:13px;font-weight:600;fill:var(--ink)}.dots .grid{stroke:var(--line)}.dots "
    ".zero{stroke:var(--soft)}\n"
    ".cell b{font-size:17px}.cell span{display:block;color:var(--soft);font-size:12px}\n"
    ".bars{display:grid;grid-template-columns:minmax(180px,auto) 1fr auto;gap:5px 14px;align-items:center;"
    "margin-top:16px}\n"
    ".bars .track{height:14px;border-radius:7px;background:var(--wash);overflow:hidden}\n"
    ".bars .track i{display:block;height:100%;background:var(--soft);opacity:.55}.bars .yes .track i{opacity:1}\n"
    ".bars .row{display:contents}.bars .yes .track i{background:var(--red)}.bars .yes .label{font-weight:600}\n"
    ".bars .value{font-variant-numeric:tabular-nums;text-align:right}"
    ".bars.cost .track i{background:var(--blue);opacity:1}\n"
    ".paper{border-radius:8px;overflow:hidden;border:1px solid var(--line)}"
    ".paper svg{display:block;width:100%;height:auto}\n"
    "footer{color:var(--soft);font-size:13px;text-align:center;padding:4px 0 30px}\n"
    "@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:0}}\n";

void lw_page_put(lw_text *text, const char *before, const char *string, const char *after) {
    lw_text_puts(text, before);
    lw_text_markup(text, string);
    lw_text_puts(text, after);
}

void lw_page_begin(lw_text *text, const char *title, const char *subtitle) {
    lw_page_put(text,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
                title, "</title>\n<style>\n");
    lw_text_puts(text, style);
    lw_page_put(text, "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>", title, "</h1>\n");
    if (subtitle)
        lw_page_put(text, "<p class=\"soft\">", subtitle, "</p>\n");
    lw_text_puts(text, "</header>\n");
}

lw_status lw_page_finish(lw_text *text, const char *path, lw_error *err) {
    lw_text_puts(text, "</main>\n<footer>Leadwise: research software, not a medical device.</footer>\n"
                       "</body>\n</html>\n");
    return text->failed ? lw_fail_no_memory(err, "a page") : lw_file_write(path, text->data, text->length, err);
}

lw_status lw_page_finish_results(lw_text *csv, lw_text *page, const char *folder, lw_error *err) {
    char *csv_path = lw_path_join(folder, "results.csv"), *page_path = lw_path_join(folder, "report.html");
    lw_status status = csv->failed || !csv_path || !page_path ? lw_fail_no_memory(err, "a report")
                                                              : lw_file_write(csv_path, csv->data, csv->length, err);
    if (status == LW_OK)
        status = lw_page_finish(page, page_path, err);
    lw_text_free(csv);
    lw_text_free(page);
    free(csv_path);
    free(page_path);
    return status;
}

/** What was not as it should be and was read all the same. */
static void put_warnings(lw_text *text, const lw_page *page) {
    const size_t count = page->warnings ? page->warning_count : lw_record_warning_count(page->record);
    if (count > 0)
        lw_text_puts(text, "<h3>Warnings</h3>\n<ul>\n");
    for (size_t i = 0; i < count; i++)
        lw_page_put(text, "<li>", page->warnings ? page->warnings[i] : lw_record_warning(page->record, i), "</li>\n");
    if (count > 0)
        lw_text_puts(text, "</ul>\n");
}

/** The marks of quality, with their leads and seconds. */
static void put_marks(lw_text *text, const lw_page *page) {
    if (page->finding_count > 0)
        lw_text_puts(text,
                     "<h3>Quality</h3>\n<table>\n<tr><th>mark</th><th>lead</th><th>from s</th><th>to s</th></tr>\n");
    for (size_t i = 0; i < page->finding_count; i++) {
        const lw_quality_finding *finding = &page->findings[i];
        lw_page_put(text, "<tr><td>", lw_quality_mark_name(finding->mark), "</td><td>");
        lw_text_markup(text, finding->lead ? finding->lead : "all");
        lw_text_printf(text, "</td><td>%.4g</td><td>%.4g</td></tr>\n", finding->begin_s, finding->end_s);
    }
    if (page->finding_count > 0)
        lw_text_puts(text, "</table>\n");
}

static lw_status put_record(lw_text *text, const lw_page *page, lw_error *err) {
    const lw_paper_options paper = {.size = sizeof paper,
                                    .warnings = page->warnings,
                                    .warning_count = page->warning_count,
                                    .findings = page->findings,
                                    .finding_count = page->finding_count};
    char *svg = NULL;
    lw_status status = lw_paper_svg(page->record, &paper, &svg, err);
    if (status != LW_OK)
        return status;
    lw_page_put(text, "<section>\n<h2>Recording ", lw_record_name(page->record), "</h2>\n<div class=\"paper\">\n");
    lw_text_puts(text, svg);
    lw_text_puts(text, "</div>\n");
    lw_string_free(&svg);
    if (page->classes && page->probabilities)
        lw_page_diagnoses(text, page);
    put_warnings(text, page);
    put_marks(text, page);
    lw_text_puts(text, "</section>\n");
    return LW_OK;
}

lw_status lw_page_write(const lw_page *page, const char *path, lw_error *err) {
    lw_page own;
    lw_text text = {0};
    bool scored = false;
    lw_status status = lw_options_take(&own, sizeof own, page, "lw_page", err);
    if (status != LW_OK)
        return status;
    page = &own;
    for (size_t i = 0; i < page->run_count; i++)
        scored = scored || page->runs[i].scores;
    lw_page_begin(&text, page->title, page->subtitle);
    if (scored)
        lw_page_summary(&text, page->runs, page->run_count);
    status = page->record ? put_record(&text, page, err) : LW_OK;
    for (size_t i = 0; status == LW_OK && i < page->run_count; i++) {
        const lw_page_run *run = &page->runs[i];
        lw_page_put(&text, "<section>\n<h2>", run->title, "</h2>\n");
        if (run->history)
            lw_page_history(&text, run->history, run->epoch_count);
        if (run->scores)
            lw_page_classes(&text, run->scores);
        lw_text_puts(&text, "</section>\n");
    }
    if (status == LW_OK)
        status = lw_page_finish(&text, path, err);
    lw_text_free(&text);
    return status;
}
