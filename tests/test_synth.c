/* Tests that measure each finding in the signals, by detectors that share no code with the generator. */
#include "record_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/signal.h"
#include "record/record_internal.h"

enum { I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, V6, LEADS };
enum { RATE = 500, BEATS_MAX = 1024, TRIES = 12 };

static lw_record *synth(const char *kinds, uint64_t index, double noise_mv, double duration_s) {
    const lw_synth_options options = {.size = sizeof options,
                                      .seed = 42,
                                      .rate_hz = RATE,
                                      .duration_s = duration_s,
                                      .noise_mv = noise_mv,
                                      .kinds = kinds};
    lw_record *record = NULL;
    lw_error err;
    lwt_assert_ok(lw_synth_record(&options, index, &record, &err), &err);
    return record;
}

/* ---- detectors ---- */

typedef struct beats {
    size_t count;
    size_t at[BEATS_MAX]; /* samples */
} beats;

/* Steepness over all leads, summed over 8 ms. */
static double steepness(const lw_record *record, size_t t) {
    double sum = 0.0;
    for (size_t l = 0; l < LEADS; l++) {
        const double *x = lw_record_view(record, l).mv;
        sum += fabs(x[t + 2] - x[t - 2]);
    }
    return sum;
}

/* Whether nothing within 0.22 s is steeper than sample t: a QRS outdoes its own T wave. */
static bool is_steepest(const double *steep, size_t samples, size_t t) {
    const size_t reach = (size_t)(0.22 * RATE), first = t > reach ? t - reach : 0;
    for (size_t u = first; u < samples && u <= t + reach; u++)
        if (steep[u] > steep[t] || (steep[u] == steep[t] && u < t))
            return false;
    return true;
}

/* The sample near `t` at which the leads are tallest in sum. */
static size_t tallest_near(const lw_record *record, size_t t) {
    double tallest = 0.0;
    size_t at = t;
    for (size_t u = t - 30; u < t + 30; u++) {
        double height = 0.0;
        for (size_t l = 0; l < LEADS; l++)
            height += fabs(lwt_sample_mv(record, l, u));
        if (height > tallest)
            tallest = height, at = u;
    }
    return at;
}

/* QRS complexes: steeper than all around them, and at least a fifth as steep as the steepest; not too close to the
 * ends. */
static beats find_beats(const lw_record *record) {
    const size_t samples = lw_record_sample_count(record), margin = 200;
    double *steep = calloc(samples, sizeof *steep), steepest = 0.0;
    assert_non_null(steep);
    for (size_t t = 2; t + 2 < samples; t++) {
        steep[t] = steepness(record, t);
        steepest = fmax(steepest, steep[t]);
    }
    beats found = {0};
    for (size_t t = margin; t + margin < samples; t++) {
        if (steep[t] < 0.2 * steepest || !is_steepest(steep, samples, t))
            continue;
        assert_true(found.count < BEATS_MAX);
        found.at[found.count++] = tallest_near(record, t);
    }
    free(steep);
    assert_true(found.count >= 3);
    return found;
}

static double interval_s(const beats *b, size_t i) { return (double)(b->at[i + 1] - b->at[i]) / RATE; }

static double mean_interval_s(const beats *b) {
    return (double)(b->at[b->count - 1] - b->at[0]) / RATE / (double)(b->count - 1);
}

/* Deviation of the intervals over their mean. */
static double irregularity(const beats *b) {
    const double mean = mean_interval_s(b);
    double squares = 0.0;
    for (size_t i = 0; i + 1 < b->count; i++)
        squares += pow(interval_s(b, i) - mean, 2.0);
    return sqrt(squares / (double)(b->count - 1)) / mean;
}

/* One lead averaged around beats that follow their predecessor by at least `after_s`: at `offset_s` from the beat. */
static double average_at(const lw_record *record, const beats *b, size_t lead, double after_s, double offset_s) {
    const double *x = lw_record_view(record, lead).mv;
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 1; i + 1 < b->count; i++) {
        if (interval_s(b, i - 1) < after_s)
            continue;
        sum += x[(size_t)((double)b->at[i] + offset_s * RATE)];
        count++;
    }
    assert_true(count > 0);
    return sum / (double)count;
}

