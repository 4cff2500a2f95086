/* Mixing and lead dropout against their definitions, on batches whose records are told apart by value. */
#include "train_support.h"

#include <math.h>

#include "train/variation.h"

enum { N = 8, FLOATS = LWT_LEADS * LWT_SAMPLES };

/* The first N records of a small data set, varied as `options` say. */
typedef struct varied {
    lw_network *network;
    lw_dataset *dataset;
    lw_variation variation;
    lw_batch batch;
    uint8_t *known; /* NULL: all */
} varied;

static varied varied_create(const lw_train_options *options) {
    lw_error err = {0};
    varied v = {.network = lwt_narrow_network()};
    lwt_data data = lwt_data_create(N, 2);
    v.dataset = lwt_data_open(&data, NULL, "varied-data");
    lwt_data_free(&data);
    lwt_assert_ok(lw_batch_create(v.dataset, lw_network_leads(v.network), false, N, &v.batch, &err), &err);
    lwt_assert_ok(lw_variation_create(v.network, v.dataset, options, N, options->threads, &v.variation, &err), &err);
    return v;
}

/* Gather the records anew and vary them as in epoch `epoch`, from its place `first` on. */
static void vary(varied *v, uint64_t epoch, size_t first) {
    lw_error err = {0};
    size_t index[N];
    for (size_t i = 0; i < N; i++)
        index[i] = i;
    lwt_assert_ok(lw_batch_gather(v->dataset, index, N, &v->batch, &err), &err);
    lw_variation_apply(&v->variation, epoch, first, &v->batch, v->known);
}

static void varied_free(varied *v) {
    lw_variation_free(&v->variation);
    lw_batch_free(&v->batch);
    lw_dataset_free(&v->dataset);
    lw_network_free(&v->network);
}

/* Largest difference of record i from share * itself + (1 - share) * record j; the share by least squares. */
static double explain_by(const varied *v, size_t i, size_t j, double *share) {
    const float *a = lw_dataset_signals(v->dataset, i), *b = lw_dataset_signals(v->dataset, j);
    const float *mixed = v->batch.signals + i * FLOATS;
    double above = 0, below = 0, error = 0;
    for (size_t k = 0; k < FLOATS; k++) {
        above += ((double)mixed[k] - b[k]) * ((double)a[k] - b[k]);
        below += pow((double)a[k] - b[k], 2);
    }
    *share = i == j ? 1 : above / below;
    for (size_t k = 0; k < FLOATS; k++)
        error = fmax(error, fabs(mixed[k] - (*share * a[k] + (1 - *share) * b[k])));
    return error;
}

/* The partner of record i, itself where that will do, and the share. */
static size_t find_partner(const varied *v, size_t i, double *share) {
    for (size_t k = 0; k < N; k++)
        if (explain_by(v, i, (i + k) % N, share) < 1e-5)
            return (i + k) % N;
    fail_msg("record %zu is no mixture of two", i);
    return i;
}

static void mixing_blends_signals_and_targets_alike(void **state) {
    (void)state;
    lw_train_options options = lwt_train_options();
    options.mixup = 1;
    varied v = varied_create(&options);
    vary(&v, 3, 0);
    size_t others = 0;
    double shares[N];
    for (size_t i = 0; i < N; i++) {
        const size_t partner = find_partner(&v, i, &shares[i]);
        assert_true(shares[i] > -1e-6 && shares[i] < 1 + 1e-6);
        others += partner != i;
        for (size_t k = 0; k < LWT_CLASSES; k++) {
            const double expected = shares[i] * lw_dataset_labels(v.dataset, i)[k] +
                                    (1 - shares[i]) * lw_dataset_labels(v.dataset, partner)[k];
            lwt_assert_close(v.batch.targets[i * LWT_CLASSES + k], expected, 1e-5, 0);
        }
    }
    assert_true(others >= N - 3 && fabs(shares[0] - shares[1]) > 1e-3);
    varied_free(&v);
}

/* Of a mixed record's targets, those say something that did in both. */
static void mixing_keeps_what_both_know(void **state) {
    (void)state;
    lw_train_options options = lwt_train_options();
    options.mixup = 1;
    varied v = varied_create(&options);
    uint8_t known[N * LWT_CLASSES];
    for (size_t i = 0; i < N * LWT_CLASSES; i++)
        known[i] = i != 1 && i != 6;
    v.known = known;
    vary(&v, 3, 0);
    size_t unknown = 0;
    for (size_t i = 0; i < N; i++) {
        double share;
        const size_t partner = find_partner(&v, i, &share);
        for (size_t k = 0; k < LWT_CLASSES; k++) {
            const size_t own = i * LWT_CLASSES + k, other = partner * LWT_CLASSES + k;
            assert_int_equal(known[own], own != 1 && own != 6 && other != 1 && other != 6);
            unknown += known[own] == 0;
        }
    }
    assert_true(unknown > 2);
    varied_free(&v);
}

/* Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)); for a = 1 it is uniform. */
static void shares_are_beta_distributed(void **state) {
    (void)state;
    enum { DRAWS = 20000 };
    static const double alphas[] = {0.2, 1, 3};
    lw_random random = lw_random_start(1, LW_RANDOM_MIXUP, 0);
    for (size_t a = 0; a < 3; a++) {
        double sum = 0, squares = 0, quarter = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double share = lw_beta_draw(&random, alphas[a]);
            assert_true(share >= 0 && share <= 1);
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
            quarter += share < 0.25;
        }
        const double variance = 1 / (4 * (2 * alphas[a] + 1));
        lwt_assert_close(sum / DRAWS, 0.5, 5 * sqrt(variance / DRAWS), 0);
        lwt_assert_close(squares / DRAWS, variance, 0, 0.04);
        if (a == 1)
            lwt_assert_close(quarter / DRAWS, 0.25, 0.015, 0);
    }
    lwt_assert_close(lw_beta_draw(&random, 1e-9), 0.5, 0.5, 0); /* no NaN where the powers underflow */
}

