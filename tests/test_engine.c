/*
 * Small networks of every kind of block against a plain double-precision forward written here, gradients against
 * central differences of that forward, and what must not depend on threads or batch.
 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernels/isa/kernels_table.h"
#include "network/engine.h"
#include "network/network_internal.h"

static void *checked(void *block) {
    assert_non_null(block);
    return block;
}

static void *array(size_t count, size_t bytes) { return checked(calloc(count ? count : 1, bytes)); }

/* ---- The definition, in double; maps are [n][c][h][t] here, as in PyTorch. */

typedef struct map {
    size_t n, c, h, t;
    double *at;
} map;

static map make_map(size_t n, size_t c, size_t h, size_t t) {
    return (map){n, c, h, t, array(n * c * h * t, sizeof(double))};
}

static double *cell(const map *m, size_t n, size_t c, size_t h, size_t t) {
    return &m->at[((n * m->c + c) * m->h + h) * m->t + t];
}

static size_t count_of(const map *m) { return m->n * m->c * m->h * m->t; }

/** The inputs sex and age of three people: a woman of 40 years, a man, a person of 105 years. */
static const lw_person people[] = {{40.0, LW_SEX_FEMALE}, {NAN, LW_SEX_MALE}, {105.0, LW_SEX_UNKNOWN}};
static const double told[][2] = {{-1.0, -1.0}, {1.0, 0.0}, {0.0, 2.0}};

/** Everything a forward needs: parameters by name, mode, dropout. */
typedef struct context {
    const lw_network *network;
    const lw_parameter_table *table;
    const double *values;
    bool training;
    const lw_dropout_key *dropout;
} context;

static const double *parameter(const context *k, size_t branch, size_t block, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "branch%u.block%u.%.30s", (unsigned)branch, (unsigned)block, name);
    for (size_t i = 0; i < k->table->count; i++)
        if (strcmp(k->table->item[i].name, full) == 0)
            return k->values + k->table->item[i].offset;
    return NULL;
}

static long padding(size_t in, size_t k, size_t stride) {
    long out = (long)((in + stride - 1) / stride), total = (out - 1) * (long)stride + (long)k - (long)in;
    return total > 0 ? total / 2 : 0;
}

static map convolve(const map *x, const double *weight, const double *bias, size_t c_out, size_t kh, size_t kw,
                    size_t stride) {
    map y = make_map(x->n, c_out, x->h, (x->t + stride - 1) / stride);
    const long top = padding(x->h, kh, 1), left = padding(x->t, kw, stride);
    for (size_t n = 0; n < y.n; n++)
        for (size_t co = 0; co < c_out; co++)
            for (size_t h = 0; h < y.h; h++)
                for (size_t t = 0; t < y.t; t++) {
                    double sum = bias ? bias[co] : 0.0;
                    for (size_t ci = 0; ci < x->c; ci++)
                        for (size_t i = 0; i < kh; i++)
                            for (size_t j = 0; j < kw; j++) {
                                long hi = (long)(h + i) - top, ti = (long)(t * stride + j) - left;
                                if (hi >= 0 && hi < (long)x->h && ti >= 0 && ti < (long)x->t)
                                    sum += weight[((co * x->c + ci) * kh + i) * kw + j] *
                                           *cell(x, n, ci, (size_t)hi, (size_t)ti);
                            }
                    *cell(&y, n, co, h, t) = sum;
                }
    return y;
}

static void normalise(const context *k, const map *y, const double *gain, const double *offset, const double *mean_r,
                      const double *variance_r) {
    for (size_t c = 0; c < y->c; c++) {
        double mean = mean_r[c], variance = variance_r[c];
        if (k->training) {
            const double count = (double)(y->n * y->h * y->t);
            mean = variance = 0.0;
            for (size_t n = 0; n < y->n; n++)
                for (size_t i = 0; i < y->h * y->t; i++)
                    mean += cell(y, n, c, 0, 0)[i] / count;
            for (size_t n = 0; n < y->n; n++)
                for (size_t i = 0; i < y->h * y->t; i++)
                    variance += pow(cell(y, n, c, 0, 0)[i] - mean, 2.0) / count;
        }
        for (size_t n = 0; n < y->n; n++)
            for (size_t i = 0; i < y->h * y->t; i++) {
                double *v = &cell(y, n, c, 0, 0)[i];
                *v = gain[c] * (*v - mean) / sqrt(variance + k->network->epsilon) + offset[c];
            }
    }
}

