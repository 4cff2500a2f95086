/* This file is `leadwise calibrate`, which chooses thresholds, a temperature and the pooling of windows. */
#include <stdio.h>
#include <stdlib.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("FILE", "the calibrated model", true),
    CLI_OPTION_YEAR(NULL),
    CLI_OPTION_WEIGHTS,
    CLI_OPTION_FALLBACK,
    CLI_ROW_FLAG(
        "temperature",
        "first fit a temperature: the number that the logits are divided by so that the labels become most likely"),
    CLI_ROW_REAL("window-step", "S", "0", 0, 1e6,
                 "also choose for each class whether the mean or the maximum of its windows, one every S seconds, is "
                 "taken, and calibrate on that; 'predict --pool class' then uses it"),
    CLI_OPTIONS_RECORDINGS,
    CLI_OPTION_STRICT,
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_OPTION_MEMORY_LIMIT,
    CLI_ROW_END,
};

/** Save the model and print what was gained. */
static lw_status finish(const cli_arguments *arguments, const lw_model *model, const lw_calibration *made,
                        lw_error *err) {
    const lw_status status = lw_model_save(model, cli_text(arguments, "output"), err);
    if (status == LW_OK && !cli_flag(arguments, "quiet")) {
        printf("Challenge metric on %zu recording%s\n", made->record_count, cli_s(made->record_count));
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

static lw_status calibrate_windows(const cli_arguments *arguments, lw_model *model, const cli_strings *data,
                                   const lw_calibrate_options *how, lw_calibration *made, lw_error *err) {
    const lw_record_options record = cli_record_options(arguments);
    lw_record_list *list = NULL;
    lw_status status = lw_record_list_scan((const char *const *)data->item, data->count, NULL, &list, err);
    if (status == LW_OK)
        status = lw_calibrate_windows(model, list, &record, cli_real(arguments, "window-step"), how, made, err);
    lw_record_list_free(&list);
    return status;
}

/** Prepare the recordings as the model reads them, into a file of `folder`, and open it. */
static lw_status prepare(const cli_arguments *arguments, const cli_strings *paths, const lw_model *model,
                         const char *folder, lw_dataset **out, lw_error *err) {
    const lw_record_options record = cli_record_options(arguments);
    const lw_prepare_options how = {.size = sizeof how,
                                    .isa = cli_tuning(arguments).isa,
                                    .leads = *lw_network_leads(lw_model_network(model)),
                                    .preprocessing = *lw_model_preprocessing(model),
                                    .classes = lw_model_classes(model),
                                    .allow_missing_leads = lw_network_missing_leads(lw_model_network(model)),
                                    .record = &record,
                                    .threads = (int)cli_whole(arguments, "threads")};
    char *path = cli_format("%s/prepared.safetensors", folder);
    lw_status status = cli_prepare(arguments, paths, &how, 0, path, NULL, err);
    if (status == LW_OK)
        status = lw_dataset_open(path, out, err);
    free(path);
    return status;
}

/** By the first window of every record: those of a prepared file, or of recordings that are prepared first. */
static lw_status calibrate_first(const cli_arguments *arguments, lw_model *model, const cli_strings *data,
                                 const lw_calibrate_options *how, lw_calibration *made, lw_error *err) {
    cli_file_kind kind = CLI_FILE_RECORD;
    lw_dataset *dataset = NULL;
    char *scratch = NULL;
    lw_status status = data->count == 1 ? cli_file_kind_of(data->item[0], &kind, err) : LW_OK;
    const bool prepared = kind == CLI_FILE_PREPARED;
    if (status == LW_OK)
        status = prepared ? lw_dataset_open(data->item[0], &dataset, err) : cli_scratch_create(&scratch, err);
    if (status == LW_OK && !prepared)
        status = prepare(arguments, data, model, scratch, &dataset, err);
    if (status == LW_OK)
        status = lw_calibrate(model, dataset, how, made, err);
    lw_dataset_free(&dataset);
    cli_scratch_remove(&scratch);
    return status;
}

static lw_status calibrate(const cli_arguments *arguments, const cli_strings *paths, lw_error *err) {
    const cli_strings data = {paths->item + 1, paths->count - 1};
    lw_model *model = NULL;
    lw_calibration made;
    lw_status status = lw_model_load(paths->item[0], &model, err);
    if (status == LW_OK) {
        const lw_calibrate_options how = {.size = sizeof how,
                                          .year = cli_year(arguments, cli_year_of_classes(lw_model_classes(model))),
                                          .weights = cli_text(arguments, "weights"),
                                          .fallback = cli_fallback(arguments),
                                          .temperature = cli_flag(arguments, "temperature"),
                                          .threads = (int)cli_whole(arguments, "threads"),
                                          .memory_bytes = cli_bytes(arguments, "memory-limit"),
                                          .tuning = cli_tuning(arguments)};
        status = cli_real(arguments, "window-step") > 0 ? calibrate_windows(arguments, model, &data, &how, &made, err)
                                                        : calibrate_first(arguments, model, &data, &how, &made, err);
    }
    if (status == LW_OK)
        status = finish(arguments, model, &made, err);
    lw_model_free(&model);
    return status;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    lw_error err;
    if (count < 2)
        return cli_usage_error(arguments, "'calibrate' needs a model and recordings or a prepared file");
    cli_interrupt_catch();
    cli_strings paths = cli_paths_read(operands, count);
    const lw_status status = calibrate(arguments, &paths, &err);
    cli_strings_free(&paths);
    if (status == LW_ERR_INTERRUPTED)
        cli_interrupt_die();
    return cli_exit_code(status, &err);
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
        "records the thresholds were chosen on: score the result on others.",
    .examples = "leadwise calibrate run/model.safetensors validation/ -o calibrated.safetensors\n"
                "leadwise calibrate model.safetensors validation/ -o calibrated.safetensors --fallback none",
    .options = options,
    .run = run,
};
