/* This file turns options of several commands into structures of the library, and prepares and synthesises recordings.
 */
#include "settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/launch.h"

int cli_agree(const cli_arguments *arguments, int code) {
    return lw_launch_agree(cli_arguments_launch(arguments), code);
}

const lw_cluster *cli_cluster(const cli_arguments *arguments) {
    return lw_launch_cluster(cli_arguments_launch(arguments));
}

bool cli_leads(const cli_arguments *arguments) { return lw_cluster_leads(cli_cluster(arguments)); }

int cli_year(const cli_arguments *arguments, int otherwise) {
    const char *year = cli_text(arguments, "year");
    return year ? atoi(year) : otherwise;
}

int cli_year_of_classes(const lw_class_list *classes) {
    lw_class_list *scored = NULL;
    int year = 2021;
    for (int merged = 0; merged < 2; merged++) {
        if (lw_class_list_scored(2020, merged != 0, &scored, NULL) == LW_OK && lw_class_list_equal(scored, classes))
            year = 2020;
        lw_class_list_free(&scored);
    }
    return year;
}

int cli_preprocessing(const cli_arguments *arguments, int year, lw_preprocessing *out) {
    const char *band = cli_text(arguments, "band");
    *out = lw_preprocessing_default();
    out->ends = strcmp(cli_text(arguments, "ends"), "line") == 0 ? LW_ENDS_LINE : LW_ENDS_ZERO;
    if (!band) {
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
        !(out->band_hz[1] < out->rate_hz / 2))
        return cli_usage_error(arguments, "--band: '%s' is not LO,HI with 0 < LO < HI < %g Hz", band, out->rate_hz / 2);
    return CLI_EXIT_OK;
}

bool cli_merged(const cli_arguments *arguments) {
    const bool has_option = cli_option_find(cli_arguments_command(arguments), "classes") >= 0;
    return has_option && strcmp(cli_text(arguments, "classes"), "merged") == 0;
}

int cli_lead_set(const cli_arguments *arguments, lw_lead_set *out) {
    lw_error err;
    if (lw_lead_set_parse(cli_text(arguments, "leads"), out, &err) != LW_OK)
        return cli_usage_error(arguments, "--leads: %s", err.message);
    return CLI_EXIT_OK;
}

lw_record_options cli_record_options(const cli_arguments *arguments) {
    return (lw_record_options){.size = sizeof(lw_record_options),
                               .strict = cli_flag(arguments, "strict"),
                               .rate_hz = cli_real(arguments, "csv-rate"),
                               .unit = cli_text(arguments, "csv-unit"),
                               .lead_names = cli_text(arguments, "lead-names")};
}

const char *cli_fallback(const cli_arguments *arguments) {
    const char *fallback = cli_text(arguments, "fallback");
    return fallback && strcmp(fallback, "none") == 0 ? "" : fallback;
}

const char *cli_hint(const cli_arguments *arguments, lw_status status) {
    const bool has_options = cli_option_find(cli_arguments_command(arguments), "csv-rate") >= 0;
    return has_options && status == LW_ERR_RATE        ? " (--csv-rate)"
           : has_options && status == LW_ERR_LEAD_NAME ? " (--lead-names)"
                                                       : "";
}

void cli_say_rejected(const cli_arguments *arguments, const char *path, lw_status status, const char *sentence) {
    cli_say(arguments, "rejected %s: %s: %s%s", path, lw_status_name(status), sentence, cli_hint(arguments, status));
}

void cli_lead_names(const lw_lead_set *leads, char text[256]) {
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < leads->count && length < 200; i++)
        length += (size_t)snprintf(text + length, 256 - length, "%s%s", i > 0 ? " " : "", leads->name[i]);
}

typedef struct prepare_watch {
    const cli_arguments *arguments;
    cli_progress progress;
    size_t warning_count, warned_count;
    const char *warned; /**< path of the recording warned about last: borrowed from the list, and compared only */
} prepare_watch;

