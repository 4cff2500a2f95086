/* This file is `leadwise combine`, which makes one model of several. */
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("FILE", "the new model", true),
    CLI_ROW_CHOICE("combine", "HOW", "mean,median", "mean", "how the models' probabilities are combined"),
    CLI_ROW_FLAG("float16", "round the weights to float16, which takes half the bytes"),
    CLI_ROW_END,
};

/** Combine the models of `paths`, which are left in models[count], into one file. */
static lw_status combine(const cli_arguments *arguments, const char *const *paths, size_t count, lw_model **models,
                         lw_error *err) {
    const bool median = strcmp(cli_text(arguments, "combine"), "median") == 0;
    const lw_combine how = median ? LW_COMBINE_MEDIAN : LW_COMBINE_MEAN;
    lw_model *made = NULL;
    lw_status status = LW_OK;
    for (size_t i = 0; i < count && status == LW_OK; i++)
        status = lw_model_load(paths[i], &models[i], err);
    if (status == LW_OK)
        status = lw_model_combine((const lw_model *const *)models, count, how, &made, err);
    if (status == LW_OK && cli_flag(arguments, "float16"))
        status = lw_model_round(made, err);
    if (status == LW_OK)
        status = lw_model_save(made, cli_text(arguments, "output"), err);
    lw_model_free(&made);
    return status;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    lw_error err;
    if (count == 0)
        return cli_usage_error(arguments, "'combine' needs models");
    lw_model **models = cli_calloc(count, sizeof *models);
    const lw_status status = combine(arguments, operands, count, models, &err);
    for (size_t i = 0; i < count; i++)
        lw_model_free(&models[i]);
    free(models);
    return cli_exit_code(status, &err);
}

const cli_command cli_command_combine = {
    .name = "combine",
    .summary = "Make one model of several",
    .synopsis = "MODEL... -o FILE",
    .description =
        "An ensemble: each model's network runs, and the mean or the median of their probabilities is the output. The "
        "models must have the same network, preprocessing, classes and fallback. Thresholds are averaged; better ones "
        "are found by 'calibrate'. 'crossval' leaves the ensemble of its folds by itself.\n\n"
        "With --float16 weights are rounded to half precision; from one model that makes a copy of half the size.",
    .examples = "leadwise combine a/model.safetensors b/model.safetensors c/model.safetensors -o abc.safetensors\n"
                "leadwise combine run/model.safetensors -o small.safetensors --float16",
    .options = options,
    .run = run,
};