static void rectify(const map *y) {
    for (size_t i = 0; i < count_of(y); i++)
        y->at[i] = y->at[i] > 0.0 ? y->at[i] : 0.0;
}

static void attend(const context *k, size_t branch, size_t block, const map *y) {
    const size_t r = (size_t)lw_attention_channels(k->network, &k->network->branch[branch].block[block]);
    const double *sw = parameter(k, branch, block, "attention.squeeze.weight");
    const double *sb = parameter(k, branch, block, "attention.squeeze.bias");
    const double *ew = parameter(k, branch, block, "attention.excite.weight");
    const double *eb = parameter(k, branch, block, "attention.excite.bias");
    double *mean = array(y->c, sizeof *mean), *hidden = array(r, sizeof *hidden);
    for (size_t n = 0; n < y->n; n++) {
        for (size_t c = 0; c < y->c; c++) {
            mean[c] = 0.0;
            for (size_t i = 0; i < y->h * y->t; i++)
                mean[c] += cell(y, n, c, 0, 0)[i] / (double)(y->h * y->t);
        }
        for (size_t i = 0; i < r; i++) {
            hidden[i] = sb[i];
            for (size_t c = 0; c < y->c; c++)
                hidden[i] += sw[i * y->c + c] * mean[c];
            hidden[i] = hidden[i] > 0.0 ? hidden[i] : 0.0;
        }
        for (size_t c = 0; c < y->c; c++) {
            double gate = eb[c];
            for (size_t i = 0; i < r; i++)
                gate += ew[c * r + i] * hidden[i];
            gate = 1.0 / (1.0 + exp(-gate));
            for (size_t i = 0; i < y->h * y->t; i++)
                cell(y, n, c, 0, 0)[i] *= gate;
        }
    }
    free(mean);
    free(hidden);
}

/** The draws are the library's (their statistics are tested elsewhere); where they apply is decided here. */
static void drop(const context *k, size_t branch, size_t block, const map *y) {
    const double rate = k->network->branch[branch].block[block].dropout;
    const bool standard = k->network->standard_dropout;
    uint8_t *keep = array(y->c * y->h * y->t, 1);
    for (size_t n = 0; n < y->n; n++) {
        lw_dropout_draw draw = {k->dropout->seed, k->dropout->epoch, k->dropout->record_ids[n],
                                (uint32_t)(branch * LW_BLOCKS_MAX + block), rate};
        lw_dropout_fill(lw_kernels_of(LW_ISA_BEST), draw, keep, standard ? y->c * y->h * y->t : y->c);
        for (size_t c = 0; c < y->c; c++)
            for (size_t i = 0; i < y->h * y->t; i++)
                cell(y, n, c, 0, 0)[i] *= keep[standard ? i * y->c + c : c] ? 1.0 / (1.0 - rate) : 0.0;
    }
    free(keep);
}

static map run_block(const context *k, size_t branch, size_t block, const map *x) {
    const lw_block *b = &k->network->branch[branch].block[block];
    map y = convolve(x, parameter(k, branch, block, "conv.weight"), parameter(k, branch, block, "conv.bias"),
                     (size_t)b->filters, (size_t)b->kernel[0], (size_t)b->kernel[1], (size_t)b->stride);
    if (b->norm)
        normalise(k, &y, parameter(k, branch, block, "norm.weight"), parameter(k, branch, block, "norm.bias"),
                  parameter(k, branch, block, "norm.running_mean"), parameter(k, branch, block, "norm.running_var"));
    rectify(&y);
    if (b->attention)
        attend(k, branch, block, &y);
    if (k->training && k->dropout && b->dropout > 0.0)
        drop(k, branch, block, &y);
    if (b->skip == LW_SKIP_NONE)
        return y;
    map skip = *x;
    if (b->skip == LW_SKIP_CONV)
        skip = convolve(x, parameter(k, branch, block, "skip.weight"), parameter(k, branch, block, "skip.bias"),
                        (size_t)b->filters, 1, 1, (size_t)b->stride);
    for (size_t i = 0; i < count_of(&y); i++)
        y.at[i] += skip.at[i];
    rectify(&y);
    if (b->skip == LW_SKIP_CONV)
        free(skip.at);
    return y;
}

