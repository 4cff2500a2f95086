/**
 * @file study_ablation.h
 * `study ablation`.
 */
#ifndef LEADWISE_CLI_STUDY_ABLATION_H
#define LEADWISE_CLI_STUDY_ABLATION_H

#include "arguments.h"

/** Train and judge the changes of the options of `study` on the data of the operands. @return the exit code */
int cli_ablation(const cli_arguments *arguments, const char *const *operands, size_t count);
/** Print the changes that are tried on standard output. */
void cli_ablation_list(void);

#endif
