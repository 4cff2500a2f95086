/* Tests of the gate before the network: no answer from a signal that is none, and marks for what can be answered. */
#include "predict_support.h"

#include "record/record_internal.h"

/** What is no ECG: sample t of lead l at a rate, in mV. */
typedef double worthless(size_t l, size_t t, double rate_hz);

static double noise(size_t l, size_t t) {
    uint32_t x = (uint32_t)(t * 12 + l) * 2654435761u + 1;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return (double)x / 4294967296.0 - 0.5;
}

static double hum(size_t l, size_t t, double rate_hz) {
    return 0.8 * sin(6.283185307179586 * 50 * (double)t / rate_hz + (double)l);
}
static double white(size_t l, size_t t, double rate_hz) {
    (void)rate_hz;
    return noise(l, t);
}
static double ramp(size_t l, size_t t, double rate_hz) { return (double)(l + 1) * 0.1 * (double)t / rate_hz; }
static double constant(size_t l, size_t t, double rate_hz) {
    (void)t, (void)rate_hz;
    return 0.3 + 0.1 * (double)l;
}
static double zero(size_t l, size_t t, double rate_hz) {
    (void)l, (void)t, (void)rate_hz;
    return 0;
}
static double rail(size_t l, size_t t, double rate_hz) {
    (void)l;
    return (size_t)(2 * (double)t / rate_hz) % 2 ? 32.767 : -32.767;
}
static double one_sample(size_t l, size_t t, double rate_hz) {
    (void)l, (void)rate_hz;
    return t == 777 ? 1 : (double)NAN;
}
static double wander(size_t l, size_t t, double rate_hz) {
    return (1 + 0.1 * (double)l) * sin(6.283185307179586 * 0.3 * (double)t / rate_hz);
}

static lw_record *make_worthless(worthless *signal, double rate_hz, size_t lead_count) {
    const size_t samples = (size_t)(10 * rate_hz);
    lw_record *record = lw_record_new("none", lead_count, samples, rate_hz);
    assert_non_null(record);
    for (size_t l = 0; l < lead_count; l++) {
        assert_true(lw_record_set_lead(record, l, lw_standard_leads[l], NULL, 1000, 0));
        for (size_t t = 0; t < samples; t++)
            lw_record_signal_mutable(record, l)[t] = signal(l, t, rate_hz);
    }
    lw_record_measure(record);
    return record;
}

static lw_predictor *make_predictor(const lw_model *model) {
    lw_error err = {0};
    lw_predictor *predictor = NULL;
    lwt_assert_ok(lw_predictor_create(model, NULL, &predictor, &err), &err);
    return predictor;
}

