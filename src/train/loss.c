/* The losses: weighted cross-entropy, the Challenge metric of probabilities, and which labels count in both. */
#include "train/loss.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void lw_class_weights(const size_t *positives, size_t classes, size_t records, double epsilon, double *weights) {
    for (size_t k = 0; k < classes; k++) {
        double weight = -log2((double)positives[k] / (double)records + epsilon);
        weights[k] = weight > 0 ? weight : 0;
    }
}

double lw_sigmoid(double logit) {
    /* exp of a number that is not positive cannot overflow. */
    double small = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + small) : small / (1 + small);
}

double lw_loss(size_t n, size_t classes, const float *logits, const float *targets, const double *weights,
               const uint8_t *known, float *dlogits) {
    double sum = 0, scale = 1 / ((double)n * (double)classes);
    for (size_t i = 0; i < n * classes; i++) {
        double z = logits[i], y = targets[i], w = !known || known[i] != 0 ? weights[i % classes] : 0;
        double softplus = fmax(z, 0) + log1p(exp(-fabs(z)));
        /* fmax would turn a NaN into 0, and hide it. */
        sum += isnan(z) ? NAN : w * (softplus - y * z);
        if (dlogits)
            dlogits[i] = (float)(w * (lw_sigmoid(z) - y) * scale);
    }
    return sum * scale;
}

/* ---- The metric of probabilities */

struct lw_soft_metric {
    lw_scoring scoring;
    size_t outputs, classes; /**< of the network; scored */
    uint8_t *member;         /**< [classes][outputs]: the output counts as the class */
    double inactive, range;  /**< means over the training records; range is correct - inactive */
};

/** The labels and probabilities of a record by scored class. */
typedef struct soft_record {
    double labels[LW_CLASSES_MAX], probabilities[LW_CLASSES_MAX];
    size_t output[LW_CLASSES_MAX]; /**< the likeliest of the class's; SIZE_MAX: none */
} soft_record;

void lw_soft_metric_free(lw_soft_metric **metric) {
    if (!metric || !*metric)
        return;
    lw_scoring_free(&(*metric)->scoring);
    free((*metric)->member);
    free(*metric);
    *metric = NULL;
}

/** The reward of a record, and its derivative by each probability (NULL: it is left out). */
static double find_reward(const lw_soft_metric *m, const soft_record *r, double *derivative) {
    double worth[LW_CLASSES_MAX] = {0}, either = 0, sum = 0;
    for (size_t j = 0; j < m->classes; j++)
        for (size_t k = 0; r->labels[j] > 0 && k < m->classes; k++)
            worth[k] += r->labels[j] * m->scoring.rewards[j * m->classes + k];
    for (size_t k = 0; k < m->classes; k++) {
        either += r->labels[k] + r->probabilities[k] - r->labels[k] * r->probabilities[k];
        sum += worth[k] * r->probabilities[k];
    }
    const double share = 1 / (either > 1 ? either : 1), slope = either > 1 ? sum * share : 0;
    for (size_t k = 0; derivative && k < m->classes; k++)
        derivative[k] = (worth[k] - slope * (1 - r->labels[k])) * share;
    return sum * share;
}

/** Find the mean rewards of the labels themselves, and of sinus rhythm everywhere. */
static lw_status find_range(lw_soft_metric *m, size_t records, const uint8_t *labels, lw_error *err) {
    double inactive = 0, correct = 0;
    for (size_t i = 0; i < records; i++) {
        soft_record r = {0};
        for (size_t k = 0; k < m->classes; k++)
            for (size_t o = 0; o < m->outputs; o++)
                if (m->member[k * m->outputs + o] != 0 && labels[i * m->outputs + o] != 0)
                    r.labels[k] = r.probabilities[k] = 1;
        correct += find_reward(m, &r, NULL);
        for (size_t k = 0; k < m->classes; k++)
            r.probabilities[k] = k == m->scoring.normal;
        inactive += find_reward(m, &r, NULL);
    }
    if (!(correct > inactive))
        return lw_fail(err, LW_ERR_ARGUMENT,
                       "a loss by the metric needs training records with another diagnosis than sinus rhythm");
    m->inactive = inactive / (double)records;
    m->range = (correct - inactive) / (double)records;
    return LW_OK;
}

