#include <stdio.h>
#include <stdlib.h>

#include "demonstration.h"
#include "interrupt.h"
#include "messages.h"
#include "progress.h"
#include "settings.h"
#include "synthetic.h"

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_TEXT,
     .argument = "DIR",
     .value = "demo",
     .help = "folder to write into"},
    CLI_ROW_TEXT("data", "DIR", "real recordings to score the networks on as well"),
    CLI_ROW_TEXT("record", "FILE", "recording to diagnose (default: a synthetic one)"),
    CLI_ROW_WHOLE("records", "N", "1000", 50, 1e6, "synthetic recordings; a fifth of them is for testing"),
    CLI_OPTION_NETWORK,
    CLI_OPTION_WIDTH("16"),
    CLI_OPTION_DROPOUT("of every block that has dropout", "0"),
    CLI_ROW_WHOLE("epochs", "N", "12", 1, 1000, "of training"),
    CLI_OPTION_SEED("1"),
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_ROW_END,
};

static void print_scores(const cli_demo_run *runs, size_t count) {
    printf("\n%-28s %16s %8s %8s\n", "on unseen recordings", "Challenge metric", "AUROC", "records");
    for (size_t i = 0; i < count; i++) {
        const lw_scores *scores = &runs[i].scores, *real = &runs[i].real_scores;
        printf("%-28s %16.3f %8.3f %8zu\n", runs[i].title, scores->challenge_metric, scores->auroc, scores->records);
        if (real->records > 0) {
            printf("%-28s %16.3f %8.3f %8zu\n", "  the same, real recordings", real->challenge_metric, real->auroc,
                   real->records);
        }
    }
}

static lw_status synthesise(const cli_arguments *arguments, const cli_demo_data *data, lw_error *err) {
    const lw_synth_options how = {.size = sizeof how, .seed = cli_whole(arguments, "seed"), .noise_mv = -1};
    const uint64_t records = cli_whole(arguments, "records"), tests = records / 5;
    lw_status status = cli_synthesise(arguments, &how, 0, records - tests, data->train, err);
    if (status == LW_OK) {
        status = cli_synthesise(arguments, &how, records - tests, tests, data->test, err);
    }
    return status;
}

/** --record, else the first test recording with more than one diagnosis, else the first of all. free() it. */
static char *example_path(const cli_arguments *arguments, const cli_demo_data *data) {
    if (cli_text(arguments, "record") != NULL) {
        return cli_format("%s", cli_text(arguments, "record"));
    }
    const unsigned long long records = cli_whole(arguments, "records"), first = records - records / 5;
    for (unsigned long long i = first; i < records; i++) {
        char *path = cli_format("%s/S%05llu.hea", data->test, i);
        lw_record *record = NULL;
        const bool telling =
            lw_record_read_header(path, NULL, &record, NULL) == LW_OK && lw_record_code_count(record) > 1;
        lw_record_free(&record);
        if (telling) {
            return path;
        }
        free(path);
    }
    return cli_format("%s/S%05llu.hea", data->test, first);
}

static int demonstrate(const cli_arguments *arguments, const cli_demo_data *data, const char *folder) {
    static const char *const lead_sets[] = {"12", "2"};
    enum { RUNS = sizeof lead_sets / sizeof lead_sets[0] };
    cli_demo_run runs[RUNS] = {{0}};
    lw_error err;
    int code = synthesise(arguments, data, &err) == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
    for (size_t i = 0; i < RUNS && code == CLI_EXIT_OK; i++) {
        code = cli_demo_run_make(arguments, data, lead_sets[i], folder, &runs[i]);
    }
    if (code == CLI_EXIT_OK) {
        char *path = example_path(arguments, data);
        print_scores(runs, RUNS);
        code = cli_demo_report(arguments, runs, RUNS, path, folder);
        free(path);
    }
    for (size_t i = 0; i < RUNS; i++) {
        cli_demo_run_free(&runs[i]);
    }
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *folder = cli_text(arguments, "output"), *record = cli_text(arguments, "record");
    const double start_s = cli_clock_s();
    if (record != NULL && !cli_file_exists(record)) {
        return cli_usage_error(cli_arguments_command(arguments), "--record: there is no file '%s'", record);
    }
    cli_demo_data data = {.train = cli_format("%s/recordings/train", folder),
                          .test = cli_format("%s/recordings/test", folder),
                          .real = cli_text(arguments, "data")};
    cli_interrupt_catch();
    const int code = demonstrate(arguments, &data, folder);
    free(data.train);
    free(data.test);
    if (code == CLI_EXIT_INTERRUPTED) {
        cli_interrupt_die(); /* a demonstration is not resumed */
    }
    if (code == CLI_EXIT_OK) {
        char took[24];
        cli_duration(cli_clock_s() - start_s, took);
        cli_say(arguments, "finished in %s", took);
    }
    return code;
}

const cli_command cli_command_demo = {
    .name = "demo",
    .summary = "Synthesise, train, score and report in a few minutes",
    .synopsis = "[-o DIR]",
    .description =
        "Writes synthetic recordings, trains a narrow network on 12 leads and on 2, scores both on recordings that "
        "they have not "
        "seen, and lets the built-in model (where there is none, the network of 12 leads) diagnose one recording. "
        "Leaves DIR/report.html, DIR/ecg.svg and both runs' folders.\n\n"
        "The networks learn from synthetic recordings only: what --data shows is how little that says about real ones.",
    .examples = "leadwise demo\nleadwise demo -o demo --data recordings/",
    .options = options,
    .run = run,
};