/* The averaged lead's largest deflection between two offsets, and where it is. For recordings without wander. */
static double find_wave(const lw_record *record, const beats *b, size_t lead, double from_s, double to_s,
                        double *at_s) {
    double best = 0.0;
    for (double s = from_s; s < to_s; s += 1.0 / RATE) {
        const double height = average_at(record, b, lead, 0.0, s);
        if (fabs(height) > fabs(best))
            best = height, *at_s = s;
    }
    return best;
}

static double qrs_area(const lw_record *record, const beats *b, size_t lead) {
    double sum = 0.0;
    for (double s = -0.06; s < 0.06; s += 1.0 / RATE)
        sum += average_at(record, b, lead, 0.0, s);
    return sum;
}

static double axis_degrees(const lw_record *record, const beats *b) {
    return atan2(qrs_area(record, b, AVF) * 2.0 / sqrt(3.0), qrs_area(record, b, I)) * 180.0 / 3.14159265358979323846;
}

/* How long the complex around sample `at` is steeper than a sixth of its steepest. */
static double qrs_width_s(const lw_record *record, size_t at) {
    const size_t half = (size_t)(0.13 * RATE);
    double steepest = 0.0;
    for (size_t t = at - half; t < at + half; t++)
        steepest = fmax(steepest, steepness(record, t));
    size_t first = at, last = at;
    for (size_t t = at - half; t < at + half; t++)
        if (steepness(record, t) > steepest / 6.0) {
            first = t < first ? t : first;
            last = t > last ? t : last;
        }
    return (double)(last - first) / RATE;
}

static double mean_width_s(const lw_record *record, const beats *b) {
    double sum = 0.0;
    for (size_t i = 1; i + 1 < b->count; i++)
        sum += qrs_width_s(record, b->at[i]);
    return sum / (double)(b->count - 2);
}

static double range_mv(const double *x, size_t samples) {
    double low = x[0], high = x[0];
    for (size_t t = 0; t < samples; t++)
        low = fmin(low, x[t]), high = fmax(high, x[t]);
    return high - low;
}

static bool has_code(const lw_record *record, const char *code) {
    for (size_t i = 0; i < lw_record_code_count(record); i++)
        if (strcmp(lw_record_code(record, i), code) == 0)
            return true;
    return false;
}

/* ---- rhythms ---- */

static void each_rhythm_has_its_rate_and_regularity(void **state) {
    (void)state;
    static const struct {
        const char *kinds, *code;
        double rate_low, rate_high, irregular_low, irregular_high;
    } cases[] = {{"NSR", "426783006", 58, 102, 0.0, 0.08},  {"SB", "426177001", 38, 60, 0.0, 0.08},
                 {"Brady", "426627000", 33, 52, 0.0, 0.05}, {"STach", "427084000", 100, 156, 0.0, 0.06},
                 {"SA", "427393009", 50, 105, 0.06, 0.20},  {"AF", "164889003", 50, 165, 0.10, 0.45},
                 {"AFL", "164890007", 60, 170, 0.0, 0.40},  {"PR", "10370003", 58, 82, 0.0, 0.04}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t index = 0; index < TRIES; index++) {
            lw_record *record = synth(cases[i].kinds, index, 0.005, 20.0);
            const beats b = find_beats(record);
            const double rate = 60.0 / mean_interval_s(&b), irregular = irregularity(&b);
            assert_true(has_code(record, cases[i].code));
            assert_in_range((int)lround(10.0 * rate), (int)(10.0 * cases[i].rate_low),
                            (int)(10.0 * cases[i].rate_high));
            assert_true(irregular >= cases[i].irregular_low && irregular <= cases[i].irregular_high);
            lw_record_free(&record);
        }
}

