/* A model ready to run: an inference engine loaded with its parameters. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "model/model_internal.h"

struct lw_session {
    lw_engine *engine;
    size_t outputs;
};

lw_status lw_session_create(const lw_model *model, size_t max_batch, int threads, lw_session **out, lw_error *err) {
    lw_session *session = lw_calloc(1, sizeof *session);
    if (!session)
        return lw_fail_no_memory(err, "a session");
    const lw_engine_options options = {.max_batch = max_batch, .threads = lw_threads_resolve(threads)};
    lw_status status = lw_engine_create(model->network, &options, &session->engine, err);
    if (status != LW_OK) {
        lw_session_free(&session);
        return status;
    }
    lw_engine_load(session->engine, model->values);
    session->outputs = lw_network_outputs(model->network);
    *out = session;
    return LW_OK;
}

void lw_session_free(lw_session **session) {
    if (!session || !*session)
        return;
    lw_engine_free(&(*session)->engine);
    free(*session);
    *session = NULL;
}

void lw_session_predict(lw_session *session, size_t n, const float *signals, float *probabilities) {
    lw_engine_infer(session->engine, n, signals, probabilities);
    for (size_t i = 0; i < n * session->outputs; i++)
        probabilities[i] = (float)(1.0 / (1.0 + exp(-(double)probabilities[i])));
}