lw_status lw_soft_metric_create(int year, const lw_class_list *classes, size_t records, const uint8_t *labels,
                                lw_soft_metric **out, lw_error *err) {
    lw_soft_metric *m = lw_calloc(1, sizeof *m);
    if (!m)
        return lw_fail_no_memory(err, "a loss by the metric");
    lw_status status = lw_scoring_create(year, NULL, &m->scoring, err);
    if (status == LW_OK) {
        m->outputs = lw_class_count(classes);
        m->classes = lw_class_count(m->scoring.classes);
        m->member = lw_calloc(m->classes, m->outputs);
        if (!m->member)
            status = lw_fail_no_memory(err, "a loss by the metric");
    }
    for (size_t k = 0; status == LW_OK && k < m->classes; k++)
        for (size_t o = 0; o < m->outputs; o++)
            m->member[k * m->outputs + o] = lw_classes_share_code(classes, o, m->scoring.classes, k);
    if (status == LW_OK)
        status = find_range(m, records, labels, err);
    if (status == LW_OK)
        *out = m;
    else
        lw_soft_metric_free(&m);
    return status;
}

/** Join the outputs of each scored class: the largest target, the likeliest output. */
static void join_outputs(const lw_soft_metric *m, const float *logits, const float *targets, const uint8_t *known,
                         soft_record *r) {
    for (size_t k = 0; k < m->classes; k++) {
        r->labels[k] = r->probabilities[k] = 0;
        r->output[k] = SIZE_MAX;
        for (size_t o = 0; o < m->outputs; o++) {
            if (m->member[k * m->outputs + o] == 0 || (known && known[o] == 0))
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
        join_outputs(m, logits + at, targets + at, !known ? NULL : known + at, &r);
        sum += find_reward(m, &r, derivative);
        for (size_t k = 0; k < m->classes; k++)
            if (r.output[k] != SIZE_MAX)
                dlogits[at + r.output[k]] -=
                    (float)(scale * derivative[k] * r.probabilities[k] * (1 - r.probabilities[k]));
    }
    return weight * (1 + m->inactive / m->range) - scale * sum;
}

/* ---- Labels that count */

struct lw_label_mask {
    size_t classes, sources;
    const char **name; /**< [sources], borrowed of the data set */
    size_t *source;    /**< [records of the data set]; `sources`: none of these */
    uint8_t *known;    /**< [sources + 1][classes], the last row all 1 */
};

void lw_label_mask_free(lw_label_mask **mask) {
    if (!mask || !*mask)
        return;
    free((*mask)->name);
    free((*mask)->source);
    free((*mask)->known);
    free(*mask);
    *mask = NULL;
}

/** The number of the source called `name`, m->sources where it has none. */
static size_t find_source(const lw_label_mask *m, const char *name) {
    size_t i = 0;
    while (i < m->sources && strcmp(m->name[i], name) != 0)
        i++;
    return i;
}

/** List the sources of the records index[count], and then the classes that each of them carries. */
static lw_status fill_mask(lw_label_mask *m, const lw_dataset *dataset, const size_t *index, size_t count,
                           lw_error *err) {
    const size_t records = lw_dataset_record_count(dataset);
    for (size_t i = 0; i < count; i++) {
        const char *name = lw_dataset_source(dataset, index[i]);
        if (find_source(m, name) < m->sources)
            continue;
        const char **grown = realloc(m->name, (m->sources + 1) * sizeof *grown);
        if (!grown)
            return lw_fail_no_memory(err, "the sources' labels");
        m->name = grown;
        m->name[m->sources++] = name;
    }
    m->source = lw_calloc(records, sizeof *m->source);
    m->known = lw_calloc(m->sources + 1, m->classes);
    if (!m->source || !m->known)
        return lw_fail_no_memory(err, "the sources' labels");
    for (size_t i = 0; i < records; i++)
        m->source[i] = find_source(m, lw_dataset_source(dataset, i));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < m->classes; k++)
            m->known[m->source[index[i]] * m->classes + k] |= lw_dataset_labels(dataset, index[i])[k];
    memset(m->known + m->sources * m->classes, 1, m->classes);
    return LW_OK;
}

lw_status lw_label_mask_create(const lw_dataset *dataset, const size_t *index, size_t count, lw_label_mask **out,
                               lw_error *err) {
    lw_label_mask *mask = lw_calloc(1, sizeof *mask);
    if (!mask)
        return lw_fail_no_memory(err, "the sources' labels");
    mask->classes = lw_class_count(lw_dataset_classes(dataset));
    lw_status status = fill_mask(mask, dataset, index, count, err);
    if (status != LW_OK || mask->sources < 2)
        lw_label_mask_free(&mask);
    if (status == LW_OK)
        *out = mask;
    return status;
}

void lw_label_mask_fill(const lw_label_mask *m, const uint64_t *records, size_t n, uint8_t *known) {
    for (size_t i = 0; i < n; i++)
        memcpy(known + i * m->classes, m->known + m->source[records[i]] * m->classes, m->classes);
}
