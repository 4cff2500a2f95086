/* Tests that compare whole networks with PyTorch in double: logits, every gradient, five Adam steps. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safetensors.h"
#include "network/engine.h"
#include "train/loss.h"
#include "train/optimiser.h"

/** A golden: a network with its weights, a batch, and what must come out. */
typedef struct golden {
    const char *name;
    lw_safetensors *model, *expected;
    lw_network *network;
    lw_parameter_table *table;
    float *values, *signals;
    const uint8_t *labels;
    double *class_weights;
    size_t n, outputs;
} golden;

static const lw_safetensors_limits limits = {1 << 20, 10000};

static void *checked(void *block) {
    assert_non_null(block);
    return block;
}

static const lw_tensor *tensor(const lw_safetensors *file, const char *name) {
    const lw_tensor *found = lw_safetensors_find(file, name);
    if (!found)
        fail_msg("the golden has no tensor %s", name);
    return found;
}

static float *tensor_floats(const lw_safetensors *file, const char *name) {
    const lw_tensor *from = tensor(file, name);
    float *out = checked(calloc(from->elements, sizeof *out));
    assert_true(lw_tensor_to_f32(from, out));
    return out;
}

/** A file NAME.KIND.safetensors: narrow networks lie in tests/data, wide ones with their real recordings do not. */
static lw_safetensors *open_part(const char *name, const char *kind) {
    char path[256];
    lw_error err = {0};
    lw_safetensors *file = NULL;
    const bool narrow = !strncmp(name, "narrow", 6);
    snprintf(path, sizeof path, "%s/%s.%s.safetensors", narrow ? "tests/data/networks" : "reference/goldens/network",
             name, kind);
    lwt_assert_ok(lw_safetensors_open(narrow ? lwt_source_path(path) : lwt_shared(path), limits, &file, &err), &err);
    return file;
}

/** The batch: stored beside a wide network, and the noise that tests/data/renew.py draws for a narrow one. */
static float *batch_of(const golden *g) {
    if (lw_safetensors_find(g->expected, "input.signals"))
        return tensor_floats(g->expected, "input.signals");
    const size_t leads = lw_network_leads(g->network)->count,
                 count = g->n * leads * lw_network_sample_count(g->network);
    float *signals = checked(calloc(count, sizeof *signals));
    lwt_fill(signals, count, (uint32_t)leads);
    return signals;
}

static void open_golden(golden *g, const char *name) {
    lw_error err = {0};
    *g = (golden){.name = name, .model = open_part(name, "model"), .expected = open_part(name, "expected")};
    const char *json = lw_safetensors_metadata(g->model, "leadwise.network");
    lwt_assert_ok(lw_network_parse(json, NULL, &g->network, &err), &err);
    lwt_assert_ok(lw_parameter_table_create(g->network, &g->table, &err), &err);
    g->values = checked(calloc(g->table->total, sizeof *g->values));
    for (size_t i = 0; i < g->table->count; i++)
        assert_true(lw_tensor_to_f32(tensor(g->model, g->table->item[i].name), g->values + g->table->item[i].offset));
    g->n = tensor(g->expected, "input.labels")->shape[0];
    g->signals = batch_of(g);
    g->labels = tensor(g->expected, "input.labels")->data;
    g->outputs = lw_network_output_count(g->network);
    float *weights = tensor_floats(g->expected, "input.class_weights");
    g->class_weights = checked(calloc(g->outputs, sizeof *g->class_weights));
    for (size_t i = 0; i < g->outputs; i++)
        g->class_weights[i] = (double)weights[i];
    free(weights);
}

static void close_golden(golden *g) {
    free(g->values);
    free(g->signals);
    free(g->class_weights);
    lw_parameter_table_free(&g->table);
    lw_network_free(&g->network);
    lw_safetensors_free(&g->model);
    lw_safetensors_free(&g->expected);
}

/** |got - want| / |want|, or |got - want| where the golden is nothing (gradients that cancel exactly). */
static double error_against(const golden *g, const char *name, const float *got, bool *absolute) {
    const lw_tensor *from = tensor(g->expected, name);
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < from->elements; i++) {
        double want;
        if (from->dtype == LW_DTYPE_F64)
            memcpy(&want, (const char *)from->data + i * sizeof(double), sizeof want);
        else {
            float narrow;
            memcpy(&narrow, (const char *)from->data + i * sizeof(float), sizeof narrow);
            want = (double)narrow;
        }
        difference += ((double)got[i] - want) * ((double)got[i] - want);
        norm += want * want;
    }
    *absolute = norm <= 1e-14;
    return *absolute ? sqrt(difference) : sqrt(difference / norm);
}

static double expect(const golden *g, const char *name, const float *got, double relative) {
    bool absolute = false;
    double error = error_against(g, name, got, &absolute);
    if (!(error <= (absolute ? 1e-7 : relative)))
        fail_msg("%s: %s: %s error %g", g->name, name, absolute ? "absolute" : "relative", error);
    return absolute ? 0.0 : error;
}

