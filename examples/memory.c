/* This example predicts a recording that is in memory: two leads in millivolts, here computed rather than measured.
 *
 *     cc memory.c $(pkg-config --cflags --libs leadwise) -o memory -lm
 *     ./memory
 */
#include <math.h>
#include <stdio.h>

#include "leadwise/leadwise.h"

enum { RATE_HZ = 500, SAMPLES = 10 * RATE_HZ };

/** 75 beats a minute: P wave, QRS complex and T wave as bells. */
static void draw(double *mv, double scale) {
    static const double wave[][3] = {{0.20, 0.025, 0.12}, {0.36, 0.012, 1.1}, {0.60, 0.06, 0.28}}; /* s, s, mV */
    for (size_t t = 0; t < SAMPLES; t++) {
        const double phase_s = fmod((double)t / RATE_HZ, 0.8);
        mv[t] = 0;
        for (size_t i = 0; i < 3; i++)
            mv[t] += scale * wave[i][2] * exp(-pow((phase_s - wave[i][0]) / wave[i][1], 2));
    }
}

int main(void) {
    static double one[SAMPLES], two[SAMPLES];
    static const char *const leads[] = {"I", "II"};
    static const double *const mv[] = {one, two};
    const lw_person person = {.age_years = 52, .sex = LW_SEX_FEMALE};
    const lw_signal signal = {.size = sizeof signal,
                              .record = "drawn",
                              .leads = leads,
                              .lead_count = 2,
                              .rate_hz = RATE_HZ,
                              .person = &person};
    lw_error err = {0};
    lw_model *model = NULL;
    lw_predictor *predictor = NULL;
    const lw_prediction *p = NULL;
    draw(one, 0.6);
    draw(two, 1);
    lw_status status = lw_model_load_builtin(NULL, &model, &err);
    if (status == LW_OK)
        status = lw_predictor_create(model, NULL, &predictor, &err);
    if (status == LW_OK)
        status = lw_predict_signal(predictor, &signal, mv, SAMPLES, &p, &err);
    for (size_t i = 0; p && i < lw_class_count(lw_model_classes(model)); i++)
        if (p->decisions[i])
            printf("%s %.3f\n", lw_class_abbreviation(lw_model_classes(model), i), (double)p->probabilities[i]);
    if (status != LW_OK)
        fprintf(stderr, "%s\n", err.message);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
    return status == LW_OK ? 0 : 1;
}
