/* This file is `leadwise prepare`, which makes a prepared file of recordings. */
#include <stdio.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("FILE", "prepared file to write", true),
    CLI_OPTION_LEADS("leads of the prepared signals, or names joined by commas", "12"),
    CLI_OPTION_YEAR("2021"),
    CLI_OPTION_CLASSES,
    CLI_OPTION_BAND,
    CLI_OPTION_ENDS,
    CLI_OPTIONS_RECORDINGS,
    CLI_OPTION_STRICT,
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_ROW_END,
};

static int prepare(const cli_arguments *arguments, const cli_strings *paths, const lw_prepare_options *how, int year) {
    lw_prepare_summary summary = {0};
    lw_error err;
    cli_interrupt_catch();
    const lw_status status = cli_prepare(arguments, paths, how, year, cli_text(arguments, "output"), &summary, &err);
    if (status == LW_ERR_INTERRUPTED)
        cli_interrupt_die();
    if (status != LW_OK)
        return cli_fail(&err);
    if (cli_flag(arguments, "json"))
        puts(summary.json);
    const int code = summary.rejected_count > 0 ? CLI_EXIT_REJECTED : CLI_EXIT_OK;
    lw_prepare_summary_free(&summary);
    return code;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    const int year = cli_year(arguments, 2021);
    const lw_record_options record = cli_record_options(arguments);
    lw_prepare_options how = {.size = sizeof how,
                              .isa = cli_tuning(arguments).isa,
                              .record = &record,
                              .threads = (int)cli_whole(arguments, "threads")};
    if (count == 0)
        return cli_usage_error(arguments, "'prepare' needs recordings or folders of them");
    int code = cli_preprocessing(arguments, year, &how.preprocessing);
    if (code == CLI_EXIT_OK)
        code = cli_lead_set(arguments, &how.leads);
    if (code != CLI_EXIT_OK)
        return code;
    cli_strings paths = cli_paths_read(operands, count);
    code = prepare(arguments, &paths, &how, year);
    cli_strings_free(&paths);
    return code;
}

const cli_command cli_command_prepare = {
    .name = "prepare",
    .summary = "Make recordings into one prepared file",
    .synopsis = "DATA... -o FILE",
    .description =
        "DATA is a recording, or a folder: then every recording below it; '-' reads paths from standard input. Signals "
        "are resampled to 100 Hz, band-passed, cut to their first 10 s and scaled to unit deviation.\n\n"
        "Rejected recordings are listed on standard error and left out; the exit code is then 3. With --json a summary "
        "(records by source, rate and length; counts of classes; rejections) goes to standard output.",
    .examples = "leadwise prepare recordings/ -o prepared.safetensors\n"
                "leadwise prepare a/ b/ --leads 2 --year 2020 -o two-leads.safetensors",
    .options = options,
    .run = run,
};