/** logits [n][outputs]. */
static void run_network(const context *k, size_t n, const float *signals, double *logits) {
    const lw_network *net = k->network;
    const size_t leads = net->leads.count, samples = (size_t)net->samples, outputs = (size_t)net->outputs;
    const size_t features = lw_head_features(net);
    double *feature = array(n * features, sizeof *feature);
    size_t offset = 0;
    for (size_t i = 0; i < net->branch_count; i++) {
        const size_t step = (size_t)net->branch[i].decimate;
        map x = make_map(n, 1, leads, (samples + step - 1) / step);
        for (size_t row = 0; row < n * leads; row++)
            for (size_t t = 0; t < x.t; t++)
                x.at[row * x.t + t] = (double)signals[row * samples + t * step];
        for (size_t b = 0; b < net->branch[i].block_count; b++) {
            map y = run_block(k, i, b, &x);
            free(x.at);
            x = y;
        }
        const size_t positions = x.h * x.t, here = net->flatten ? x.c * positions : x.c;
        for (size_t r = 0; r < n; r++)
            for (size_t c = 0; c < x.c; c++)
                for (size_t p = 0; p < positions; p++) {
                    double value = cell(&x, r, c, 0, 0)[p];
                    if (net->flatten)
                        feature[r * features + offset + c * positions + p] = value;
                    else
                        feature[r * features + offset + c] += value / (double)positions;
                }
        offset += here;
        free(x.at);
    }
    for (size_t r = 0; r < n; r++)
        for (size_t f = offset; f < features; f++)
            feature[r * features + f] = told[r][f - offset];
    const double *weight = k->values + k->table->item[k->table->count - 2].offset;
    const double *bias = k->values + k->table->item[k->table->count - 1].offset;
    for (size_t r = 0; r < n; r++)
        for (size_t o = 0; o < outputs; o++) {
            logits[r * outputs + o] = bias[o];
            for (size_t f = 0; f < features; f++)
                logits[r * outputs + o] += weight[o * features + f] * feature[r * features + f];
        }
    free(feature);
}

/* ---- The networks */

#define TOP(name_, head_, dropout_) "{" TOP_OF(name_, head_, dropout_)
#define TOP_OF(name_, head_, dropout_)                                                                                 \
    "\"name\": \"" name_ "\", \"leads\": [\"I\", \"II\", \"V1\"], \"samples\": 23, \"outputs\": 4, \"head\": \"" head_ \
    "\", \"dropout\": \"" dropout_                                                                                     \
    "\", \"attention_reduction\": 2, \"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.9}, \"branches\": ["
#define BLOCK(f, kh, kw, s, skip_, norm_, attention_, drop_)                                                           \
    "{\"filters\": " #f ", \"kernel\": [" #kh ", " #kw "], \"stride\": " #s ", \"skip\": \"" skip_                     \
    "\", \"norm\": " #norm_ ", \"attention\": " #attention_ ", \"dropout\": " #drop_ "}"

static const char *const networks[] = {
    /* The 2020 network's kinds of block. */
    TOP("small2020", "gap", "spatial") "{\"decimate\": 1, \"blocks\": [" BLOCK(
        5, 1, 7, 2, "none", false, false, 0) ", " BLOCK(6, 2, 5, 1, "conv", true, true,
                                                        0.2) ", " BLOCK(6, 3, 3, 1, "identity", true, true, 0.4) "]}]}",
    /* The 2021 network's: branches, decimation, dropout. */
    TOP("small2021", "gap", "spatial") "{\"decimate\": 1, \"blocks\": [" BLOCK(
        4, 1, 6, 2, "conv", true, true,
        0.3) ", " BLOCK(4, 2, 4, 1, "identity", true, true,
                        0.3) "]}, {\"decimate\": 3, \"blocks\": [" BLOCK(17, 3, 3, 1, "conv", true, true, 0.3) "]}]}",
    /* Standard dropout, with and without attention; flattened head. */
    TOP("standard", "flatten", "standard") "{\"decimate\": 2, \"blocks\": [" BLOCK(
        4, 1, 3, 1, "conv", true, true, 0.3) ", " BLOCK(4, 2, 2, 1, "identity", true, false, 0.5) "]}]}",
    /* Combinations that neither paper uses. */
    TOP("odd", "gap", "spatial") "{\"decimate\": 1, \"blocks\": [" BLOCK(4, 1, 3, 3, "conv", false, true, 0) ", " BLOCK(
        4, 1, 3, 1, "identity", false, false,
        0.3) ", " BLOCK(3, 1, 2, 2, "none", true, false, 0) ", " BLOCK(5, 2, 1, 1, "none", true, true,
                                                                       0.1) ", " BLOCK(5, 1, 5, 1, "none", false, false,
                                                                                       0) "]}]}",
    /* A head with the inputs sex and age. */
    "{\"inputs\": [\"sex\", \"age\"], " TOP_OF("told", "gap", "spatial") "{\"decimate\": 1, \"blocks\": [" BLOCK(
        4, 1, 3, 2, "conv", true, true, 0.3) "]}, {\"decimate\": 2, \"blocks\": [" BLOCK(3, 2, 3, 1, "none", true,
                                                                                         false, 0) "]}]}",
};
enum { NETWORKS = sizeof networks / sizeof networks[0], RECORDS = 3 };

