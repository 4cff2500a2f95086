/* This example prints a diagnosis every ten seconds: frames are pushed as they arrive, here from a recording.
 *
 *     cc stream.c $(pkg-config --cflags --libs leadwise) -o stream
 *     ./stream long.hea
 */
#include <stdio.h>

#include "leadwise/predict.h"

enum { LEADS_MAX = 64, FRAMES = 50 };

/** The most probable class of a window. */
static lw_status on_window(void *context, const lw_prediction *p, lw_error *err) {
    const lw_class_list *classes = lw_model_classes(*(lw_model *const *)context);
    size_t most = 0;
    (void)err;
    if (p->status != LW_OK) {
        printf("%7.1f s  %s\n", p->start_s, p->sentence);
        return LW_OK;
    }
    for (size_t i = 1; i < lw_class_count(classes); i++)
        most = p->probabilities[i] > p->probabilities[most] ? i : most;
    printf("%7.1f s  %-8s %.3f\n", p->start_s, lw_class_abbreviation(classes, most), (double)p->probabilities[most]);
    return LW_OK;
}

/** frames[FRAMES][leads] from `first` on, as an amplifier gives them. @return how many there are */
static size_t read_frames(const lw_record *record, size_t first, double *frames) {
    const size_t leads = lw_record_lead_count(record);
    double samples[FRAMES];
    size_t count = 0;
    for (size_t lead = 0; lead < leads; lead++) {
        count = lw_record_copy_mv(record, lead, first, FRAMES, samples);
        for (size_t t = 0; t < count; t++)
            frames[t * leads + lead] = samples[t];
    }
    return count;
}

static lw_status monitor(const lw_record *record, lw_predictor *predictor, lw_model *model, lw_error *err) {
    const char *names[LEADS_MAX];
    double frames[FRAMES * LEADS_MAX];
    lw_stream *stream = NULL;
    const lw_signal signal = {.size = sizeof signal,
                              .record = lw_record_name(record),
                              .leads = names,
                              .lead_count = lw_record_lead_count(record),
                              .rate_hz = lw_record_rate_hz(record)};
    for (size_t lead = 0; lead < signal.lead_count; lead++)
        names[lead] = lw_record_lead(record, lead)->name;
    lw_status status = lw_stream_create(predictor, &signal, on_window, &model, &stream, err);
    for (size_t at = 0, count; status == LW_OK && (count = read_frames(record, at, frames)) > 0; at += count)
        status = lw_stream_push(stream, frames, count, err);
    if (status == LW_OK)
        status = lw_stream_end(stream, err);
    lw_stream_free(&stream);
    return status;
}

int main(int argc, char **argv) {
    lw_error err = {.message = "usage: stream RECORD"};
    lw_model *model = NULL;
    lw_predictor *predictor = NULL;
    lw_record *record = NULL;
    lw_status status = argc == 2 ? lw_record_read(argv[1], NULL, &record, &err) : LW_ERR_ARGUMENT;
    if (status == LW_OK)
        status = lw_model_load_builtin(NULL, &model, &err);
    if (status == LW_OK)
        status = lw_predictor_create(model, NULL, &predictor, &err);
    if (status == LW_OK)
        status = monitor(record, predictor, model, &err);
    if (status != LW_OK)
        fprintf(stderr, "%s\n", err.message);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
    lw_record_free(&record);
    return status == LW_OK ? 0 : 1;
}