/* Before the QRS there is a P wave in sinus rhythm, and none in fibrillation or a junctional rhythm. */
static void p_waves_are_where_the_atria_beat_in_order(void **state) {
    (void)state;
    static const struct {
        const char *kinds;
        bool p;
    } cases[] = {{"NSR", true}, {"SB", true}, {"RBBB", true}, {"AF", false}, {"Brady", false}, {"PR", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t index = 0; index < TRIES; index++) {
            lw_record *record = synth(cases[i].kinds, index, 0.0, 240.0);
            const beats b = find_beats(record);
            double low = 1e9, high = -1e9;
            for (double s = -0.24; s < -0.09; s += 0.01) {
                const double mv = average_at(record, &b, II, 0.6, s);
                low = fmin(low, mv), high = fmax(high, mv);
            }
            if (cases[i].p)
                assert_true(high - low > 0.08);
            else
                assert_true(high - low < 0.06);
            lw_record_free(&record);
        }
}

/* The atria's waves go on between the beats: several times a P wave's work, in V1 of fibrillation and aVF of flutter.
 */
static void fibrillating_atria_never_rest(void **state) {
    (void)state;
    static const struct {
        const char *kinds;
        size_t lead;
        double least_mv, most_mv;
    } cases[] = {{"AF", V1, 0.03, 1.0}, {"AFL", AVF, 0.12, 2.0}, {"Brady", V1, 0.0, 0.02}, {"Brady", AVF, 0.0, 0.02}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t index = 0; index < TRIES; index++) {
            lw_record *record = synth(cases[i].kinds, index, 0.0, 20.0);
            const beats b = find_beats(record);
            const double *x = lw_record_view(record, cases[i].lead).mv;
            double sum = 0.0;
            size_t count = 0;
            for (size_t k = 1; k < b.count; k++)
                if (interval_s(&b, k - 1) > 0.35) {
                    sum += range_mv(x + b.at[k] - (size_t)(0.22 * RATE), (size_t)(0.15 * RATE));
                    count++;
                }
            assert_true(count > 0);
            assert_true(sum / (double)count >= cases[i].least_mv && sum / (double)count <= cases[i].most_mv);
            lw_record_free(&record);
        }
}

/* In flutter every interval is two, three or four of the atria's. */
static void flutter_conducts_whole_waves(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *record = synth("AFL", index, 0.0, 30.0);
        const beats b = find_beats(record);
        double best = 1e9;
        for (double wave_s = 60.0 / 335.0; wave_s < 60.0 / 245.0; wave_s += 0.0005) {
            double worst = 0.0;
            for (size_t i = 0; i + 1 < b.count; i++) {
                const double waves = interval_s(&b, i) / wave_s;
                worst = fmax(worst, fabs(waves - fmin(4.0, fmax(2.0, round(waves)))));
            }
            best = fmin(best, worst);
        }
        assert_true(best < 0.06);
        lw_record_free(&record);
    }
}

static void early_beats_come_early(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++)
        for (int ventricular = 0; ventricular < 2; ventricular++) {
            lw_record *record = synth(ventricular ? "PVC" : "PAC", index, 0.0, 10.0);
            assert_true(has_code(record, ventricular ? "427172004" : "284470004"));
            const beats b = find_beats(record);
            size_t early = 0;
            for (size_t i = 2; i + 1 < b.count; i++) {
                const double usual = interval_s(&b, i - 2), before = interval_s(&b, i - 1), after = interval_s(&b, i);
                if (before > 0.82 * usual || after < 0.95 * usual)
                    continue;
                early++;
                const double width = qrs_width_s(record, b.at[i]) - qrs_width_s(record, b.at[i - 1]);
                if (ventricular) {
                    assert_true(before + after > 1.85 * usual); /* the pause makes up */
                    assert_true(width > 0.04);
                } else {
                    assert_true(before + after < 1.90 * usual); /* the sinus starts anew */
                    assert_true(fabs(width) < 0.02);
                }
            }
            assert_true(early > 0);
            lw_record_free(&record);
        }
}

/* ---- conduction ---- */

