#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "lab/launch.h"
#include "messages.h"
#include "progress.h"

int cli_agree(const cli_arguments *arguments, int code) {
    return lw_launch_agree(cli_arguments_launch(arguments), code);
}

const lw_cluster *cli_cluster(const cli_arguments *arguments) {
    return lw_launch_cluster(cli_arguments_launch(arguments));
}

bool cli_leads(const cli_arguments *arguments) { return lw_cluster_leads(cli_cluster(arguments)); }

int cli_year(const cli_arguments *arguments, int otherwise) {
    const char *year = cli_text(arguments, "year");
    return year != NULL ? atoi(year) : otherwise;
}

int cli_year_of_classes(const lw_class_list *classes) {
    lw_class_list *scored = NULL;
    int year = 2021;
    for (int merged = 0; merged < 2; merged++) {
        if (lw_class_list_scored(2020, merged != 0, &scored, NULL) == LW_OK && lw_class_list_equal(scored, classes)) {
            year = 2020;
        }
        lw_class_list_free(&scored);
    }
    return year;
}

int cli_preprocessing(const cli_arguments *arguments, int year, lw_preprocessing *out) {
    const char *band = cli_text(arguments, "band");
    *out = lw_preprocessing_default();
    if (band == NULL) {
        out->band_hz[1] = year == 2020 ? 20 : 35;
        return CLI_EXIT_OK;
    }
    char *end;
    out->band_hz[0] = strtod(band, &end);
    const bool first = end != band && *end == ',';
    const char *rest = first ? end + 1 : end;
    out->band_hz[1] = strtod(rest, &end);
    const bool second = end != rest && *end == '\0';
    if (!first || !second || !(0 < out->band_hz[0] && out->band_hz[0] < out->band_hz[1]) ||
        !(out->band_hz[1] < out->rate_hz / 2)) {
        return cli_usage_error(cli_arguments_command(arguments), "--band: '%s' is not LO,HI with 0 < LO < HI < %g Hz",
                               band, out->rate_hz / 2);
    }
    return CLI_EXIT_OK;
}

bool cli_merged(const cli_arguments *arguments) { return strcmp(cli_text(arguments, "classes"), "merged") == 0; }

int cli_lead_set(const cli_arguments *arguments, lw_lead_set *out) {
    lw_error err;
    if (lw_lead_set_parse(cli_text(arguments, "leads"), out, &err) != LW_OK) {
        return cli_usage_error(cli_arguments_command(arguments), "--leads: %s", err.message);
    }
    return CLI_EXIT_OK;
}

lw_record_options cli_record_options(const cli_arguments *arguments) {
    return (lw_record_options){.size = sizeof(lw_record_options),
                               .strict = cli_flag(arguments, "strict"),
                               .rate_hz = cli_real(arguments, "csv-rate")};
}

void cli_lead_names(const lw_lead_set *leads, char text[256]) {
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < leads->count && length < 200; i++) {
        length += (size_t)snprintf(text + length, 256 - length, "%s%s", i > 0 ? " " : "", leads->name[i]);
    }
}

typedef struct prepare_watch {
    const cli_arguments *arguments;
    cli_progress progress;
} prepare_watch;

static bool on_prepared(void *context, size_t done, size_t total) {
    prepare_watch *watch = context;
    cli_progress_update(&watch->progress, done, total);
    return !cli_interrupted();
}

static void on_rejected(void *context, const char *path, lw_status status, const char *sentence) {
    prepare_watch *watch = context;
    cli_progress_clear(&watch->progress);
    cli_say(watch->arguments, "rejected %s: %s: %s", path, lw_status_name(status), sentence);
}

lw_status cli_prepare(const cli_arguments *arguments, const cli_paths *paths, const lw_prepare_options *options,
                      const char *out_path, lw_prepare_summary *summary, lw_error *err) {
    lw_record_list *list = NULL;
    lw_prepare_summary own = {0};
    lw_status status = lw_record_list_scan((const char *const *)paths->path, paths->count, NULL, &list, err);
    if (status != LW_OK) {
        return status;
    }
    for (size_t i = 0; i < lw_record_list_note_count(list); i++) {
        cli_say(arguments, "warning: %s", lw_record_list_note(list, i));
    }
    prepare_watch watch = {arguments, cli_progress_start(arguments, "preparing")};
    const lw_prepare_hooks hooks = {on_prepared, on_rejected, &watch};
    status = lw_prepare(list, options, &hooks, out_path, &own, err);
    cli_progress_clear(&watch.progress);
    lw_record_list_free(&list);
    if (status != LW_OK) {
        return status;
    }
    const double elapsed_s = cli_clock_s() - watch.progress.start_s;
    cli_say(arguments, "%s: %zu recordings in %.1f s; %zu rejected, %zu with warnings, %zu without a scored diagnosis",
            out_path, own.records, elapsed_s, own.rejected, own.with_warnings, own.unlabelled);
    if (summary != NULL) {
        *summary = own;
    } else {
        lw_prepare_summary_free(&own);
    }
    return LW_OK;
}
