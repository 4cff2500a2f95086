#include "evaluate/predict_records.h"

#include "dataset/batch.h"

/** Fixed, so that nothing can depend on how many records there are. */
enum { BATCH = 64 };

lw_status lw_predict_records(const lw_model *model, const lw_dataset *dataset, const size_t *index, size_t count,
                             int threads, size_t memory_bytes, float *probabilities, lw_error *err) {
    const lw_session_options how = {.max_batch = BATCH, .threads = threads, .memory_bytes = memory_bytes};
    const lw_network *network = lw_model_network(model);
    const size_t outputs = lw_class_count(lw_model_classes(model));
    lw_session *session = NULL;
    lw_batch batch = {0};
    lw_person people[BATCH];
    lw_status status = lw_session_create_with(model, &how, &session, err);
    if (status == LW_OK)
        status =
            lw_batch_create(dataset, lw_network_leads(network), lw_network_missing_leads(network), BATCH, &batch, err);
    for (size_t first = 0; status == LW_OK && first < count; first += BATCH) {
        const size_t n = count - first < BATCH ? count - first : BATCH;
        status = lw_batch_gather(dataset, index + first, n, &batch, err);
        for (size_t i = 0; i < n; i++)
            people[i] = (lw_person){(double)lw_dataset_age_years(dataset, index[first + i]),
                                    lw_dataset_sex(dataset, index[first + i])};
        if (status == LW_OK)
            lw_session_predict_people(session, n, batch.signals, people, probabilities + first * outputs);
    }
    lw_batch_free(&batch);
    lw_session_free(&session);
    return status;
}