/* Leads of record i that are not zero, as bits. */
static uint64_t leads_seen(const lw_batch *batch, size_t leads, size_t samples, size_t i) {
    uint64_t seen = 0;
    for (size_t h = 0; h < leads; h++)
        for (size_t t = 0; t < samples; t++)
            if (batch->signals[(i * leads + h) * samples + t] != 0)
                seen |= (uint64_t)1 << h;
    return seen;
}

/* The network's two leads are one published set; the other half of the records draws I, II or both. */
static void leads_are_dropped_as_often_as_asked_for(void **state) {
    (void)state;
    lw_train_options options = lwt_train_options();
    options.lead_dropout = 0.6;
    varied v = varied_create(&options);
    enum { EPOCHS = 500 };
    size_t seen[4] = {0};
    for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        vary(&v, epoch, 0);
        for (size_t i = 0; i < N; i++)
            seen[leads_seen(&v.batch, LWT_LEADS, LWT_SAMPLES, i)]++;
    }
    const double draws = EPOCHS * N, expected = 0.6 / 2 / 3 * draws;
    assert_int_equal(seen[0], 0);
    for (size_t lead = 1; lead <= 2; lead++)
        lwt_assert_close((double)seen[lead], expected, 5 * sqrt(expected), 0);
    varied_free(&v);
}

/* With probability 1 and twelve leads, half of the records have a published set. */
static void the_published_sets_are_among_what_is_seen(void **state) {
    (void)state;
    enum { RECORDS = 2000, SAMPLES = 2, LEADS = 12 };
    static const uint64_t published[] = {0xfff, 0x3f, 0x87, 0x83, 0x3}; /* I II III aVR aVL aVF V1 V2 ... */
    lw_error err = {0};
    lw_lead_set leads;
    lw_train_options options = lwt_train_options();
    lw_network *network = NULL;
    lwt_assert_ok(lw_lead_set_parse("12", &leads, &err), &err);
    const lw_network_options twelve = {.size = sizeof twelve, .leads = &leads};
    lwt_assert_ok(lw_network_parse(lwt_network_json, &twelve, &network, &err), &err);
    lwt_data data = lwt_data_create(2, 2);
    lw_dataset *dataset = lwt_data_open(&data, NULL, "rate-only");
    lw_variation variation = {0};
    options.lead_dropout = 1;
    lwt_assert_ok(lw_variation_create(network, dataset, &options, RECORDS, 1, &variation, &err), &err);
    variation.samples = SAMPLES;
    lw_batch batch = {.n = RECORDS, .leads = LEADS, .signals = calloc(RECORDS * LEADS * SAMPLES, sizeof(float))};
    assert_non_null(batch.signals);
    for (size_t i = 0; i < RECORDS * LEADS * SAMPLES; i++)
        batch.signals[i] = 1;
    lw_variation_apply(&variation, 1, 0, &batch, NULL);
    size_t count[6] = {0};
    for (size_t i = 0; i < RECORDS; i++) {
        const uint64_t seen = leads_seen(&batch, LEADS, SAMPLES, i);
        size_t set = 0;
        assert_true(seen != 0);
        while (set < 5 && published[set] != seen)
            set++;
        count[set]++;
    }
    for (size_t set = 0; set < 5; set++)
        lwt_assert_close((double)count[set], RECORDS / 10, 5 * sqrt(RECORDS / 10), 0);
    assert_true(count[5] > RECORDS / 3);
    free(batch.signals);
    lw_variation_free(&variation);
    lw_network_free(&network);
    lw_dataset_free(&dataset);
    lwt_data_free(&data);
}

static void draws_depend_on_place_epoch_and_seed_alone(void **state) {
    (void)state;
    lw_train_options options = lwt_train_options();
    options.augment = LW_AUGMENT_ALL;
    options.mixup = 0.4;
    options.lead_dropout = 0.5;
    varied v = varied_create(&options);
    float *first = malloc(N * FLOATS * sizeof *first);
    assert_non_null(first);
    vary(&v, 2, 16);
    memcpy(first, v.batch.signals, N * FLOATS * sizeof *first);
    v.variation.threads = 3;
    vary(&v, 2, 16);
    assert_memory_equal(first, v.batch.signals, N * FLOATS * sizeof *first);
    vary(&v, 3, 16);
    assert_memory_not_equal(first, v.batch.signals, N * FLOATS * sizeof *first);
    vary(&v, 2, 24);
    assert_memory_not_equal(first, v.batch.signals, N * FLOATS * sizeof *first);
    options.seed++;
    vary(&v, 2, 16);
    assert_memory_not_equal(first, v.batch.signals, N * FLOATS * sizeof *first);
    free(first);
    varied_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixing_blends_signals_and_targets_alike),
        cmocka_unit_test(mixing_keeps_what_both_know),
        cmocka_unit_test(shares_are_beta_distributed),
        cmocka_unit_test(leads_are_dropped_as_often_as_asked_for),
        cmocka_unit_test(the_published_sets_are_among_what_is_seen),
        cmocka_unit_test(draws_depend_on_place_epoch_and_seed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
