/**
 * @file settings.h
 * Options of several commands made into the library's structures.
 */
#ifndef LEADWISE_CLI_SETTINGS_H
#define LEADWISE_CLI_SETTINGS_H

#include "arguments.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"
#include "paths.h"

/**
 * The worst exit code of all processes that an MPI launcher started together, `code` of a process alone. Collective;
 * for commands that divide their work, as the next two.
 */
int cli_agree(const cli_arguments *arguments, int code);
/** Those processes, NULL: alone. */
const lw_cluster *cli_cluster(const cli_arguments *arguments);
/** Whether this process writes files. */
bool cli_leads(const cli_arguments *arguments);

/** --year, or `otherwise` when it was not given. */
int cli_year(const cli_arguments *arguments, int otherwise);
/** The year whose list of classes, merged or not, `classes` is; 2021 when it is neither's. */
int cli_year_of_classes(const lw_class_list *classes);
/**
 * The preprocessing of `year` with --band.
 * @return CLI_EXIT_OK, or CLI_EXIT_USAGE after saying why
 */
int cli_preprocessing(const cli_arguments *arguments, int year, lw_preprocessing *out);
/** --classes merged? */
bool cli_merged(const cli_arguments *arguments);
/** --leads; the same answers. */
int cli_lead_set(const cli_arguments *arguments, lw_lead_set *out);
/** --strict and --csv-rate. */
lw_record_options cli_record_options(const cli_arguments *arguments);
/** "I, II and 3 more": lead names for sentences, into text[256]. */
void cli_lead_names(const lw_lead_set *leads, char text[256]);

/**
 * Prepare the recordings below `paths` into `out_path`, with a bar, every rejected recording's sentence and a line of
 * summary on standard error. Ctrl-C gives LW_ERR_INTERRUPTED where cli_interrupt_catch was called.
 * @param summary  the caller's, lw_prepare_summary_free; may be NULL
 */
lw_status cli_prepare(const cli_arguments *arguments, const cli_paths *paths, const lw_prepare_options *options,
                      const char *out_path, lw_prepare_summary *summary, lw_error *err);

/** --missing-leads, or --lead-dropout, which trains for it; of commands that train. */
bool cli_missing_leads(const cli_arguments *arguments);

/**
 * The network of --network, --leads, --width, --dropout and --set network.KEY=VALUE.
 * @param leads    instead of the network's own, or NULL
 * @param outputs  0: as described
 * @return CLI_EXIT_OK with *out the caller's (lw_network_free), or an exit code after saying why
 */
int cli_network(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs, lw_network **out);
/** What cli_network changes of the network described: `leads` and the arguments' texts are borrowed. */
lw_network_options cli_network_options(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs);
/** The network of --network and --set network.KEY=VALUE with these changes instead; the same answers. */
int cli_network_with(const cli_arguments *arguments, const lw_network_options *options, lw_network **out);

#endif
