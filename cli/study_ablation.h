/**
 * @file study_ablation.h
 * `study ablation`.
 */
#ifndef LEADWISE_CLI_STUDY_ABLATION_H
#define LEADWISE_CLI_STUDY_ABLATION_H

#include "arguments.h"

/** Train and judge what the options of `study` say on the data of the operands; the exit code. */
int cli_ablation(const cli_arguments *arguments, const char *const *operands, size_t count);
/** On standard output: the changes that are tried. */
void cli_ablation_list(void);

#endif
