#include "benchmark.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "leadwise/leadwise.h"
#include "messages.h"
#include "progress.h"
#include "scratch.h"
#include "settings.h"
#include "synthetic.h"
#include "untrained.h"

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Each measurement, then "title: median M s, R records/s, min S s". Sorts `seconds`. */
static void print_times(const char *title, double *seconds, size_t repeat, size_t records) {
    for (size_t i = 0; i < repeat; i++) {
        printf("%zu: %.6f s\n", i + 1, seconds[i]);
    }
    qsort(seconds, repeat, sizeof *seconds, ascending);
    printf("%s: median %.6f s, %.1f records/s, min %.6f s\n", title, seconds[repeat / 2], (double)records / seconds[0],
           seconds[0]);
}

/** The network of the options with --leads. */
static int bench_network(const cli_arguments *arguments, lw_network **network) {
    lw_lead_set leads;
    const bool given = cli_given(arguments, "leads");
    const int code = given ? cli_lead_set(arguments, &leads) : CLI_EXIT_OK;
    return code == CLI_EXIT_OK ? cli_network(arguments, given ? &leads : NULL, 0, network) : code;
}

/** "train multiscale2021, 12 leads, batch 32, threads 2". free() it. */
static char *bench_title(const cli_arguments *arguments, const char *what, const lw_network *network) {
    return cli_format("%s %s, %zu leads, batch %zu, threads %zu", what, lw_network_name(network),
                      lw_network_leads(network)->count, (size_t)cli_whole(arguments, "batch"),
                      (size_t)cli_whole(arguments, "threads"));
}

static lw_status measure_training(const cli_arguments *arguments, const lw_network *network, double *seconds,
                                  lw_error *err) {
    return lw_train_measure_step(network, (size_t)cli_whole(arguments, "batch"), (int)cli_whole(arguments, "threads"),
                                 (size_t)cli_whole(arguments, "repeat"), seconds, err);
}

int cli_bench_train(const cli_arguments *arguments) {
    const size_t repeat = (size_t)cli_whole(arguments, "repeat");
    lw_network *network = NULL;
    lw_error err;
    int code = bench_network(arguments, &network);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    double *seconds = cli_calloc(repeat, sizeof *seconds);
    if (measure_training(arguments, network, seconds, &err) == LW_OK) {
        char *title = bench_title(arguments, "train", network);
        print_times(title, seconds, repeat, (size_t)cli_whole(arguments, "batch"));
        free(title);
    } else {
        code = cli_fail(&err);
    }
    free(seconds);
    lw_network_free(&network);
    return code;
}

static lw_status measure_prediction(const cli_arguments *arguments, const lw_model *model, double *seconds,
                                    lw_error *err) {
    const lw_network *network = lw_model_network(model);
    const size_t batch = (size_t)cli_whole(arguments, "batch"), repeat = (size_t)cli_whole(arguments, "repeat");
    const size_t inputs = batch * lw_network_leads(network)->count * lw_network_samples(network);
    lw_session *session = NULL;
    const lw_status status = lw_session_create(model, batch, (int)cli_whole(arguments, "threads"), &session, err);
    if (status != LW_OK) {
        return status;
    }
    float *signals = cli_calloc(inputs, sizeof *signals);
    float *probabilities = cli_calloc(batch * lw_network_outputs(network), sizeof *probabilities);
    for (size_t i = 0; i < inputs; i++) {
        signals[i] = (float)(i * 2654435761u % 2000) / 1000 - 1; /* anything but zeros, which may be faster */
    }
    lw_session_predict(session, batch, signals, probabilities); /* the first call touches the memory */
    for (size_t i = 0; i < repeat; i++) {
        const double start_s = cli_clock_s();
        lw_session_predict(session, batch, signals, probabilities);
        seconds[i] = cli_clock_s() - start_s;
    }
    free(signals);
    free(probabilities);
    lw_session_free(&session);
    return LW_OK;
}

int cli_bench_predict(const cli_arguments *arguments) {
    const size_t repeat = (size_t)cli_whole(arguments, "repeat");
    lw_network *network = NULL;
    lw_model *model = NULL;
    lw_error err;
    int code = bench_network(arguments, &network);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    double *seconds = cli_calloc(repeat, sizeof *seconds);
    lw_status status = cli_untrained_model(arguments, network, &model, &err);
    if (status == LW_OK) {
        status = measure_prediction(arguments, model, seconds, &err);
    }
    if (status == LW_OK) {
        char *title = bench_title(arguments, "predict", network);
        print_times(title, seconds, repeat, (size_t)cli_whole(arguments, "batch"));
        free(title);
    } else {
        code = cli_fail(&err);
    }
    free(seconds);
    lw_model_free(&model);
    lw_network_free(&network);
    return code;
}

static lw_status measure_preparing(const cli_arguments *arguments, const lw_record_list *list,
                                   const lw_prepare_options *how, const char *path, double *seconds, lw_error *err) {
    const size_t repeat = (size_t)cli_whole(arguments, "repeat");
    lw_status status = LW_OK;
    for (size_t i = 0; i < repeat && status == LW_OK; i++) {
        lw_prepare_summary summary = {0};
        const double start_s = cli_clock_s();
        status = lw_prepare(list, how, NULL, path, &summary, err);
        seconds[i] = cli_clock_s() - start_s;
        lw_prepare_summary_free(&summary);
    }
    if (status == LW_OK) {
        print_times("prepare", seconds, repeat, lw_record_list_count(list));
    }
    return status;
}

