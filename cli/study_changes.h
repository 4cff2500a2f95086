/**
 * @file study_changes.h
 * What `study ablation` tries beside the baseline.
 */
#ifndef LEADWISE_CLI_STUDY_CHANGES_H
#define LEADWISE_CLI_STUDY_CHANGES_H

#include "arguments.h"
#include "lab/ablation.h"

/** Of the changes known and those of --try, the ones that --only names. Zero-initialise; cli_changes_free it. */
typedef struct cli_changes {
    lw_ablation_item *items; /**< [count] */
    bool *off;               /**< [count], whether what the baseline has is taken away */
    size_t count;
    struct cli_change_parts *parts; /**< [count], what the items borrow */
} cli_changes;

/**
 * Read them for a baseline that trains `network` as `train` says. Pairs that are the network's (width, dropout, inputs)
 * make a network of the item's own, the others are left to lw_ablation_run to check.
 * @return CLI_EXIT_OK, or an exit code after saying why; `out` is to be freed in any case
 */
int cli_changes_read(const cli_arguments *arguments, const lw_network *network, const lw_train_options *train,
                     cli_changes *out);
void cli_changes_free(cli_changes *changes);

/** Whether --only names it, or nothing. */
bool cli_change_wanted(const cli_arguments *arguments, const char *name);

/** Refuse a name of --only that is of no change, of none of --try, and not `besides`; CLI_EXIT_OK or CLI_EXIT_USAGE. */
int cli_changes_check_only(const cli_arguments *arguments, const char *besides);

/** On standard output: those that are always tried. */
void cli_changes_list(void);

#endif