static void a_first_degree_block_has_a_long_pr_interval(void **state) {
    (void)state;
    static const struct {
        const char *kinds;
        double peak_low_s, peak_high_s; /* P peak to R peak: the PR interval, about */
    } cases[] = {{"NSR", 0.10, 0.20}, {"IAVB", 0.20, 0.34}, {"SB,IAVB", 0.20, 0.34}, {"LBBB", 0.11, 0.24}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t index = 0; index < TRIES; index++) {
            lw_record *record = synth(cases[i].kinds, index, 0.0, 20.0);
            const beats b = find_beats(record);
            double at_s = 0.0;
            double best = 0.0;
            for (double s = -0.36; s < -0.09; s += 1.0 / RATE) { /* the highest between the T wave's end and the QRS */
                const double mv = average_at(record, &b, II, 0.0, s);
                if (mv > best && mv > average_at(record, &b, II, 0.0, s - 0.01) &&
                    mv > average_at(record, &b, II, 0.0, s + 0.01))
                    best = mv, at_s = -s;
            }
            assert_true(best > 0.05);
            assert_true(at_s > cases[i].peak_low_s && at_s < cases[i].peak_high_s);
            lw_record_free(&record);
        }
}

static void bundle_branch_blocks_have_wide_beats(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *normal = synth("NSR", index, 0.0, 10.0), *left = synth("LBBB", index, 0.0, 10.0);
        lw_record *right = synth("RBBB", index, 0.0, 10.0), *partial = synth("IRBBB", index, 0.0, 10.0);
        const beats n = find_beats(normal), l = find_beats(left), r = find_beats(right), p = find_beats(partial);
        double at_s;
        assert_true(mean_width_s(normal, &n) < 0.10);
        assert_true(mean_width_s(left, &l) > 0.12);
        assert_true(mean_width_s(right, &r) > 0.11);
        assert_true(mean_width_s(partial, &p) < 0.11);

        /* left: broad R in I and V6, deep S in V1, T the other way */
        assert_true(qrs_area(left, &l, I) > 0.0 && qrs_area(left, &l, V6) > 0.0 && qrs_area(left, &l, V1) < 0.0);
        assert_true(find_wave(left, &l, V6, 0.16, 0.36, &at_s) < -0.1);
        assert_true(find_wave(left, &l, V1, 0.16, 0.36, &at_s) > 0.1);

        /* right: V1 ends upwards after its S, I and V6 end with an S */
        double v1_high = 0.0, one_low = 0.0, v6_low = 0.0, partial_high = 0.0;
        for (double s = 0.0; s < 0.11; s += 1.0 / RATE) {
            v1_high = fmax(v1_high, average_at(right, &r, V1, 0.0, s));
            one_low = fmin(one_low, average_at(right, &r, I, 0.0, s));
            v6_low = fmin(v6_low, average_at(right, &r, V6, 0.0, s));
            partial_high = fmax(partial_high, average_at(partial, &p, V1, 0.0, s));
        }
        assert_true(v1_high > 0.3 && one_low < -0.12 && v6_low < -0.15);
        assert_true(partial_high > 0.15);
        double normal_high = 0.0;
        for (double s = 0.02; s < 0.11; s += 1.0 / RATE)
            normal_high = fmax(normal_high, average_at(normal, &n, V1, 0.0, s));
        assert_true(normal_high < 0.1);
        lw_record_free(&normal);
        lw_record_free(&left);
        lw_record_free(&right);
        lw_record_free(&partial);
    }
}

static void a_paced_beat_has_a_spike(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *record = synth("PR", index, 0.0, 10.0), *normal = synth("NSR", index, 0.0, 10.0);
        double jump = 0.0, usual = 0.0;
        for (size_t t = 1; t < lw_record_sample_count(record); t++) {
            const double *x = lw_record_view(record, II).mv, *y = lw_record_view(normal, II).mv;
            jump = fmax(jump, fabs(x[t] - x[t - 1]));
            usual = fmax(usual, fabs(y[t] - y[t - 1]));
        }
        assert_true(jump > 2.0 * usual); /* a spike lasts a sample or two */
        lw_record_free(&record);
        lw_record_free(&normal);
    }
}

