/* This file is `leadwise bench`, which measures speed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/bench.h"
#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_NETWORK,
    CLI_OPTION_LEADS("lead set (default: the network's)", NULL),
    CLI_OPTION_WIDTH("64"),
    CLI_OPTION_DROPOUT("dropout of every block that has dropout (default: the network's)", NULL),
    CLI_ROW_WHOLE("batch", "N", "32", 1, 4096, "recordings in a call"),
    CLI_ROW_WHOLE("repeat", "N", "5", 1, 1000, "number of measurements"),
    CLI_OPTION_THREADS,
    CLI_OPTION_ISA,
    CLI_OPTION_MEMORY_LIMIT,
    CLI_ROW_END,
};

/** How bench's options plan the convolutions; `repeat` 0: plans only. */
static lw_bench_options bench_options(const cli_arguments *arguments, bool training, size_t repeat) {
    const int threads = (int)cli_whole(arguments, "threads");
    return (lw_bench_options){.batch = (size_t)cli_whole(arguments, "batch"),
                              .threads = threads > 0 ? threads : (int)sysconf(_SC_NPROCESSORS_ONLN),
                              .training = training,
                              .repeat = repeat,
                              .memory_bytes = cli_bytes(arguments, "memory-limit"),
                              .tuning = cli_tuning(arguments)};
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Each measurement, then "title: median M s, R records/s, min S s". Sorts `seconds`. */
static void print_times(const char *title, double *seconds, size_t repeat, size_t records) {
    for (size_t i = 0; i < repeat; i++)
        printf("%zu: %.6f s\n", i + 1, seconds[i]);
    qsort(seconds, repeat, sizeof *seconds, ascending);
    printf("%s: median %.6f s, %.1f records/s, min %.6f s\n", title, seconds[repeat / 2], (double)records / seconds[0],
           seconds[0]);
}

/** "train multiscale2021, 12 leads, batch 32, threads 2". free() it. */
static char *bench_title(const cli_arguments *arguments, const char *what, const lw_network *network) {
    return cli_format("%s %s, %zu leads, batch %zu, threads %zu", what, lw_network_name(network),
                      lw_network_leads(network)->count, (size_t)cli_whole(arguments, "batch"),
                      (size_t)cli_whole(arguments, "threads"));
}

static void print_batches(const cli_arguments *arguments, const char *what, const lw_network *network,
                          double *seconds) {
    char *title = bench_title(arguments, what, network);
    print_times(title, seconds, (size_t)cli_whole(arguments, "repeat"), (size_t)cli_whole(arguments, "batch"));
    free(title);
}

/* Whole steps and predictions */

static lw_status bench_train(const cli_arguments *arguments, const lw_network *network, lw_error *err) {
    const lw_bench_options how = bench_options(arguments, true, (size_t)cli_whole(arguments, "repeat"));
    double *seconds = cli_calloc(how.repeat, sizeof *seconds);
    const lw_status status = lw_bench_training(network, &how, seconds, err);
    if (status == LW_OK)
        print_batches(arguments, "train", network, seconds);
    free(seconds);
    return status;
}

static lw_status measure_prediction(const cli_arguments *arguments, const lw_model *model, double *seconds,
                                    lw_error *err) {
    const lw_network *network = lw_model_network(model);
    const size_t batch = (size_t)cli_whole(arguments, "batch"), repeat = (size_t)cli_whole(arguments, "repeat");
    const size_t inputs = batch * lw_network_leads(network)->count * lw_network_sample_count(network);
    const lw_session_options how = {.size = sizeof how,
                                    .max_batch = batch,
                                    .threads = (int)cli_whole(arguments, "threads"),
                                    .memory_bytes = cli_bytes(arguments, "memory-limit"),
                                    .tuning = cli_tuning(arguments)};
    lw_session *session = NULL;
    lw_status status = lw_session_create(model, &how, &session, err);
    if (status != LW_OK)
        return status;
    float *signals = cli_calloc(inputs, sizeof *signals);
    float *probabilities = cli_calloc(batch * lw_network_output_count(network), sizeof *probabilities);
    for (size_t i = 0; i < inputs; i++)
        signals[i] = (float)(i * 2654435761u % 2000) / 1000 - 1; /* anything but zeros, which may be faster */
    /* The first call touches the memory. */
    status = lw_session_predict(session, batch, signals, NULL, probabilities, err);
    for (size_t i = 0; i < repeat && status == LW_OK; i++) {
        const double start_s = cli_clock_s();
        status = lw_session_predict(session, batch, signals, NULL, probabilities, err);
        seconds[i] = cli_clock_s() - start_s;
    }
    free(signals);
    free(probabilities);
    lw_session_free(&session);
    return status;
}

static lw_status bench_predict(const cli_arguments *arguments, const lw_network *network, lw_error *err) {
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    lw_model *model = NULL;
    double *seconds = cli_calloc((size_t)cli_whole(arguments, "repeat"), sizeof *seconds);
    lw_status status = lw_model_untrained(network, &preprocessing, NULL, 0, &model, err);
    if (status == LW_OK)
        status = measure_prediction(arguments, model, seconds, err);
    if (status == LW_OK)
        print_batches(arguments, "predict", network, seconds);
    free(seconds);
    lw_model_free(&model);
    return status;
}

/* Preparing */

static lw_status measure_preparing(const cli_arguments *arguments, const lw_record_list *list,
                                   const lw_prepare_options *how, const char *folder, lw_error *err) {
    const size_t repeat = (size_t)cli_whole(arguments, "repeat");
    double *seconds = cli_calloc(repeat, sizeof *seconds);
    char *path = cli_format("%s/prepared.safetensors", folder);
    lw_status status = LW_OK;
    for (size_t i = 0; i < repeat && status == LW_OK; i++) {
        lw_prepare_summary summary = {0};
        const double start_s = cli_clock_s();
        status = lw_prepare(list, how, NULL, path, &summary, err);
        seconds[i] = cli_clock_s() - start_s;
        lw_prepare_summary_free(&summary);
    }
    if (status == LW_OK)
        print_times("prepare", seconds, repeat, lw_record_list_count(list));
    free(path);
    free(seconds);
    return status;
}

/** The recordings of the command line, or synthetic ones in `folder`. */
static lw_status list_recordings(const cli_arguments *arguments, const char *folder, lw_record_list **list,
                                 lw_error *err) {
    enum { SYNTHETIC = 100 };
    const lw_synth_options synthetic = {.size = sizeof synthetic, .rate_hz = 500, .duration_s = 10};
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    if (count > 1) {
        cli_strings paths = cli_paths_read(operands + 1, count - 1);
        const lw_status status = lw_record_list_scan((const char *const *)paths.item, paths.count, NULL, list, err);
        cli_strings_free(&paths);
        return status;
    }
    const lw_status status = cli_synthesise(arguments, &synthetic, 0, SYNTHETIC, folder, err);
    return status == LW_OK ? lw_record_list_scan(&folder, 1, NULL, list, err) : status;
}

static int bench_prepare(const cli_arguments *arguments) {
    lw_prepare_options how = {.size = sizeof how,
                              .isa = cli_tuning(arguments).isa,
                              .preprocessing = lw_preprocessing_default(),
                              .allow_missing_leads = true,
                              .threads = (int)cli_whole(arguments, "threads")};
    lw_class_list *classes = NULL;
    lw_record_list *list = NULL;
    char *folder = NULL;
    lw_error err;
    const char *leads = cli_given(arguments, "leads") ? cli_text(arguments, "leads") : "12";
    lw_status status = lw_lead_set_parse(leads, &how.leads, &err);
    if (status == LW_OK)
        status = lw_class_list_scored(2021, false, &classes, &err);
    if (status == LW_OK)
        status = cli_scratch_create(&folder, &err);
    if (status == LW_OK)
        status = list_recordings(arguments, folder, &list, &err);
    if (status == LW_OK) {
        how.classes = classes;
        status = measure_preparing(arguments, list, &how, folder, &err);
    }
    cli_scratch_remove(&folder);
    lw_record_list_free(&list);
    lw_class_list_free(&classes);
    return cli_exit_code(status, &err);
}

/* Layers and plans */

typedef struct layer_sums {
    double peak_flops;
    double forward_s, backward_s;
} layer_sums;

/** A pass: its time, GF/s by definition, and GF/s as carried out with their
 * share of the peak. */
static void print_pass(const char *name, double seconds, double flops, double operations, double peak_flops) {
    printf("  %s %9.6f s %6.1f eff %6.1f GF/s %3.0f%%", name, seconds, flops / seconds * 1e-9,
           operations / seconds * 1e-9, 100 * operations / seconds / peak_flops);
}

static void on_layer(void *context, const lw_bench_layer *layer) {
    layer_sums *sums = context;
    printf("%-20s %-28s %-34s  pack %9.6f s", layer->name, layer->shape, layer->plan, layer->pack_s);
    print_pass("forward", layer->forward_s, layer->flops, layer->operations, sums->peak_flops);
    if (layer->backward_flops > 0.0)
        print_pass("backward", layer->backward_s, layer->backward_flops, layer->backward_operations, sums->peak_flops);
    printf("\n");
    sums->forward_s += layer->forward_s;
    sums->backward_s += layer->backward_s;
}

static lw_status measure_layers(const cli_arguments *arguments, const lw_network *network, bool training,
                                lw_error *err) {
    const lw_bench_options how = bench_options(arguments, training, (size_t)cli_whole(arguments, "repeat"));
    layer_sums sums = {.peak_flops = lw_bench_peak_flops(how.threads, how.tuning.isa)};
    const lw_status status = lw_bench_layers(network, &how, on_layer, &sums, err);
    if (status == LW_OK) {
        char *title = bench_title(arguments, training ? "layers in training" : "layers in prediction", network);
        printf("%s: forward %.6f s", title, sums.forward_s);
        if (training)
            printf(", backward %.6f s", sums.backward_s);
        printf(", peak %.1f GF/s, min %.6f s\n", sums.peak_flops * 1e-9, sums.forward_s + sums.backward_s);
        free(title);
    }
    return status;
}

static lw_status bench_layers(const cli_arguments *arguments, const lw_network *network, lw_error *err) {
    const lw_status status = measure_layers(arguments, network, false, err);
    return status == LW_OK ? measure_layers(arguments, network, true, err) : status;
}

static void on_plan(void *context, const lw_bench_layer *layer) {
    (void)context;
    printf("%-24s %-30s %-38s weights %9.1f KB  kept %9.1f KB  scratch %9.1f KB\n", layer->name, layer->shape,
           layer->plan, (double)layer->packed_bytes / 1024, (double)layer->kept_bytes / 1024,
           (double)layer->scratch_bytes / 1024);
}

static lw_status bench_plan(const cli_arguments *arguments, const lw_network *network, lw_error *err) {
    lw_status status = LW_OK;
    for (int training = 1; training >= 0 && status == LW_OK; training--) {
        const lw_bench_options how = bench_options(arguments, training, 0);
        printf("%s, batch %zu, threads %d\n", training ? "training" : "prediction", how.batch, how.threads);
        status = lw_bench_layers(network, &how, on_plan, NULL, err);
    }
    return status;
}

/* The command */

static int run(const cli_arguments *arguments) {
    static const struct {
        const char *name;
        lw_status (*measure)(const cli_arguments *arguments, const lw_network *network, lw_error *err);
    } benches[] = {{"train", bench_train}, {"predict", bench_predict}, {"layers", bench_layers}, {"plan", bench_plan}};
    enum { BENCH_COUNT = sizeof benches / sizeof benches[0] };
    const char *const *operands;
    const size_t count = cli_operands(arguments, &operands);
    lw_network *network = NULL;
    lw_lead_set leads;
    lw_error err;
    size_t i = 0;
    if (count > 0 && strcmp(operands[0], "prepare") == 0)
        return bench_prepare(arguments);
    while (count > 0 && i < BENCH_COUNT && strcmp(operands[0], benches[i].name) != 0)
        i++;
    if (count == 0 || i == BENCH_COUNT)
        return cli_usage_error(arguments, "'bench' needs one of train, predict, prepare, layers, plan");
    if (count > 1)
        return cli_usage_error(arguments, "'bench %s' takes nothing more", operands[0]);
    const bool given = cli_given(arguments, "leads");
    int code = given ? cli_lead_set(arguments, &leads) : CLI_EXIT_OK;
    if (code == CLI_EXIT_OK)
        code = cli_network(arguments, given ? &leads : NULL, 0, &network);
    if (code == CLI_EXIT_OK)
        code = cli_exit_code(benches[i].measure(arguments, network, &err), &err);
    lw_network_free(&network);
    return code;
}

const cli_command cli_command_bench = {
    .name = "bench",
    .summary = "Measure speed",
    .synopsis = "train|predict|layers|plan, or prepare [DATA...]",
    .description = "train: whole training steps on random data. predict: the network on batches in memory. prepare: "
                   "reading and preparing DATA, or 100 synthetic recordings. layers: each convolution alone, as "
                   "it predicts and as it trains, with the method that was chosen for it: seconds to pack its weights "
                   "and for each pass, GF/s by the definition's operations (eff), "
                   "by those that the method carries out, and their share of the peak that multiply-adds on registers "
                   "reach here. plan: those methods, for training and for prediction, and their memory.\n\n"
                   "The last line of a measurement ends with 'min S s'.",
    .examples = "leadwise bench train --network metaheart2020 --batch 32 --threads 2\n"
                "leadwise bench predict --leads 2 --batch 1 --repeat 100\n"
                "leadwise bench prepare recordings/",
    .operands = "train,predict,prepare,layers,plan",
    .options = options,
    .run = run,
};