/** A network with random parameters and a random batch. */
typedef struct setting {
    lw_network *network;
    lw_parameter_table *table;
    float *values, *signals, *coefficients; /**< the last: the loss is sum of coefficient * logit */
    size_t logits;
    uint64_t record_ids[RECORDS];
    lw_dropout_key key;
} setting;

static void open_setting(setting *s, const char *json) {
    lw_error err = {0};
    memset(s, 0, sizeof *s);
    lwt_assert_ok(lw_network_parse(json, NULL, &s->network, &err), &err);
    lwt_assert_ok(lw_parameter_table_create(s->network, &s->table, &err), &err);
    s->values = array(s->table->total, sizeof *s->values);
    lwt_fill(s->values, s->table->total, 1);
    for (size_t i = 0; i < s->table->count; i++)
        if (strstr(s->table->item[i].name, "running_var") || strstr(s->table->item[i].name, "norm.weight"))
            for (size_t k = 0; k < s->table->item[i].elements; k++)
                s->values[s->table->item[i].offset + k] += 1.5f;
    const size_t inputs = RECORDS * s->network->leads.count * (size_t)s->network->samples;
    s->logits = RECORDS * (size_t)s->network->outputs;
    s->signals = array(inputs, sizeof *s->signals);
    s->coefficients = array(s->logits, sizeof *s->coefficients);
    lwt_fill(s->signals, inputs, 2);
    lwt_fill(s->coefficients, s->logits, 3);
    for (size_t i = 0; i < RECORDS; i++)
        s->record_ids[i] = 10 + 7 * i;
    s->key = (lw_dropout_key){.seed = 5, .epoch = 2, .record_ids = s->record_ids};
}

static void close_setting(setting *s) {
    free(s->values);
    free(s->signals);
    free(s->coefficients);
    lw_parameter_table_free(&s->table);
    lw_network_free(&s->network);
}

static lw_engine *make_engine_with(const setting *s, lw_engine_options options) {
    lw_engine *engine = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_engine_create(s->network, &options, &engine, &err), &err);
    assert_true(lw_engine_bytes(engine) > 0);
    for (size_t i = 0; i < RECORDS && i < options.max_batch; i++)
        lw_network_encode(s->network, &people[i], lw_engine_inputs(engine, i));
    return engine;
}

static lw_engine *make_engine(const setting *s, bool training, size_t max_batch, int threads) {
    /* Gradients are compared element by element: a transform's rounding could turn a ReLU. */
    return make_engine_with(s, (lw_engine_options){.max_batch = max_batch,
                                                   .threads = threads,
                                                   .training = training,
                                                   .tuning.method = training ? LW_CONV_DIRECT : LW_CONV_PLANNED});
}

static double *widened(const setting *s) {
    double *values = array(s->table->total, sizeof *values);
    for (size_t i = 0; i < s->table->total; i++)
        values[i] = (double)s->values[i];
    return values;
}

static void inference_equals_the_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < NETWORKS; i++) {
        setting s;
        open_setting(&s, networks[i]);
        double *values = widened(&s), *want = array(s.logits, sizeof *want);
        run_network(&(context){s.network, s.table, values, false, NULL}, RECORDS, s.signals, want);
        const lw_engine_options kinds[] = {{.max_batch = RECORDS + 1, .threads = 2, .training = false},
                                           {.max_batch = RECORDS + 1, .threads = 2, .training = true},
                                           {.max_batch = RECORDS + 1, .threads = 2, .brief = true}};
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
            float *got = array(s.logits, sizeof *got);
            lw_engine *engine = make_engine_with(&s, kinds[kind]);
            lw_engine_load(engine, s.values);
            for (int call = 0; call < 2; call++) {
                memset(got, 0, s.logits * sizeof *got);
                lw_engine_infer(engine, RECORDS, s.signals, got);
                assert_true(lwt_max_error(got, want, s.logits) < 2e-5);
            }
            lw_engine_free(&engine);
            free(got);
        }
        free(values);
        free(want);
        close_setting(&s);
    }
}

