/* Ranks that run parts of a batch find the gradients of the whole batch on one. */
#include "cluster_support.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "network/engine.h"

enum { RECORDS = 7 };

/* A network with first weights and a batch. */
typedef struct setting {
    lw_network *network;
    lw_parameter_table *table;
    size_t inputs, outputs; /* a record's */
    float *values, *signals, *dlogits;
    uint64_t record_ids[RECORDS];
} setting;

static void *zeros(size_t count, size_t bytes) {
    void *block = calloc(count, bytes);
    if (!block)
        abort();
    return block;
}

static void open_setting(setting *s, const char *name) {
    lw_error err = {0};
    lw_lead_set leads;
    *s = (setting){0};
    lwt_assert_ok(lw_lead_set_parse("2", &leads, &err), &err);
    const lw_network_options narrow = {.size = sizeof narrow, .leads = &leads, .width = 8};
    lwt_assert_ok(lw_network_load(name, &narrow, &s->network, &err), &err);
    lwt_assert_ok(lw_parameter_table_create(s->network, &s->table, &err), &err);
    s->inputs = leads.count * lw_network_sample_count(s->network);
    s->outputs = lw_network_output_count(s->network);
    s->values = zeros(s->table->total, sizeof *s->values);
    s->signals = zeros(RECORDS * s->inputs, sizeof *s->signals);
    s->dlogits = zeros(RECORDS * s->outputs, sizeof *s->dlogits);
    lw_parameters_initialise(s->table, 3, s->values);
    lwt_fill(s->signals, RECORDS * s->inputs, 4);
    lwt_fill(s->dlogits, RECORDS * s->outputs, 5);
    for (size_t i = 0; i < RECORDS; i++)
        s->record_ids[i] = 100 + i;
}

static void close_setting(setting *s) {
    lw_parameter_table_free(&s->table);
    lw_network_free(&s->network);
    free(s->values);
    free(s->signals);
    free(s->dlogits);
}

/* One rank's step. */
typedef struct step {
    const setting *setting;
    float *values;    /* [total], afterwards with the new running statistics */
    float *gradients; /* [trainable], summed over the ranks */
    float *logits;    /* of its part, in its place */
    lw_status status;
} step;

static void run_step(const lw_cluster *cluster, void *task) {
    step *s = task;
    const setting *on = s->setting;
    const lw_part part = lw_cluster_part(cluster, RECORDS);
    const lw_engine_options options = {
        .max_batch = part.count, .threads = 1, .training = true, .tuning.method = LW_CONV_DIRECT};
    const lw_dropout_key dropout = {6, 2, on->record_ids + part.first};
    lw_engine *engine = NULL;
    s->status = lw_engine_create(on->network, &options, &engine, NULL);
    if (s->status != LW_OK)
        abort(); /* the others would wait for ever */
    lw_engine_share(engine, cluster, RECORDS);
    lw_engine_forward(engine, part.count, on->signals + part.first * on->inputs, &dropout, s->values,
                      s->logits + part.first * on->outputs);
    lw_engine_backward(engine, part.count, on->dlogits + part.first * on->outputs, s->values, s->gradients);
    cluster->sum_floats(cluster->context, s->gradients, on->table->trainable);
    lw_engine_free(&engine);
}

static void open_step(const setting *s, step *out) {
    *out = (step){.setting = s};
    out->values = lw_aligned_alloc(s->table->total * sizeof(float));
    out->gradients = lw_aligned_alloc(s->table->trainable * sizeof(float));
    out->logits = zeros(RECORDS * s->outputs, sizeof *out->logits);
    assert_true(out->values && out->gradients);
    memcpy(out->values, s->values, s->table->total * sizeof(float));
}

static void close_step(step *s) {
    lw_aligned_free(s->values);
    lw_aligned_free(s->gradients);
    free(s->logits);
}

/* Euclidean distance of a from b, relative to the length of b. */
static double distance(const float *a, const float *b, size_t count) {
    double difference = 0, length = 0;
    for (size_t i = 0; i < count; i++) {
        difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        length += (double)b[i] * (double)b[i];
    }
    return length > 0 ? sqrt(difference / length) : sqrt(difference);
}

static void compare(const setting *s, const step *got, const step *whole) {
    for (size_t i = 0; i < s->table->count; i++) {
        const lw_parameter *item = &s->table->item[i];
        const float *a = item->trainable ? got->gradients : got->values;
        const float *b = item->trainable ? whole->gradients : whole->values;
        const double apart = distance(a + item->offset, b + item->offset, item->elements);
        if (!(apart < 1e-5))
            fail_msg("%s: %s is %g from that of one rank", lw_network_name(s->network), item->name, apart);
    }
    assert_true(distance(got->gradients, whole->gradients, s->table->trainable) < 1e-5);
}

static void check_network(const char *name) {
    setting s;
    step whole, ranks[LWT_RANKS_MAX], again[LWT_RANKS_MAX];
    open_setting(&s, name);
    open_step(&s, &whole);
    lwt_run_ranks(1, run_step, &whole, sizeof whole);
    for (int size = 2; size <= LWT_RANKS_MAX; size++) {
        for (int r = 0; r < size; r++) {
            open_step(&s, &ranks[r]);
            open_step(&s, &again[r]);
        }
        lwt_run_ranks(size, run_step, ranks, sizeof ranks[0]);
        lwt_run_ranks(size, run_step, again, sizeof again[0]);
        for (int r = 0; r < size; r++) {
            compare(&s, &ranks[r], &whole);
            assert_memory_equal(ranks[r].gradients, ranks[0].gradients, s.table->trainable * sizeof(float));
            assert_memory_equal(ranks[r].values, ranks[0].values, s.table->total * sizeof(float));
            assert_memory_equal(ranks[r].gradients, again[r].gradients, s.table->trainable * sizeof(float));
        }
        for (int r = 0; r < size; r++) {
            close_step(&ranks[r]);
            close_step(&again[r]);
        }
    }
    close_step(&whole);
    close_setting(&s);
}

static void gradients_are_those_of_the_whole_batch(void **state) {
    (void)state;
    check_network("multiscale2021");
    check_network("metaheart2020");
}

/* Standard dropout, whose draws cover a record's whole map, and a flattened head. */
static void ranks_share_with_the_other_options_too(void **state) {
    (void)state;
    check_network("metaheart2020-standard-dropout");
    check_network("metaheart2020-fc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_the_whole_batch),
        cmocka_unit_test(ranks_share_with_the_other_options_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
