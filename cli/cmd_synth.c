/* This file is `leadwise synth`, which makes synthetic recordings. */
#include <stdio.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("DIR", "folder to write into", true),
    {.name = "count",
     .letter = 'n',
     .kind = CLI_WHOLE,
     .argument = "N",
     .value = "100",
     .low = 1,
     .high = 1e7,
     .help = "number of recordings"},
    CLI_ROW_REAL("rate", "HZ", "0", 0, 20000, "sampling rate, 0: drawn from 257, 500 and 1000"),
    CLI_ROW_REAL("duration", "S", "0", 0, 3600, "length in seconds, 0: drawn, mostly 10"),
    CLI_ROW_REAL("noise", "MV", "-1", -1, 10, "noise in millivolts, negative: drawn"),
    CLI_ROW_TEXT("kinds", "A,B",
                 "rhythm and findings of every recording (default: drawn, about as often as in a hospital)"),
    CLI_OPTION_SEED("0"),
    CLI_ROW_END,
};

/** Print the names that --kinds accepts on standard error. */
static void print_kinds(const cli_arguments *arguments) {
    char names[512] = "";
    const char *kind;
    for (size_t i = 0, length = 0; (kind = lw_synth_kind(i)) && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, " %s", kind);
    cli_say(arguments, "kinds:%s", names);
}

static int run(const cli_arguments *arguments) {
    const lw_synth_options how = {.size = sizeof how,
                                  .seed = cli_whole(arguments, "seed"),
                                  .rate_hz = cli_real(arguments, "rate"),
                                  .duration_s = cli_real(arguments, "duration"),
                                  .noise_mv = cli_real(arguments, "noise"),
                                  .kinds = cli_text(arguments, "kinds")};
    lw_error err;
    const lw_status status =
        cli_synthesise(arguments, &how, 0, cli_whole(arguments, "count"), cli_text(arguments, "output"), &err);
    const int code = cli_exit_code(status, &err);
    if (status == LW_ERR_ARGUMENT)
        print_kinds(arguments);
    return code;
}

const cli_command cli_command_synth = {
    .name = "synth",
    .summary = "Write synthetic recordings with known diagnoses",
    .synopsis = "-o DIR",
    .description = "Twelve leads, age, sex and diagnoses as Challenge files S00000.hea and S00000.mat and so on. The "
                   "same seed gives the same recordings; a larger -n only adds to them.",
    .examples = "leadwise synth -o synthetic -n 1000\n"
                "leadwise synth -o af -n 20 --kinds AF --rate 500 --duration 10 --noise 0",
    .options = options,
    .run = run,
};