static double loss_of(const setting *s, const double *values, const lw_dropout_key *key) {
    double *logits = array(s->logits, sizeof *logits), loss = 0.0;
    run_network(&(context){s->network, s->table, values, true, key}, RECORDS, s->signals, logits);
    for (size_t i = 0; i < s->logits; i++)
        loss += (double)s->coefficients[i] * logits[i];
    free(logits);
    return loss;
}

/** Some elements of each tensor: all of them would cost time and prove no more. */
static void check_gradients(const setting *s, const float *gradients, const lw_dropout_key *key) {
    double *values = widened(s);
    for (size_t i = 0; i < s->table->count; i++) {
        const lw_parameter *item = &s->table->item[i];
        const size_t step = item->elements / 7 + 1;
        for (size_t k = 0; item->trainable && k < item->elements; k += step) {
            double *x = &values[item->offset + k], held = *x;
            const double delta = 1e-6;
            *x = held + delta;
            double above = loss_of(s, values, key);
            *x = held - delta;
            double below = loss_of(s, values, key), want = (above - below) / (2.0 * delta);
            *x = held;
            double got = (double)gradients[item->offset + k];
            if (!(fabs(got - want) <= 2e-4 * (1.0 + fabs(want))))
                fail_msg("%s: gradient of %s[%zu] is %g, by differences %g", s->network->name, item->name, k, got,
                         want);
        }
    }
    free(values);
}

static void training_equals_the_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * NETWORKS; i++) {
        setting s;
        open_setting(&s, networks[i / 2]);
        const lw_dropout_key *key = i % 2 ? &s.key : NULL;
        double *values = widened(&s), *want = array(s.logits, sizeof *want);
        float *got = array(s.logits, sizeof *got), *gradients = array(s.table->trainable, sizeof *gradients);
        run_network(&(context){s.network, s.table, values, true, key}, RECORDS, s.signals, want);
        lw_engine *engine = make_engine(&s, true, RECORDS, 2);
        lw_engine_forward(engine, RECORDS, s.signals, key, s.values, got);
        assert_true(lwt_max_error(got, want, s.logits) < 1e-4);
        lw_engine_backward(engine, RECORDS, s.coefficients, s.values, gradients);
        check_gradients(&s, gradients, key);
        lw_engine_free(&engine);
        free(values);
        free(want);
        free(got);
        free(gradients);
        close_setting(&s);
    }
}

/** Loss, gradients and running statistics of two steps; the bytes that must not change. */
static float *two_steps(const char *json, int threads, size_t max_batch, size_t *count) {
    setting s;
    open_setting(&s, json);
    *count = s.logits + s.table->trainable + s.table->total;
    float *out = array(*count, sizeof *out);
    lw_engine *engine = make_engine(&s, true, max_batch, threads);
    for (int step = 0; step < 2; step++) {
        lw_engine_forward(engine, RECORDS, s.signals, &s.key, s.values, out);
        lw_engine_backward(engine, RECORDS, s.coefficients, s.values, out + s.logits);
        for (size_t i = 0; i < s.table->trainable; i++)
            s.values[i] -= 0.01f * out[s.logits + i];
    }
    memcpy(out + s.logits + s.table->trainable, s.values, s.table->total * sizeof *out);
    lw_engine_free(&engine);
    close_setting(&s);
    return out;
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < NETWORKS; i++) {
        size_t count = 0;
        float *one = two_steps(networks[i], 1, RECORDS, &count);
        for (int threads = 2; threads <= 3; threads++) {
            float *more = two_steps(networks[i], threads, RECORDS, &count);
            assert_memory_equal(one, more, count * sizeof *one);
            free(more);
        }
        free(one);
    }
}

/** A record's logits are the same alone and in a batch. */
static void a_record_has_the_same_logits_alone_and_in_a_batch(void **state) {
    (void)state;
    setting s;
    open_setting(&s, networks[1]);
    lw_engine *engine = make_engine(&s, false, RECORDS, 1);
    float *together = array(s.logits, sizeof *together), alone[4];
    lw_engine_load(engine, s.values);
    lw_engine_infer(engine, RECORDS, s.signals, together);
    for (size_t i = 0; i < RECORDS; i++) {
        lw_engine_infer(engine, 1, s.signals + i * 3 * 23, alone);
        assert_memory_equal(alone, together + i * 4, sizeof alone);
    }
    lw_engine_infer(engine, 0, s.signals, alone);
    lw_engine_free(&engine);
    free(together);
    close_setting(&s);
}

