/**
 * @file settings.h
 * Options of several commands as structures of the library, and recordings prepared and synthesised with them.
 * A command includes this, or training.h.
 */
#ifndef LEADWISE_CLI_SETTINGS_H
#define LEADWISE_CLI_SETTINGS_H

#include "arguments.h"
#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"
#include "messages.h"
#include "paths.h"
#include "progress.h"

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
 * @return CLI_EXIT_OK, or CLI_EXIT_USAGE after a sentence
 */
int cli_preprocessing(const cli_arguments *arguments, int year, lw_preprocessing *out);
/** Whether --classes is given as merged; false for a command without that option. */
bool cli_merged(const cli_arguments *arguments);
/** The leads of --leads; the same exit codes. */
int cli_lead_set(const cli_arguments *arguments, lw_lead_set *out);
/** With -v, one warning of the recording at `path`, whose sentence may begin with that path. */
void cli_detail_warning(const cli_arguments *arguments, const char *path, const char *sentence);
/** Say how many warnings there were, on how many recordings; with -v each has had its line. */
void cli_count_warnings(const cli_arguments *arguments, size_t warnings, size_t warned, size_t records);

/** --strict, --csv-rate, --csv-unit and --lead-names; borrows their texts. */
lw_record_options cli_record_options(const cli_arguments *arguments);
/** --fallback for the library: "" for none, NULL where it is not given. */
const char *cli_fallback(const cli_arguments *arguments);
/** " (--csv-rate)" or " (--lead-names)" where that flag of the command helps against a failure, else "". */
const char *cli_hint(const cli_arguments *arguments, lw_status status);
/** Print that a recording was rejected, and why. */
void cli_say_rejected(const cli_arguments *arguments, const char *path, lw_status status, const char *sentence);
/** "I II V5": names of leads, apart by spaces, into text[256]. */
void cli_lead_names(const lw_lead_set *leads, char text[256]);

/**
 * Prepare the recordings below `paths` into `out_path`, with a bar, every rejected recording's sentence and a line of
 * summary on standard error. Ctrl-C gives LW_ERR_INTERRUPTED where cli_interrupt_catch was called.
 * @param year     whose scored classes replace those of `options`, merged with --classes merged; 0: those of `options`
 * @param summary  the caller's, lw_prepare_summary_free; may be NULL
 */
lw_status cli_prepare(const cli_arguments *arguments, const cli_strings *paths, const lw_prepare_options *options,
                      int year, const char *out_path, lw_prepare_summary *summary, lw_error *err);

/** Write recordings `first` to `first + count - 1` of the series into `folder` (created) as S<index>, with a bar. */
lw_status cli_synthesise(const cli_arguments *arguments, const lw_synth_options *options, uint64_t first,
                         uint64_t count, const char *folder, lw_error *err);

/** --missing-leads, or --lead-dropout, which trains for it; of commands that train. */
bool cli_missing_leads(const cli_arguments *arguments);

/**
 * The network of --network, --leads, --width, --dropout and --set network.KEY=VALUE.
 * @param leads    instead of the network's own, or NULL
 * @param outputs  0: as described
 * @return CLI_EXIT_OK with *out the caller's (lw_network_free), or an exit code after a sentence
 */
int cli_network(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs, lw_network **out);
/** What cli_network changes of the network described: `leads` and the arguments' texts are borrowed. */
lw_network_options cli_network_options(const cli_arguments *arguments, const lw_lead_set *leads, size_t outputs);
/** The network of --network and --set network.KEY=VALUE with these changes instead; the same exit codes. */
int cli_network_with(const cli_arguments *arguments, const lw_network_options *options, lw_network **out);

#endif
