/**
 * @file run_report.h
 * Scores as text for people.
 */
#ifndef LEADWISE_CLI_RUN_REPORT_H
#define LEADWISE_CLI_RUN_REPORT_H

#include <stdio.h>

#include "arguments.h"
#include "leadwise/evaluate.h"

/** On standard output: the scores of the test split from FOLDER/run.json, and where the model is. */
void cli_print_run(const cli_arguments *arguments, const char *folder);

/** Overall scores, a table of classes, and the confusions that cost most. */
void cli_print_scores(FILE *stream, const lw_scores *scores);

#endif