static bool on_prepared(void *context, size_t done, size_t total) {
    prepare_watch *watch = context;
    cli_progress_update(&watch->progress, done, total);
    return !cli_interrupted();
}

static void on_rejected(void *context, const char *path, lw_status status, const char *sentence) {
    prepare_watch *watch = context;
    cli_progress_clear(&watch->progress);
    cli_say_rejected(watch->arguments, path, status, sentence);
}

static void on_warning(void *context, const char *path, const char *sentence) {
    prepare_watch *watch = context;
    watch->warning_count++;
    watch->warned_count += path != watch->warned;
    watch->warned = path;
    if (cli_flag(watch->arguments, "verbose"))
        cli_progress_clear(&watch->progress);
    cli_detail_warning(watch->arguments, path, sentence);
}

void cli_detail_warning(const cli_arguments *arguments, const char *path, const char *sentence) {
    if (strncmp(sentence, path, strlen(path)) == 0)
        cli_detail(arguments, "warning: %s", sentence);
    else
        cli_detail(arguments, "warning: %s: %s", path, sentence);
}

void cli_count_warnings(const cli_arguments *arguments, size_t warnings, size_t warned, size_t records) {
    if (warnings > 0)
        cli_say(arguments, "%zu warning%s on %zu of %zu recording%s%s", warnings, cli_s(warnings), warned, records,
                cli_s(records), cli_flag(arguments, "verbose") ? "" : "; -v shows each");
}

lw_status cli_prepare(const cli_arguments *arguments, const cli_strings *paths, const lw_prepare_options *options,
                      int year, const char *out_path, lw_prepare_summary *summary, lw_error *err) {
    lw_prepare_options how = *options;
    lw_class_list *classes = NULL;
    lw_record_list *list = NULL;
    lw_prepare_summary own = {0};
    lw_status status = year != 0 ? lw_class_list_scored(year, cli_merged(arguments), &classes, err) : LW_OK;
    if (year != 0)
        how.classes = classes;
    if (status == LW_OK)
        status = lw_record_list_scan((const char *const *)paths->item, paths->count, NULL, &list, err);
    for (size_t i = 0; status == LW_OK && i < lw_record_list_note_count(list); i++)
        cli_say(arguments, "warning: %s", lw_record_list_note(list, i));
    prepare_watch watch = {.arguments = arguments, .progress = cli_progress_start(arguments, "preparing")};
    const lw_prepare_hooks hooks = {sizeof hooks, on_prepared, on_rejected, &watch, on_warning};
    if (status == LW_OK)
        status = lw_prepare(list, &how, &hooks, out_path, &own, err);
    cli_progress_clear(&watch.progress);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
    if (status != LW_OK)
        return status;
    const double elapsed_s = cli_clock_s() - watch.progress.start_s;
    cli_say(arguments,
            "%s: %zu recording%s in %.1f s; %zu rejected, %zu recordings with warnings, %zu without a scored diagnosis",
            out_path, own.record_count, cli_s(own.record_count), elapsed_s, own.rejected_count, own.warned_count,
            own.unlabelled_count);
    cli_count_warnings(arguments, watch.warning_count, watch.warned_count, own.record_count + own.rejected_count);
    if (summary)
        *summary = own;
    else
        lw_prepare_summary_free(&own);
    return LW_OK;
}

lw_status cli_synthesise(const cli_arguments *arguments, const lw_synth_options *options, uint64_t first,
                         uint64_t count, const char *folder, lw_error *err) {
    cli_progress progress = cli_progress_start(arguments, "synthesising");
    lw_status status = cli_folder_create(folder, err);
    for (uint64_t i = first; i < first + count && status == LW_OK; i++) {
        lw_record *record = NULL;
        char name[32];
        snprintf(name, sizeof name, "S%05" PRIu64, i);
        status = lw_synth_record(options, i, &record, err);
        if (status == LW_OK)
            status = lw_record_write_challenge(record, folder, name, err);
        lw_record_free(&record);
        cli_progress_update(&progress, (size_t)(i - first + 1), (size_t)count);
    }
    cli_progress_clear(&progress);
    return status;
}
