#include <string.h>

#include "benchmark.h"
#include "messages.h"

static const cli_option options[] = {
    CLI_OPTION_NETWORK,
    CLI_OPTION_LEADS("lead set (default: the network's)", NULL),
    CLI_OPTION_WIDTH("64"),
    CLI_OPTION_DROPOUT("of every block that has dropout (default: the network's)", NULL),
    CLI_ROW_WHOLE("batch", "N", "32", 1, 4096, "records a call"),
    CLI_ROW_WHOLE("repeat", "N", "5", 1, 1000, "how often to measure"),
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_OPTION_MEMORY_LIMIT,
    CLI_ROW_END,
};

static int run(const cli_arguments *arguments) {
    static const struct {
        const char *name;
        int (*run)(const cli_arguments *arguments);
        bool data;
    } benches[] = {
        {"train", cli_bench_train, false},    {"predict", cli_bench_predict, false},
        {"prepare", cli_bench_prepare, true}, {"layers", cli_bench_layers, false},
        {"plan", cli_bench_plan, false},
    };
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    const cli_command *command = cli_arguments_command(arguments);
    for (size_t i = 0; i < sizeof benches / sizeof benches[0] && count > 0; i++) {
        if (strcmp(operands[0], benches[i].name) != 0) {
            continue;
        }
        if (count > 1 && !benches[i].data) {
            return cli_usage_error(command, "'bench %s' takes nothing more", operands[0]);
        }
        return benches[i].run(arguments);
    }
    return cli_usage_error(command, "'bench' needs one of train, predict, prepare, layers, plan");
}

const cli_command cli_command_bench = {
    .name = "bench",
    .summary = "Measure speed",
    .synopsis = "train|predict|layers|plan, or prepare [DATA...]",
    .description =
        "train: whole training steps on random data. predict: the network on batches in memory. prepare: reading and "
        "preparing DATA, or 100 synthetic recordings. layers: each convolution alone, forward and backward, with the "
        "method that was chosen for it: GF/s by the definition's operations (eff), by those that the method carries "
        "out, and "
        "their share of the peak that multiply-adds on registers reach here. plan: those methods, for training and for "
        "prediction, and their memory.\n\n"
        "The last line of a measurement ends with 'min S s'.",
    .examples = "leadwise bench train --network metaheart2020 --batch 32 --threads 2\n"
                "leadwise bench predict --leads 2 --batch 1 --repeat 100\n"
                "leadwise bench prepare recordings/",
    .operands = "train,predict,prepare,layers,plan",
    .options = options,
    .run = run,
};