/** running = momentum running + (1 - momentum) batch, with the unbiased variance: by hand for one channel of ones and
 * twos. */
static void running_statistics_follow_the_momentum(void **state) {
    (void)state;
    static const char json[] =
        "{\"name\": \"one\", \"leads\": [\"I\"], \"samples\": 4, \"outputs\": 1, \"head\": \"gap\", \"dropout\": "
        "\"spatial\", \"attention_reduction\": 1, \"batch_norm\": {\"epsilon\": 0.001, \"momentum\": 0.75}, "
        "\"branches\": [{\"decimate\": 1, \"blocks\": [" BLOCK(1, 1, 1, 1, "none", true, false, 0) "]}]}";
    lw_network *network = NULL;
    lw_error err = {0};
    lwt_assert_ok(lw_network_parse(json, NULL, &network, &err), &err);
    lw_engine *engine = NULL;
    lw_engine_options options = {.max_batch = 1, .threads = 1, .training = true};
    lwt_assert_ok(lw_engine_create(network, &options, &engine, &err), &err);
    /* conv weight, gain, offset, head weight, head bias | running mean, running variance */
    float values[7] = {2, 1, 0, 1, 0, 8, 16}, signals[4] = {1, 2, 1, 2}, logit[1];
    lw_engine_forward(engine, 1, signals, NULL, values, logit);
    lwt_assert_close((double)values[5], 0.75 * 8 + 0.25 * 3, 1e-6, 0.0);
    lwt_assert_close((double)values[6], 0.75 * 16 + 0.25 * (4.0 / 3.0), 1e-6, 0.0);
    lwt_assert_close((double)logit[0], 0.5 / sqrt(1.001), 1e-6, 0.0);
    lw_engine_free(&engine);
    lw_network_free(&network);
}

static void parameters_start_as_glorot_draws_them(void **state) {
    (void)state;
    setting s;
    open_setting(&s, networks[0]);
    float *again = array(s.table->total, sizeof *again), *other = array(s.table->total, sizeof *other);
    lw_parameters_initialise(s.table, 9, s.values);
    lw_parameters_initialise(s.table, 9, again);
    lw_parameters_initialise(s.table, 10, other);
    assert_memory_equal(s.values, again, s.table->total * sizeof *again);
    for (size_t i = 0; i < s.table->count; i++) {
        const lw_parameter *item = &s.table->item[i];
        const float *v = s.values + item->offset;
        const float fixed = strstr(item->name, "norm.weight") || strstr(item->name, "running_var") ? 1.0f : 0.0f;
        double largest = 0.0, limit = sqrt(6.0 / (double)(item->fan_in + item->fan_out));
        for (size_t k = 0; k < item->elements; k++) {
            largest = fmax(largest, fabs((double)v[k]));
            assert_true(item->fan_in || v[k] == fixed);
        }
        if (item->fan_in) {
            assert_true(largest <= limit && largest > 0.7 * limit);
            assert_memory_not_equal(v, other + item->offset, item->elements * sizeof *v);
        }
    }
    const lw_parameter *first = &s.table->item[0];
    assert_string_equal(first->name, "branch0.block0.conv.weight");
    assert_int_equal(first->fan_in, 7);
    assert_int_equal(first->fan_out, 35);
    free(again);
    free(other);
    close_setting(&s);
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    setting s;
    open_setting(&s, networks[0]);
    const lw_engine_options bad[] = {{.max_batch = 0, .threads = 1},
                                     {.max_batch = 1, .threads = 0},
                                     {.max_batch = 1, .threads = 100000},
                                     {.max_batch = (size_t)1 << 31, .threads = 1, .training = true}};
    static const char *const said[] = {"0 records at once, expected 1 to", "0 threads, expected 1 to",
                                       "100000 threads, expected 1 to", "2147483648 records at once, expected 1 to"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lw_engine *engine = NULL;
        lw_error err = {0};
        lwt_assert_fails(lw_engine_create(s.network, &bad[i], &engine, &err), LW_ERR_ARGUMENT, &err, said[i]);
        assert_null(engine);
    }
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inference_equals_the_definition),
        cmocka_unit_test(training_equals_the_definition),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(a_record_has_the_same_logits_alone_and_in_a_batch),
        cmocka_unit_test(running_statistics_follow_the_momentum),
        cmocka_unit_test(parameters_start_as_glorot_draws_them),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
