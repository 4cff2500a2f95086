#include "train/soft_metric.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "train/loss.h"

struct lw_soft_metric {
    lw_scoring scoring;
    size_t outputs, classes; /**< of the network; scored */
    uint8_t *member;         /**< [classes][outputs]: the output counts as the class */
    double inactive, range;  /**< means over the training records; range is correct - inactive */
};

/** A record by scored class. */
typedef struct soft_record {
    double labels[LW_CLASSES_MAX], probabilities[LW_CLASSES_MAX];
    size_t output[LW_CLASSES_MAX]; /**< the likeliest of the class's; SIZE_MAX: none */
} soft_record;

void lw_soft_metric_free(lw_soft_metric **metric) {
    if (metric == NULL || *metric == NULL)
        return;
    lw_scoring_free(&(*metric)->scoring);
    free((*metric)->member);
    free(*metric);
    *metric = NULL;
}

/** What the record earns; its derivative by each probability, NULL: not wanted. */
static double earn(const lw_soft_metric *m, const soft_record *r, double *derivative) {
    double worth[LW_CLASSES_MAX] = {0}, either = 0, sum = 0;
    for (size_t j = 0; j < m->classes; j++)
        for (size_t k = 0; r->labels[j] > 0 && k < m->classes; k++)
            worth[k] += r->labels[j] * m->scoring.rewards[j * m->classes + k];
    for (size_t k = 0; k < m->classes; k++) {
        either += r->labels[k] + r->probabilities[k] - r->labels[k] * r->probabilities[k];
        sum += worth[k] * r->probabilities[k];
    }
    const double share = 1 / (either > 1 ? either : 1), slope = either > 1 ? sum * share : 0;
    for (size_t k = 0; derivative != NULL && k < m->classes; k++)
        derivative[k] = (worth[k] - slope * (1 - r->labels[k])) * share;
    return sum * share;
}

/** Means of what is earned by the labels themselves, and by sinus rhythm everywhere. */
static lw_status find_range(lw_soft_metric *m, size_t records, const uint8_t *labels, lw_error *err) {
    double inactive = 0, correct = 0;
    for (size_t i = 0; i < records; i++) {
        soft_record r = {0};
        for (size_t k = 0; k < m->classes; k++)
            for (size_t o = 0; o < m->outputs; o++)
                if (m->member[k * m->outputs + o] != 0 && labels[i * m->outputs + o] != 0)
                    r.labels[k] = r.probabilities[k] = 1;
        correct += earn(m, &r, NULL);
        for (size_t k = 0; k < m->classes; k++)
            r.probabilities[k] = k == m->scoring.normal;
        inactive += earn(m, &r, NULL);
    }
    if (!(correct > inactive))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "a loss by the metric needs training records with another diagnosis than sinus rhythm");
    m->inactive = inactive / (double)records;
    m->range = (correct - inactive) / (double)records;
    return LW_OK;
}

static lw_status prepare(lw_soft_metric *m, int year, const lw_class_list *classes, lw_error *err) {
    const lw_status status = lw_scoring_create(year, NULL, &m->scoring, err);
    if (status != LW_OK)
        return status;
    m->outputs = lw_class_count(classes);
    m->classes = lw_class_count(m->scoring.classes);
    m->member = lw_calloc(m->classes, m->outputs);
    if (m->member == NULL)
        return lw_fail_no_memory(err, "a loss by the metric");
    for (size_t k = 0; k < m->classes; k++)
        for (size_t o = 0; o < m->outputs; o++)
            m->member[k * m->outputs + o] = lw_classes_share_code(classes, o, m->scoring.classes, k);
    return LW_OK;
}

lw_status lw_soft_metric_create(int year, const lw_class_list *classes, size_t records, const uint8_t *labels,
                                lw_soft_metric **out, lw_error *err) {
    lw_soft_metric *metric = lw_calloc(1, sizeof *metric);
    if (metric == NULL)
        return lw_fail_no_memory(err, "a loss by the metric");
    lw_status status = prepare(metric, year, classes, err);
    if (status == LW_OK)
        status = find_range(metric, records, labels, err);
    if (status != LW_OK) {
        lw_soft_metric_free(&metric);
        return status;
    }
    *out = metric;
    return LW_OK;
}

static void join(const lw_soft_metric *m, const float *logits, const float *targets, const uint8_t *known,
                 soft_record *r) {
    for (size_t k = 0; k < m->classes; k++) {
        r->labels[k] = r->probabilities[k] = 0;
        r->output[k] = SIZE_MAX;
        for (size_t o = 0; o < m->outputs; o++) {
            if (m->member[k * m->outputs + o] == 0 || (known != NULL && known[o] == 0))
                continue;
            r->labels[k] = targets[o] > r->labels[k] ? targets[o] : r->labels[k];
            if (r->output[k] == SIZE_MAX || logits[o] > logits[r->output[k]])
                r->output[k] = o;
        }
        if (r->output[k] != SIZE_MAX)
            r->probabilities[k] = lw_sigmoid(logits[r->output[k]]);
    }
}

double lw_soft_metric_loss(const lw_soft_metric *m, double weight, size_t n, const float *logits, const float *targets,
                           const uint8_t *known, float *dlogits) {
    const double scale = weight / (m->range * (double)n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = i * m->outputs;
        double derivative[LW_CLASSES_MAX];
        soft_record r;
        join(m, logits + at, targets + at, known == NULL ? NULL : known + at, &r);
        sum += earn(m, &r, derivative);
        for (size_t k = 0; k < m->classes; k++)
            if (r.output[k] != SIZE_MAX)
                dlogits[at + r.output[k]] -=
                    (float)(scale * derivative[k] * r.probabilities[k] * (1 - r.probabilities[k]));
    }
    return weight * (1 + m->inactive / m->range) - scale * sum;
}