static lw_engine *make_engine(const golden *g, bool training, int threads) {
    lw_engine *engine = NULL;
    lw_error err = {0};
    lw_engine_options options = {.max_batch = g->n, .threads = threads, .training = training};
    /* Direct sums stay close to the definition element by element, where a transform spreads its rounding over a row: one
     * rounding can turn a ReLU, and one ReLU moves a small gradient by 1e-3. */
    if (training)
        options.tuning.method = LW_CONV_DIRECT;
    lwt_assert_ok(lw_engine_create(g->network, &options, &engine, &err), &err);
    return engine;
}

static double check_inference(const golden *g) {
    float *logits = checked(calloc(g->n * g->outputs, sizeof *logits));
    double worst = 0.0;
    for (int training = 0; training < 2; training++) {
        lw_engine *engine = make_engine(g, training, 2);
        lw_engine_load(engine, g->values);
        lw_engine_infer(engine, g->n, g->signals, logits);
        worst = fmax(worst, expect(g, "eval.logits", logits, 1e-4));
        lw_engine_free(&engine);
    }
    free(logits);
    return worst;
}

static double check_gradients(const golden *g, const float *gradients) {
    double worst = 0.0;
    for (size_t i = 0; i < g->table->count; i++) {
        const lw_parameter *item = &g->table->item[i];
        char name[128];
        snprintf(name, sizeof name, "gradient.%s", item->name);
        if (item->trainable)
            worst = fmax(worst, expect(g, name, gradients + item->offset, 1e-4));
    }
    return worst;
}

/** Every tensor that the golden stored after five steps, running statistics among them. */
static double check_after(const golden *g) {
    double worst = 0.0;
    size_t seen = 0;
    for (size_t i = 0; i < g->table->count; i++) {
        char name[128];
        snprintf(name, sizeof name, "after5.%s", g->table->item[i].name);
        if (!lw_safetensors_find(g->expected, name))
            continue;
        seen++;
        worst = fmax(worst, expect(g, name, g->values + g->table->item[i].offset, 2e-4));
    }
    assert_true(seen > 10);
    return worst;
}

/** Five steps; figures[0..3]: worst logit, gradient, loss and stored-tensor error. */
static void check_training(golden *g, double figures[4]) {
    const size_t count = g->n * g->outputs, trainable = g->table->trainable;
    float *logits = checked(calloc(count, sizeof *logits)), *dlogits = checked(calloc(count, sizeof *dlogits));
    float *gradients = checked(calloc(trainable, sizeof *gradients));
    float *m = checked(calloc(trainable, sizeof *m)), *v = checked(calloc(trainable, sizeof *v));
    const lw_adam adam = {1e-3, 0.9, 0.999, 1e-4};
    float *targets = checked(calloc(count, sizeof *targets));
    for (size_t i = 0; i < count; i++)
        targets[i] = g->labels[i];
    lw_engine *engine = make_engine(g, true, 2);
    const lw_tensor *losses = tensor(g->expected, "train.losses");
    figures[2] = 0.0;
    for (uint64_t step = 1; step <= 5; step++) {
        lw_engine_forward(engine, g->n, g->signals, NULL, g->values, logits);
        double loss = lw_loss(g->n, g->outputs, logits, targets, g->class_weights, NULL, dlogits), want;
        memcpy(&want, (const char *)losses->data + (step - 1) * sizeof want, sizeof want);
        figures[2] = fmax(figures[2], fabs(loss - want) / want);
        lwt_assert_close(loss, want, 0.0, 2e-4);
        lw_engine_backward(engine, g->n, dlogits, g->values, gradients);
        if (step == 1) {
            figures[0] = expect(g, "train.logits", logits, 1e-4);
            figures[1] = check_gradients(g, gradients);
        }
        lw_adam_step(&adam, step, trainable, gradients, m, v, g->values, 1);
    }
    figures[3] = check_after(g);
    lw_engine_free(&engine);
    free(logits);
    free(dlogits);
    free(targets);
    free(gradients);
    free(m);
    free(v);
}

static void a_network_computes_what_pytorch_computes(void **state) {
    golden g;
    open_golden(&g, *state);
    double figures[4] = {0}, eval = check_inference(&g);
    check_training(&g, figures);
    print_message("%s: eval %.1e, train %.1e, gradients %.1e, losses %.1e, after five steps %.1e\n", g.name, eval,
                  figures[0], figures[1], figures[2], figures[3]);
    close_golden(&g);
}

int main(void) {
#define GOLDEN(of)                                                                                                     \
    { of "_computes_what_pytorch_computes", a_network_computes_what_pytorch_computes, NULL, NULL, of }
    const struct CMUnitTest tests[] = {
        GOLDEN("narrow-metaheart2020"),
        GOLDEN("narrow-multiscale2021-12"),
        GOLDEN("narrow-multiscale2021-2"),
        GOLDEN("narrow-even"),
        GOLDEN("narrow-flatten"),
        GOLDEN("metaheart2020-12"),
        GOLDEN("multiscale2021-12"),
        GOLDEN("multiscale2021-6"),
        GOLDEN("multiscale2021-4"),
        GOLDEN("multiscale2021-3"),
        GOLDEN("multiscale2021-2"),
        GOLDEN("multiscale2021-2-flatten"),
        GOLDEN("multiscale2021-2-noattention"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
