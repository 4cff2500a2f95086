/**
 * @file demonstration.h
 * The steps of `demo`.
 */
#ifndef LEADWISE_CLI_DEMONSTRATION_H
#define LEADWISE_CLI_DEMONSTRATION_H

#include "arguments.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"
#include "paths.h"

/** A network of the demonstration: trained on some recordings, scored on others. */
typedef struct cli_demo_run {
    const char *leads;       /**< "12" */
    char *title;             /**< "12 leads" */
    char *folder;            /**< the run's */
    lw_history_row *history; /**< [epoch_count] */
    size_t epoch_count;
    lw_model *model;
    lw_scores scores;      /**< on recordings that it has not seen */
    lw_scores real_scores; /**< on --data, if that was given: records > 0 */
} cli_demo_run;

/** Folders of the demonstration's recordings. */
typedef struct cli_demo_data {
    char *train, *test;
    const char *real; /**< --data, or NULL */
} cli_demo_data;

/** Prepare, train and score; an exit code. cli_demo_run_free in any case. */
int cli_demo_run_make(const cli_arguments *arguments, const cli_demo_data *data, const char *leads, const char *folder,
                      cli_demo_run *run);
void cli_demo_run_free(cli_demo_run *run);

/** report.html and ecg.svg in `folder`, with `record_path` drawn and diagnosed by the first run; an exit code. */
int cli_demo_report(const cli_arguments *arguments, const cli_demo_run *runs, size_t run_count, const char *record_path,
                    const char *folder);

#endif