/* ---- shapes ---- */

static void the_axis_deviates_as_its_class_says(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *normal = synth("NSR", index, 0.0, 10.0), *left = synth("LAD", index, 0.0, 10.0);
        lw_record *right = synth("RAD", index, 0.0, 10.0);
        const beats n = find_beats(normal), l = find_beats(left), r = find_beats(right);
        const double normal_axis = axis_degrees(normal, &n), left_axis = axis_degrees(left, &l);
        const double right_axis = axis_degrees(right, &r);
        assert_true(normal_axis > -25.0 && normal_axis < 90.0);
        assert_true(left_axis < -30.0 && left_axis > -90.0);
        assert_true(right_axis > 95.0 && right_axis < 180.0);
        lw_record_free(&normal);
        lw_record_free(&left);
        lw_record_free(&right);
    }
}

static void low_voltage_is_low_in_every_lead(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *low = synth("LQRSV", index, 0.0, 10.0), *normal = synth("NSR", index, 0.0, 10.0);
        double tallest = 0.0;
        for (size_t l = I; l <= AVF; l++) {
            assert_true(range_mv(lw_record_view(low, l).mv, lw_record_sample_count(low)) < 0.5);
            tallest = fmax(tallest, range_mv(lw_record_view(normal, l).mv, lw_record_sample_count(normal)));
        }
        assert_true(tallest > 0.6);
        lw_record_free(&low);
        lw_record_free(&normal);
    }
}

/* End of T after the start of QRS, by Bazett: T's last tenth is about 0.1 QT behind its peak. */
static double corrected_qt_s(const lw_record *record) {
    const beats b = find_beats(record);
    double peak_s = 0.0;
    find_wave(record, &b, V4, 0.12, 0.62, &peak_s);
    const double height = average_at(record, &b, V4, 0.0, peak_s);
    double end_s = peak_s;
    while (average_at(record, &b, V4, 0.0, end_s) > 0.1 * height && end_s < 0.8)
        end_s += 1.0 / RATE;
    return (end_s + 0.042) / sqrt(fmin(1.3, mean_interval_s(&b)));
}

static void a_long_qt_is_long(void **state) {
    (void)state;
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *normal = synth("SB", index, 0.0, 10.0), *prolonged = synth("SB,LQT", index, 0.0, 10.0);
        assert_true(corrected_qt_s(normal) < 0.46);
        assert_true(corrected_qt_s(prolonged) > 0.48);
        lw_record_free(&normal);
        lw_record_free(&prolonged);
    }
}

static void inverted_t_waves_are_negative(void **state) {
    (void)state;
    static const size_t leads[] = {I, II, V4, V5, V6};
    for (uint64_t index = 0; index < TRIES; index++) {
        lw_record *normal = synth("NSR", index, 0.0, 10.0), *inverted = synth("TInv", index, 0.0, 10.0);
        const beats n = find_beats(normal), v = find_beats(inverted);
        double at_s;
        for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
            assert_true(find_wave(normal, &n, leads[i], 0.10, 0.42, &at_s) > 0.02);
            assert_true(find_wave(inverted, &v, leads[i], 0.10, 0.42, &at_s) < -0.02);
        }
        lw_record_free(&normal);
        lw_record_free(&inverted);
    }
}

/* ---- the series ---- */

static bool same_record(const lw_record *a, const lw_record *b) {
    if (lw_record_sample_count(a) != lw_record_sample_count(b) || lw_record_code_count(a) != lw_record_code_count(b))
        return false;
    for (size_t l = 0; l < LEADS; l++)
        if (memcmp(lw_record_view(a, l).mv, lw_record_view(b, l).mv, lw_record_sample_count(a) * sizeof(double)) != 0)
            return false;
    return true;
}

