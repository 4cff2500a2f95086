/* A run as one HTML page that needs nothing else. */

#include "base/error.h"
#include "base/file.h"
#include "report/escape.h"
#include "report/page_parts.h"

void lw_page_begin(lw_text *text, const char *title, const char *subtitle) {
    lw_text_puts(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    lw_text_markup(text, title);
    lw_text_printf(text, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n<h1>", lw_page_style);
    lw_text_markup(text, title);
    lw_text_puts(text, "</h1>\n");
    if (subtitle) {
        lw_text_puts(text, "<p class=\"soft\">");
        lw_text_markup(text, subtitle);
        lw_text_puts(text, "</p>\n");
    }
    lw_text_puts(text, "</header>\n");
}

lw_status lw_page_finish(lw_text *text, const char *path, lw_error *err) {
    lw_text_puts(text, "</main>\n<footer>Leadwise: research software, not a medical device.</footer>\n"
                       "</body>\n</html>\n");
    return text->failed ? lw_fail_no_memory(err, "a page") : lw_file_write(path, text->data, text->length, err);
}

static lw_status write_record(lw_text *text, const lw_page *page, lw_error *err) {
    char *svg = NULL;
    lw_status status = lw_paper_svg(page->record, NULL, &svg, err);
    if (status != LW_OK)
        return status;
    lw_text_puts(text, "<section>\n<h2>Recording ");
    lw_text_markup(text, lw_record_name(page->record));
    lw_text_puts(text, "</h2>\n<div class=\"paper\">\n");
    lw_text_puts(text, svg);
    lw_text_puts(text, "</div>\n");
    lw_string_free(&svg);
    if (page->classes && page->probabilities)
        lw_page_diagnoses(text, page);
    lw_text_puts(text, "</section>\n");
    return LW_OK;
}

static void write_run(lw_text *text, const lw_page_run *run) {
    lw_text_puts(text, "<section>\n<h2>");
    lw_text_markup(text, run->title);
    lw_text_puts(text, "</h2>\n");
    if (run->history_csv)
        lw_page_history(text, run->history_csv);
    if (run->scores)
        lw_page_classes(text, run->scores);
    lw_text_puts(text, "</section>\n");
}

static lw_status write_body(lw_text *text, const lw_page *page, lw_error *err) {
    bool scored = false;
    for (size_t i = 0; i < page->run_count; i++)
        scored |= page->runs[i].scores != NULL;
    if (scored)
        lw_page_summary(text, page->runs, page->run_count);
    lw_status status = page->record ? write_record(text, page, err) : LW_OK;
    for (size_t i = 0; status == LW_OK && i < page->run_count; i++)
        write_run(text, &page->runs[i]);
    return status;
}

lw_status lw_page_write(const lw_page *page, const char *path, lw_error *err) {
    lw_text text = {0};
    lw_page_begin(&text, page->title, page->subtitle);
    lw_status status = write_body(&text, page, err);
    if (status == LW_OK)
        status = lw_page_finish(&text, path, err);
    lw_text_free(&text);
    return status;
}