/** The recordings of the command line, or synthetic ones in `folder`. */
static lw_status list_recordings(const cli_arguments *arguments, const char *folder, lw_record_list **list,
                                 lw_error *err) {
    enum { SYNTHETIC = 100 };
    const lw_synth_options synthetic = {.rate_hz = 500, .duration_s = 10};
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    if (count > 1) {
        cli_paths paths = cli_paths_read(operands + 1, count - 1);
        const lw_status status = lw_record_list_scan((const char *const *)paths.path, paths.count, list, err);
        cli_paths_free(&paths);
        return status;
    }
    const lw_status status = cli_synthesise(arguments, &synthetic, 0, SYNTHETIC, folder, err);
    return status == LW_OK ? lw_record_list_scan(&folder, 1, list, err) : status;
}

int cli_bench_prepare(const cli_arguments *arguments) {
    lw_prepare_options how = {.preprocessing = lw_preprocessing_default(),
                              .allow_missing_leads = true,
                              .threads = (int)cli_whole(arguments, "threads")};
    lw_class_list *classes = NULL;
    lw_record_list *list = NULL;
    char *folder = NULL;
    lw_error err;
    const char *leads = cli_given(arguments, "leads") ? cli_text(arguments, "leads") : "12";
    double *seconds = cli_calloc((size_t)cli_whole(arguments, "repeat"), sizeof *seconds);
    lw_status status = lw_lead_set_parse(leads, &how.leads, &err);
    if (status == LW_OK) {
        status = lw_class_list_scored(2021, false, &classes, &err);
    }
    if (status == LW_OK) {
        status = cli_scratch_create(&folder, &err);
    }
    if (status == LW_OK) {
        status = list_recordings(arguments, folder, &list, &err);
    }
    if (status == LW_OK) {
        char *path = cli_format("%s/prepared.safetensors", folder);
        how.classes = classes;
        status = measure_preparing(arguments, list, &how, path, seconds, &err);
        free(path);
    }
    cli_scratch_remove(&folder);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
    free(seconds);
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}

/* Layers: a network of one branch cut off after k blocks, for k = 1, 2, ...; the differences are the blocks' times. */

static json_t *cut_network(const json_t *network, size_t branch, size_t blocks) {
    json_t *cut = json_deep_copy(network);
    json_t *kept = json_incref(json_array_get(json_object_get(cut, "branches"), branch));
    json_t *list = json_object_get(kept, "blocks");
    while (json_array_size(list) > blocks) {
        json_array_remove(list, json_array_size(list) - 1);
    }
    json_object_set_new(cut, "branches", json_pack("[o]", kept));
    return cut;
}

/** Least seconds of a training step of the network `document` describes. */
static lw_status measure_document(const cli_arguments *arguments, const json_t *document, double *least_s,
                                  lw_error *err) {
    const size_t repeat = (size_t)cli_whole(arguments, "repeat");
    double *seconds = cli_calloc(repeat, sizeof *seconds);
    char *text = json_dumps(document, JSON_COMPACT);
    lw_network *network = NULL;
    lw_status status = lw_network_parse(text, NULL, &network, err);
    if (status == LW_OK) {
        status = measure_training(arguments, network, seconds, err);
    }
    qsort(seconds, repeat, sizeof *seconds, ascending);
    *least_s = seconds[0];
    lw_network_free(&network);
    free(text);
    free(seconds);
    return status;
}

static lw_status print_branch(const cli_arguments *arguments, const json_t *document, size_t branch, lw_error *err) {
    const json_t *whole = json_array_get(json_object_get(document, "branches"), branch);
    const json_t *blocks = json_object_get(whole, "blocks");
    double before_s = 0;
    lw_status status = LW_OK;
    for (size_t k = 0; k < json_array_size(blocks) && status == LW_OK; k++) {
        const json_t *block = json_array_get(blocks, k);
        json_t *cut = cut_network(document, branch, k + 1);
        char *kernel = json_dumps(json_object_get(block, "kernel"), JSON_COMPACT);
        double least_s = 0;
        status = measure_document(arguments, cut, &least_s, err);
        if (status == LW_OK) {
            printf("branch %zu block %2zu  filters %3d  kernel %-7s %9.6f s\n", branch, k,
                   (int)json_integer_value(json_object_get(block, "filters")), kernel, least_s - before_s);
        }
        before_s = least_s;
        free(kernel);
        json_decref(cut);
    }
    return status;
}

int cli_bench_layers(const cli_arguments *arguments) {
    lw_network *network = NULL;
    lw_error err;
    const int code = bench_network(arguments, &network);
    if (code != CLI_EXIT_OK) {
        return code;
    }
    char *text = lw_network_json(network);
    json_t *document = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const size_t branches = json_array_size(json_object_get(document, "branches"));
    lw_status status = LW_OK;
    double whole_s = 0;
    for (size_t b = 0; b < branches && status == LW_OK; b++) {
        status = print_branch(arguments, document, b, &err);
    }
    if (status == LW_OK) {
        status = measure_document(arguments, document, &whole_s, &err);
    }
    if (status == LW_OK) {
        char *title = bench_title(arguments, "layers", network);
        printf("%s: whole step, min %.6f s\n", title, whole_s);
        free(title);
    }
    json_decref(document);
    lw_string_free(&text);
    lw_network_free(&network);
    return status == LW_OK ? CLI_EXIT_OK : cli_fail(&err);
}