/* Eight kinds at four rates with three numbers of leads: 96 signals. */
static void no_worthless_signal_has_an_answer(void **state) {
    (void)state;
    static worthless *const kinds[] = {hum, white, ramp, constant, zero, rail, one_sample, wander};
    static const double rates[] = {125, 250, 500, 1000};
    static const size_t leads[] = {1, 2, 12};
    lw_model *model = lwt_untrained("12", 8, true);
    lw_predictor *predictor = make_predictor(model);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
            for (size_t n = 0; n < sizeof leads / sizeof *leads; n++) {
                lw_record *record = make_worthless(kinds[k], rates[r], leads[n]);
                const lw_prediction *p = NULL;
                lw_error err = {0};
                const lw_status status = lw_predict_record(predictor, record, &p, &err);
                if (status != LW_ERR_NO_SIGNAL && status != LW_ERR_POOR_SIGNAL)
                    fail_msg("kind %zu, %g Hz, %zu leads: %s", k, rates[r], leads[n], lw_status_name(status));
                lw_record_free(&record);
            }
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static void all_leads_equal_have_no_answer(void **state) {
    (void)state;
    lw_model *model = lwt_untrained("12", 8, false);
    lw_predictor *predictor = make_predictor(model);
    lw_record *record = lwt_rhythmic(3, 500, 10);
    const lw_prediction *p = NULL;
    lw_error err = {0};
    for (size_t l = 1; l < 12; l++)
        memcpy(lw_record_signal_mutable(record, l), lw_record_signal_mutable(record, 0), 5000 * sizeof(double));
    lwt_assert_fails(lw_predict_record(predictor, record, &p, &err), LW_ERR_POOR_SIGNAL, &err, "DUPLICATE");
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static bool has_mark(const lw_prediction *p, lw_quality_mark mark) {
    bool found = false;
    for (size_t i = 0; i < p->finding_count; i++)
        found |= p->findings[i].mark == mark;
    return found;
}

/** Exchange the left and the right arm: I turns over, II and III change places, and so do aVR and aVL. */
static void exchange_arms(lw_record *record) {
    const size_t samples = lw_record_sample_count(record);
    double *lead[5];
    for (size_t l = 0; l < 5; l++)
        lead[l] = lw_record_signal_mutable(record, l);
    for (size_t t = 0; t < samples; t++) {
        const double two = lead[1][t], right = lead[3][t];
        lead[0][t] = -lead[0][t];
        lead[1][t] = lead[2][t], lead[2][t] = two;
        lead[3][t] = lead[4][t], lead[4][t] = right;
    }
}

static void turn_all_over(lw_record *record) {
    for (size_t l = 0; l < 12; l++)
        for (size_t t = 0; t < lw_record_sample_count(record); t++)
            lw_record_signal_mutable(record, l)[t] *= -1;
}

/** How many of 20 heart beats are REVERSED as they are, and after a change. */
static void count_reversed(void (*change)(lw_record *record)) {
    lw_model *model = lwt_untrained("12", 8, false);
    lw_predictor *predictor = make_predictor(model);
    size_t right = 0, wrong = 0;
    for (uint64_t i = 0; i < 20; i++) {
        lw_record *record = lwt_rhythmic(i, 500, 10);
        const lw_prediction *p = NULL;
        lw_error err = {0};
        lwt_assert_ok(lw_predict_record(predictor, record, &p, &err), &err);
        wrong += has_mark(p, LW_QUALITY_REVERSED);
        change(record);
        lwt_assert_ok(lw_predict_record(predictor, record, &p, &err), &err);
        right += has_mark(p, LW_QUALITY_REVERSED);
        lw_record_free(&record);
    }
    if (wrong > 2 || right < 17)
        fail_msg("%zu of 20 as they are and %zu of 20 changed are marked, expected at most 2 and at least 17", wrong,
                 right);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static void exchanged_arms_are_marked(void **state) {
    (void)state;
    count_reversed(exchange_arms);
}

static void leads_upside_down_are_marked(void **state) {
    (void)state;
    count_reversed(turn_all_over);
}

/* Zeros before the ECG: what is read begins behind them, and the prediction says so. */
static void what_is_read_begins_where_a_signal_does(void **state) {
    (void)state;
    lw_model *model = lwt_untrained("12", 8, false);
    lw_predictor *predictor = make_predictor(model);
    lw_record *record = lwt_rhythmic(5, 500, 30);
    const lw_prediction *p = NULL;
    lw_error err = {0};
    for (size_t l = 0; l < 12; l++)
        memset(lw_record_signal_mutable(record, l), 0, 12 * 500 * sizeof(double));
    lwt_assert_ok(lw_predict_record(predictor, record, &p, &err), &err);
    assert_true(p->start_s >= 11.9 && p->start_s < 12.1);
    lw_record_free(&record);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
}

static void a_higher_bar_rejects_more(void **state) {
    (void)state;
    lw_model *model = lwt_untrained("12", 8, false);
    lw_record *record = lwt_rhythmic(5, 500, 10);
    lw_predictor *predictor = NULL;
    const lw_prediction *p = NULL;
    lw_error err = {0};
    const lw_predictor_options strict = {.size = sizeof strict, .min_quality = 1},
                               wrong = {.size = sizeof wrong, .min_quality = 1.5};
    lwt_assert_ok(lw_predictor_create(model, &strict, &predictor, &err), &err);
    lwt_assert_fails(lw_predict_record(predictor, record, &p, &err), LW_ERR_POOR_SIGNAL, &err, "expected 1");
    lw_predictor_free(&predictor);
    lwt_assert_fails(lw_predictor_create(model, &wrong, &predictor, &err), LW_ERR_ARGUMENT, &err, "expected 0 to 1");
    lw_record_free(&record);
    lw_model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_worthless_signal_has_an_answer),
        cmocka_unit_test(all_leads_equal_have_no_answer),
        cmocka_unit_test(exchanged_arms_are_marked),
        cmocka_unit_test(leads_upside_down_are_marked),
        cmocka_unit_test(what_is_read_begins_where_a_signal_does),
        cmocka_unit_test(a_higher_bar_rejects_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
