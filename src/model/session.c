/* A model ready to run: an inference engine loaded with the parameters of its members. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "model/model_internal.h"

struct lw_session {
    const lw_network *network; /**< the model's */
    lw_engine *engine;
    size_t outputs, members, max_batch;
    lw_combine combine;
    double temperature;
    bool bare;   /**< of a network in training: gives logits */
    float *each; /**< [members][max_batch][outputs] probabilities; NULL for one member */
};

lw_status lw_session_create_bare(const lw_network *network, const lw_engine_options *plan, lw_session **out,
                                 lw_error *err) {
    lw_session *session = lw_calloc(1, sizeof *session);
    size_t cells;
    if (!session)
        return lw_fail_no_memory(err, "a model that predicts");
    *session = (lw_session){.network = network,
                            .outputs = lw_network_output_count(network),
                            .members = plan->members > 0 ? plan->members : 1,
                            .max_batch = plan->max_batch,
                            .bare = true};
    if (session->members > 1 && lw_size_mul(session->max_batch, session->outputs, &cells))
        session->each = lw_calloc(session->members, cells * sizeof *session->each);
    lw_status status = session->members == 1 || session->each ? lw_engine_create(network, plan, &session->engine, err)
                                                              : lw_fail_no_memory(err, "the members' probabilities");
    if (status == LW_OK)
        *out = session;
    else
        lw_session_free(&session);
    return status;
}

void lw_session_load(lw_session *session, const float *values) { lw_engine_load(session->engine, values); }

lw_status lw_session_create(const lw_model *model, const lw_session_options *options, lw_session **out, lw_error *err) {
    lw_session_options how;
    lw_status status = lw_options_take(&how, sizeof how, options, "lw_session_options", err);
    if (status != LW_OK)
        return status;
    if (!options)
        how.max_batch = 1;
    if (how.max_batch == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "0 records at once, expected at least 1");
    const lw_engine_options plan = {.max_batch = how.max_batch,
                                    .threads = lw_threads_resolve(how.threads),
                                    .brief = how.brief,
                                    .members = model->members,
                                    .memory_bytes = how.memory_bytes,
                                    .tuning = how.tuning};
    lw_session *session = NULL;
    status = lw_session_create_bare(model->network, &plan, &session, err);
    if (status != LW_OK)
        return status;
    session->bare = false;
    session->combine = model->combine;
    session->temperature = model->temperature;
    for (size_t m = 0; m < session->members; m++) {
        lw_engine_select(session->engine, m);
        lw_session_load(session, model->values + m * model->table->total);
    }
    *out = session;
    return LW_OK;
}

void lw_session_free(lw_session **session) {
    if (!session || !*session)
        return;
    lw_engine_free(&(*session)->engine);
    free((*session)->each);
    free(*session);
    *session = NULL;
}

/** probabilities[n][outputs] of the member selected, at `temperature`; NaN where its logit overflows. */
static void predict_member(lw_session *session, size_t n, const float *signals, double temperature,
                           float *probabilities) {
    lw_engine_infer(session->engine, n, signals, probabilities);
    for (size_t i = 0; !session->bare && i < n * session->outputs; i++)
        probabilities[i] =
            isfinite(probabilities[i]) ? (float)(1.0 / (1.0 + exp(-(double)probabilities[i] / temperature))) : NAN;
}

static float mean_of(const float *values, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return (float)(sum / (double)count);
}

/** Sorts `values`. */
static float median_of(float *values, size_t count) {
    for (size_t i = 1; i < count; i++) {
        const float value = values[i];
        size_t k = i;
        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
    return count % 2 ? values[count / 2] : mean_of(values + count / 2 - 1, 2);
}

/** The probability with its log-odds divided by `temperature`. */
static float tempered(float probability, double temperature) {
    const double p = (double)probability;
    if (temperature == 1.0 || p <= 0.0 || p >= 1.0)
        return probability;
    return (float)(1.0 / (1.0 + pow((1.0 - p) / p, 1.0 / temperature)));
}

/** The mean or median of the members' probabilities. */
static void combine(const lw_session *session, size_t n, float *probabilities) {
    const size_t count = n * session->outputs;
    float values[LW_MEMBERS_MAX];
    assert(session->each && session->members <= LW_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++) {
        for (size_t m = 0; m < session->members; m++)
            values[m] = session->each[m * count + i];
        const float one = !lw_all_finite(values, session->members) ? NAN
                          : session->combine == LW_COMBINE_MEAN    ? mean_of(values, session->members)
                                                                   : median_of(values, session->members);
        probabilities[i] = tempered(one, session->temperature);
    }
}

lw_status lw_session_run(lw_session *session, size_t n, const float *signals, const lw_person *people,
                         float *probabilities, lw_error *err) {
    const size_t inputs = lw_network_leads(session->network)->count * lw_network_sample_count(session->network);
    if (n > session->max_batch)
        return lw_fail(err, LW_ERR_ARGUMENT, "%zu records at once, expected at most %zu", n, session->max_batch);
    if (!lw_all_finite(signals, n * inputs))
        return lw_fail(err, LW_ERR_NOT_FINITE, "a prepared sample is not finite, expected a number");
    for (size_t i = 0; i < n; i++)
        lw_network_encode(session->network, people ? &people[i] : NULL, lw_engine_inputs(session->engine, i));
    for (size_t m = 0; m < session->members && session->members > 1; m++) {
        lw_engine_select(session->engine, m);
        predict_member(session, n, signals, 1.0, session->each + m * n * session->outputs);
    }
    if (session->members == 1)
        predict_member(session, n, signals, session->temperature, probabilities);
    else
        combine(session, n, probabilities);
    return LW_OK;
}

lw_status lw_session_predict(lw_session *session, size_t n, const float *signals, const lw_person *people,
                             float *probabilities, lw_error *err) {
    lw_status status = lw_session_run(session, n, signals, people, probabilities, err);
    if (status == LW_OK && !lw_all_finite(probabilities, n * session->outputs))
        status = lw_fail(err, LW_ERR_NOT_FINITE,
                         "the model gives a probability that is not finite, expected smaller weights");
    return status;
}
