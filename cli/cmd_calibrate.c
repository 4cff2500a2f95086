#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("FILE", "the calibrated model", true),
    CLI_OPTION_YEAR(NULL),
    CLI_OPTION_WEIGHTS,
    CLI_OPTION_FALLBACK,
    CLI_ROW_FLAG("temperature", "first divide the logits by what makes the probabilities most likely"),
    CLI_ROW_REAL("window-step", "S", "0", 0, 1e6,
                 "for 'predict --window-step S --pool class': choose how each class is pooled, and all else on that"),
    CLI_OPTION_CSV_RATE,
    CLI_OPTION_STRICT,
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_OPTION_MEMORY_LIMIT,
    CLI_ROW_END,
};

/** Recordings prepared as the model wants them, in a folder that goes with the program's end. */
static lw_status prepare(const cli_arguments *arguments, const cli_paths *paths, const lw_model *model,
                         const char *scratch, lw_dataset **out, lw_error *err) {
    const lw_record_options record = cli_record_options(arguments);
    const lw_prepare_options how = {.size = sizeof how,
                                    .leads = *lw_network_leads(lw_model_network(model)),
                                    .preprocessing = *lw_model_preprocessing(model),
                                    .classes = lw_model_classes(model),
                                    .allow_missing_leads = lw_network_missing_leads(lw_model_network(model)),
                                    .record = &record,
                                    .threads = (int)cli_whole(arguments, "threads")};
    char *path = cli_format("%s/prepared.safetensors", scratch);
    lw_status status = cli_prepare(arguments, paths, &how, 0, path, NULL, err);
    if (status == LW_OK) {
        status = lw_dataset_open(path, out, err);
    }
    free(path);
    return status;
}

static lw_calibrate_options options_of(const cli_arguments *arguments, const lw_model *model) {
    const char *fallback = cli_text(arguments, "fallback");
    return (lw_calibrate_options){.year = cli_year(arguments, cli_year_of_classes(lw_model_classes(model))),
                                  .weights = cli_text(arguments, "weights"),
                                  .fallback = fallback != NULL && strcmp(fallback, "none") == 0 ? "" : fallback,
                                  .temperature = cli_flag(arguments, "temperature"),
                                  .threads = (int)cli_whole(arguments, "threads"),
                                  .memory_bytes = cli_bytes(arguments, "memory-limit")};
}

/** Save the model and say what was gained. */
static lw_status finish(const cli_arguments *arguments, const lw_model *model, const lw_calibration *made,
                        lw_error *err) {
    const lw_status status = lw_model_save(model, cli_text(arguments, "output"), err);
    if (status == LW_OK && !cli_flag(arguments, "quiet")) {
        printf("Challenge metric on %zu recordings\n", made->records);
        printf("  before             %7.3f\n", made->metric_before);
        printf("  common threshold   %7.3f   (%.3g)\n", made->metric_common, made->common_threshold);
        printf("  class by class     %7.3f\n", made->metric_after);
        printf("%-20s %7s %7s\n", "", "before", "after");
        printf("calibration error    %7.4f %7.4f   (temperature %.4g)\n", made->ece_before, made->ece_after,
               made->temperature);
        printf("Brier score          %7.4f %7.4f\n", made->brier_before, made->brier_after);
    }
    return status;
}

static lw_status calibrate(const cli_arguments *arguments, lw_model *model, const lw_dataset *dataset, lw_error *err) {
    const lw_calibrate_options how = options_of(arguments, model);
    lw_calibration made;
    const lw_status status = lw_calibrate(model, dataset, &how, &made, err);
    return status == LW_OK ? finish(arguments, model, &made, err) : status;
}

static lw_status calibrate_windows(const cli_arguments *arguments, lw_model *model, const cli_paths *data,
                                   lw_error *err) {
    const lw_calibrate_options how = options_of(arguments, model);
    const lw_record_options record = cli_record_options(arguments);
    lw_record_list *list = NULL;
    lw_calibration made;
    lw_status status = lw_record_list_scan((const char *const *)data->path, data->count, NULL, &list, err);
    if (status == LW_OK) {
        status = lw_calibrate_windows(model, list, &record, cli_real(arguments, "window-step"), &how, &made, err);
    }
    if (status == LW_OK) {
        status = finish(arguments, model, &made, err);
    }
    lw_record_list_free(&list);
    return status;
}

/** The first window of every record: those of a prepared file, or of recordings that are prepared first. */
static lw_status calibrate_first(const cli_arguments *arguments, lw_model *model, const cli_paths *data,
                                 lw_error *err) {
    const bool prepared = data->count == 1 && cli_file_kind_of(data->path[0]) == CLI_FILE_PREPARED;
    lw_dataset *dataset = NULL;
    char *scratch = NULL;
    lw_status status = prepared ? lw_dataset_open(data->path[0], &dataset, err) : cli_scratch_create(&scratch, err);
    if (status == LW_OK && !prepared) {
        status = prepare(arguments, data, model, scratch, &dataset, err);
    }
    if (status == LW_OK) {
        status = calibrate(arguments, model, dataset, err);
    }
    lw_dataset_free(&dataset);
    cli_scratch_remove(&scratch);
    return status;
}

static lw_status calibrate_on(const cli_arguments *arguments, const cli_paths *paths, lw_error *err) {
    const cli_paths data = {paths->path + 1, paths->count - 1};
    lw_model *model = NULL;
    lw_status status = lw_model_load(paths->path[0], &model, err);
    if (status == LW_OK) {
        status = cli_real(arguments, "window-step") > 0 ? calibrate_windows(arguments, model, &data, err)
                                                        : calibrate_first(arguments, model, &data, err);
    }
    lw_model_free(&model);
    return status;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    lw_error err;
    if (count < 2) {
        return cli_usage_error(cli_arguments_command(arguments),
                               "'calibrate' needs a model and recordings or a prepared file");
    }
    cli_interrupt_catch();
    cli_paths paths = cli_paths_read(operands, count);
    const lw_status status = calibrate_on(arguments, &paths, &err);
    cli_paths_free(&paths);
    if (status == LW_ERR_INTERRUPTED) {
        cli_interrupt_die();
    }
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

const cli_command cli_command_calibrate = {
    .name = "calibrate",
    .summary = "Give a model thresholds that raise the Challenge metric",
    .synopsis = "MODEL DATA... -o FILE",
    .description =
        "The threshold of each class is chosen so that the metric on DATA (a prepared file, or recordings) is highest: "
        "first the best threshold for all classes, then class by class until nothing gains. Thresholds and fallback "
        "are stored in the model, so that 'predict' decides by them; the weights stay as they are. With --temperature "
        "the logits are divided by the number that gives the lowest binary cross-entropy on DATA before anything else. "
        "The calibration error printed is the expected one over 15 bins of equal width, averaged over the classes. "
        "DATA should be records that the model was not trained on, and the metric that is printed is that of the very "
        "records the thresholds were chosen on: judge the result on others.",
    .examples = "leadwise calibrate run/model.safetensors validation/ -o calibrated.safetensors\n"
                "leadwise calibrate model.safetensors validation/ -o calibrated.safetensors --fallback none",
    .options = options,
    .run = run,
};
