#include "untrained.h"

#include <stdlib.h>

#include "messages.h"
#include "scratch.h"
#include "synthetic.h"

enum { RECORDS = 10 };

/** As many classes as the network has outputs, under codes that are in no table. */
static lw_status numbered_classes(size_t count, lw_class_list **out, lw_error *err) {
    char *json = cli_format("[");
    for (size_t i = 0; i < count; i++) {
        char *longer = cli_format("%s%s{\"codes\":[\"%zu\"],\"abbreviation\":\"C%zu\"}", json, i > 0 ? "," : "", i, i);
        free(json);
        json = longer;
    }
    char *closed = cli_format("%s]", json);
    const lw_status status = lw_class_list_parse(closed, out, err);
    free(closed);
    free(json);
    return status;
}

static lw_status prepare(const char *folder, const lw_network *network, const char *out_path, lw_error *err) {
    lw_prepare_options how = {
        .leads = *lw_network_leads(network), .preprocessing = lw_preprocessing_default(), .allow_missing_leads = true};
    lw_prepare_summary summary = {0};
    lw_record_list *list = NULL;
    lw_class_list *classes = NULL;
    lw_status status = numbered_classes(lw_network_outputs(network), &classes, err);
    if (status == LW_OK) {
        how.classes = classes;
        status = lw_record_list_scan((const char *const[]){folder}, 1, &list, err);
    }
    if (status == LW_OK) {
        status = lw_prepare(list, &how, NULL, out_path, &summary, err);
    }
    lw_prepare_summary_free(&summary);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
    return status;
}

static lw_status train(const lw_network *network, const char *prepared, const char *run_folder, int threads,
                       lw_error *err) {
    lw_train_options how = lw_train_options_default();
    lw_train_result result;
    lw_dataset *dataset = NULL;
    how.epochs = 1;
    how.batch = RECORDS;
    how.test_fraction = 0;
    how.threads = threads;
    lw_status status = lw_dataset_open(prepared, &dataset, err);
    if (status == LW_OK) {
        status = lw_train(network, dataset, &how, run_folder, NULL, NULL, &result, err);
    }
    lw_dataset_free(&dataset);
    return status;
}

lw_status cli_untrained_model(const cli_arguments *arguments, const lw_network *network, lw_model **out,
                              lw_error *err) {
    const lw_synth_options synthetic = {.rate_hz = 500, .duration_s = 10};
    char *folder = NULL;
    lw_status status = cli_scratch_create(&folder, err);
    if (status != LW_OK) {
        return status;
    }
    char *prepared = cli_format("%s/prepared.safetensors", folder);
    char *run_folder = cli_format("%s/run", folder);
    char *model = cli_format("%s/model.safetensors", run_folder);
    status = cli_synthesise(arguments, &synthetic, 0, RECORDS, folder, err);
    if (status == LW_OK) {
        status = prepare(folder, network, prepared, err);
    }
    if (status == LW_OK) {
        status = train(network, prepared, run_folder, (int)cli_whole(arguments, "threads"), err);
    }
    if (status == LW_OK) {
        status = lw_model_load(model, out, err);
    }
    cli_scratch_remove(&folder);
    free(prepared);
    free(run_folder);
    free(model);
    return status;
}