static void the_same_seed_gives_the_same_record(void **state) {
    (void)state;
    lw_synth_options options = {.size = sizeof options, .seed = 9, .noise_mv = -1.0};
    lw_record *record[4] = {0};
    lw_error err;
    lwt_assert_ok(lw_synth_record(&options, 5, &record[0], &err), &err);
    lwt_assert_ok(lw_synth_record(&options, 5, &record[1], &err), &err);
    lwt_assert_ok(lw_synth_record(&options, 6, &record[2], &err), &err);
    options.seed = 10;
    lwt_assert_ok(lw_synth_record(&options, 5, &record[3], &err), &err);
    assert_true(same_record(record[0], record[1]));
    assert_false(same_record(record[0], record[2]));
    assert_false(same_record(record[0], record[3]));
    for (size_t i = 0; i < 4; i++)
        lw_record_free(&record[i]);
}

static void limb_leads_keep_einthovens_law_with_noise(void **state) {
    (void)state;
    lw_record *record = synth("AF,RBBB", 3, 0.2, 10.0);
    const double *x[LEADS];
    for (size_t l = 0; l < LEADS; l++)
        x[l] = lw_record_view(record, l).mv;
    for (size_t t = 0; t < lw_record_sample_count(record); t++) {
        lwt_assert_close(x[III][t], x[II][t] - x[I][t], 1e-12, 0.0);
        lwt_assert_close(x[AVR][t] + x[AVL][t] + x[AVF][t], 0.0, 1e-12, 0.0);
        lwt_assert_close(x[AVF][t], (x[II][t] + x[III][t]) / 2.0, 1e-12, 0.0);
    }
    lw_record_free(&record);
}

/* noise_mv is what an electrode picks up: differences of neighbouring samples of I hold two electrodes' noise. */
static void noise_has_its_size(void **state) {
    (void)state;
    lw_record *clean = synth("NSR", 4, 0.0, 30.0), *noisy = synth("NSR", 4, 0.05, 30.0);
    const double *a = lw_record_view(clean, I).mv, *b = lw_record_view(noisy, I).mv;
    double squares = 0.0;
    const size_t samples = lw_record_sample_count(clean);
    for (size_t t = 1; t < samples; t++)
        squares += pow((b[t] - a[t]) - (b[t - 1] - a[t - 1]), 2.0);
    const double deviation = sqrt(squares / (double)(samples - 1)) / 2.0; /* two samples of two electrodes */
    assert_true(deviation > 0.049 && deviation < 0.20);                   /* hum and muscle come on top */
    lw_record_free(&clean);
    lw_record_free(&noisy);
}

