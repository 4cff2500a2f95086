/* The shortest use of the library: which diagnoses does a recording show?
 *
 *     cc predict.c $(pkg-config --cflags --libs leadwise) -o predict
 *     ./predict model.safetensors A0001.hea
 */
#include <stdio.h>
#include <stdlib.h>

#include "leadwise/report.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"

/* Every fallible call returns a status and leaves a sentence. */
static void need(lw_status status, const lw_error *err) {
    if (status != LW_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

int main(int argc, char **argv) {
    lw_error err;
    lw_model *model = NULL;
    lw_record *record = NULL;
    lw_preparer *preparer = NULL;
    lw_session *session = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL RECORD\n", argv[0]);
        return 2;
    }

    need(lw_model_load(argv[1], &model, &err), &err);
    const lw_network *network = lw_model_network(model);
    const lw_class_list *classes = lw_model_classes(model);
    float *signals = calloc(lw_network_leads(network)->count * lw_network_samples(network), sizeof *signals);
    float *probabilities = calloc(lw_network_outputs(network), sizeof *probabilities);
    uint8_t *decisions = calloc(lw_network_outputs(network), sizeof *decisions);
    if (signals == NULL || probabilities == NULL || decisions == NULL) {
        return 1;
    }

    need(lw_record_read(argv[2], NULL, &record, &err), &err);
    need(lw_preparer_create(lw_network_leads(network), lw_model_preprocessing(model), lw_network_missing_leads(network),
                            &preparer, &err),
         &err);
    need(lw_prepare_record(preparer, record, 0, signals, NULL, &err), &err);
    need(lw_session_create(model, 1, 0, &session, &err), &err);
    const lw_person person = {lw_record_age_years(record), lw_record_sex(record)};
    lw_session_predict_people(session, 1, signals, &person, probabilities);
    lw_model_decide(model, probabilities, decisions);

    for (size_t i = 0; i < lw_class_count(classes); i++) {
        printf("%c %-8s %.3f\n", decisions[i] ? '*' : ' ', lw_class_abbreviation(classes, i), (double)probabilities[i]);
    }

    lw_session_free(&session);
    lw_preparer_free(&preparer);
    lw_record_free(&record);
    lw_model_free(&model);
    free(signals);
    free(probabilities);
    free(decisions);
    return 0;
}
