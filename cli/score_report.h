/**
 * @file score_report.h
 * Scores as text for people.
 */
#ifndef LEADWISE_CLI_SCORE_REPORT_H
#define LEADWISE_CLI_SCORE_REPORT_H

#include <stdio.h>

#include "leadwise/evaluate.h"

/** Overall scores, tables of classes and groups, and the confusions that cost most; intervals where there are any. */
void cli_print_evaluation(FILE *stream, const lw_evaluation *evaluation);

#endif
