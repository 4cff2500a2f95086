/**
 * @file model_support.h
 * Probabilities of prepared signals, computed by a session without a predictor.
 */
#ifndef LW_TESTS_MODEL_SUPPORT_H
#define LW_TESTS_MODEL_SUPPORT_H

#include "support.h"

#include "leadwise/model.h"

/** probabilities[n][outputs] of signals [n][leads][samples], on one thread. */
static inline void lwt_predict(const lw_model *model, size_t n, const float *signals, float *probabilities) {
    const lw_session_options how = {.size = sizeof how, .max_batch = n, .threads = 1};
    lw_error err = {0};
    lw_session *session = NULL;
    lwt_assert_ok(lw_session_create(model, &how, &session, &err), &err);
    lwt_assert_ok(lw_session_predict(session, n, signals, NULL, probabilities, &err), &err);
    lw_session_free(&session);
}

#endif
