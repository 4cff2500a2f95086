/**
 * @file run_report.h
 * What a finished run has to say.
 */
#ifndef LEADWISE_CLI_RUN_REPORT_H
#define LEADWISE_CLI_RUN_REPORT_H

#include "arguments.h"

/** On standard output: the scores of the test split from FOLDER/run.json, and where the model is. */
void cli_print_run(const cli_arguments *arguments, const char *folder);

#endif