static void kinds_are_drawn_as_they_are_weighed(void **state) {
    (void)state;
    enum { RECORDS = 1000 };
    static const char *const rhythms[] = {"426783006", "426177001", "426627000", "427084000",
                                          "427393009", "164889003", "164890007", "10370003"};
    static const char *const findings[] = {"284470004", "427172004", "270492004", "164909002", "59118001", "713426002",
                                           "39732003",  "47665007",  "251146004", "111975006", "59931005"};
    size_t rhythm_count[8] = {0}, finding_count[11] = {0}, plain = 0, rates = 0, lengths = 0;
    const lw_synth_options options = {.size = sizeof options, .seed = 1, .noise_mv = 0.0};
    for (uint64_t index = 0; index < RECORDS; index++) {
        lw_record *record = NULL;
        lw_error err;
        lwt_assert_ok(lw_synth_record(&options, index, &record, &err), &err);
        size_t found = 0;
        for (size_t i = 0; i < 8; i++)
            if (has_code(record, rhythms[i]))
                rhythm_count[i]++, found++;
        assert_int_equal(found, 1);
        for (size_t i = 0; i < 11; i++)
            finding_count[i] += has_code(record, findings[i]);
        plain += lw_record_code_count(record) == 1 && has_code(record, rhythms[0]);
        rates += lw_record_rate_hz(record) != 500.0;
        lengths += lw_record_sample_count(record) != (size_t)lround(10.0 * lw_record_rate_hz(record));
        assert_true(lw_record_age_years(record) >= 18.0 && lw_record_age_years(record) < 90.0);
        assert_true(lw_record_sex(record) != LW_SEX_UNKNOWN);
        for (size_t l = 0; l < LEADS; l++) /* fits 16 bits at 1000 per mV */
            assert_true(range_mv(lw_record_view(record, l).mv, lw_record_sample_count(record)) < 32.0);
        lw_record_free(&record);
    }
    assert_in_range(plain, 340, 460);
    assert_in_range(rates, 200, 400);
    assert_in_range(lengths, 100, 300);
    for (size_t i = 0; i < 8; i++)
        assert_true(rhythm_count[i] >= 30);
    for (size_t i = 0; i < 11; i++)
        assert_true(finding_count[i] >= 25);
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    static const struct {
        lw_synth_options options;
        const char *part;
    } wrong[] = {{{.kinds = "NSR,Flu"}, "\"Flu\" is unknown"},
                 {{.kinds = ""}, NULL},
                 {{.kinds = "AF,,NSR"}, "\"\" is unknown"},
                 {{.kinds = "AF,NSR"}, "contradicts"},
                 {{.kinds = "LAD,RAD"}, "contradicts"},
                 {{.kinds = "IAVB,AF"}, "contradicts"},
                 {{.kinds = "AF,IAVB"}, "contradicts"},
                 {{.kinds = "LBBB,RBBB"}, "contradicts"},
                 {{.rate_hz = 49.0}, "rate"},
                 {{.rate_hz = NAN}, "rate"},
                 {{.rate_hz = -500.0}, "rate"},
                 {{.rate_hz = 1e9}, "rate"},
                 {{.duration_s = 0.5}, "duration"},
                 {{.duration_s = NAN}, "duration"},
                 {{.duration_s = 1e9}, "duration"},
                 {{.noise_mv = NAN}, "noise"},
                 {{.noise_mv = 1e9}, "noise"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lw_record *record = NULL;
        lw_error err;
        lw_synth_options options = wrong[i].options;
        options.size = sizeof options;
        const lw_status status = lw_synth_record(&options, 0, &record, &err);
        if (wrong[i].part) {
            lwt_assert_fails(status, LW_ERR_ARGUMENT, &err, wrong[i].part);
            assert_null(record);
        } else { /* no kinds named: sinus rhythm without findings */
            lwt_assert_ok(status, &err);
            assert_int_equal(lw_record_code_count(record), 1);
            assert_true(has_code(record, "426783006"));
        }
        lw_record_free(&record);
    }
}

static void every_kind_can_be_made(void **state) {
    (void)state;
    size_t count = 0;
    for (; lw_synth_kind(count); count++) {
        lw_record *record = synth(lw_synth_kind(count), 0, -1.0, 2.0);
        assert_int_equal(lw_record_sample_count(record), 1000);
        lw_record_free(&record);
    }
    assert_int_equal(count, 19);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rhythm_has_its_rate_and_regularity),
        cmocka_unit_test(p_waves_are_where_the_atria_beat_in_order),
        cmocka_unit_test(fibrillating_atria_never_rest),
        cmocka_unit_test(flutter_conducts_whole_waves),
        cmocka_unit_test(early_beats_come_early),
        cmocka_unit_test(a_first_degree_block_has_a_long_pr_interval),
        cmocka_unit_test(bundle_branch_blocks_have_wide_beats),
        cmocka_unit_test(a_paced_beat_has_a_spike),
        cmocka_unit_test(the_axis_deviates_as_its_class_says),
        cmocka_unit_test(low_voltage_is_low_in_every_lead),
        cmocka_unit_test(a_long_qt_is_long),
        cmocka_unit_test(inverted_t_waves_are_negative),
        cmocka_unit_test(the_same_seed_gives_the_same_record),
        cmocka_unit_test(limb_leads_keep_einthovens_law_with_noise),
        cmocka_unit_test(noise_has_its_size),
        cmocka_unit_test(kinds_are_drawn_as_they_are_weighed),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(every_kind_can_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
