#include "train/label_mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct lw_label_mask {
    size_t classes, sources;
    const char **name; /**< [sources], borrowed of the data set */
    size_t *source;    /**< [records of the data set]; `sources`: none of these */
    uint8_t *known;    /**< [sources + 1][classes], the last row all 1 */
};

void lw_label_mask_free(lw_label_mask **mask) {
    if (mask == NULL || *mask == NULL)
        return;
    free((*mask)->name);
    free((*mask)->source);
    free((*mask)->known);
    free(*mask);
    *mask = NULL;
}

static size_t find_source(const lw_label_mask *m, const char *name) {
    size_t i = 0;
    while (i < m->sources && strcmp(m->name[i], name) != 0)
        i++;
    return i;
}

/** The sources of the records trained on. */
static lw_status list_sources(lw_label_mask *m, const lw_dataset *dataset, const size_t *index, size_t count,
                              lw_error *err) {
    for (size_t i = 0; i < count; i++) {
        const char *name = lw_dataset_source(dataset, index[i]);
        if (find_source(m, name) < m->sources)
            continue;
        const char **grown = realloc(m->name, (m->sources + 1) * sizeof *grown);
        if (grown == NULL)
            return lw_fail_no_memory(err, "the sources' labels");
        m->name = grown;
        m->name[m->sources++] = name;
    }
    return LW_OK;
}

static lw_status fill_mask(lw_label_mask *m, const lw_dataset *dataset, const size_t *index, size_t count,
                           lw_error *err) {
    const size_t records = lw_dataset_record_count(dataset);
    m->source = lw_calloc(records, sizeof *m->source);
    m->known = lw_calloc(m->sources + 1, m->classes);
    if (m->source == NULL || m->known == NULL)
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
    if (mask == NULL)
        return lw_fail_no_memory(err, "the sources' labels");
    mask->classes = lw_class_count(lw_dataset_classes(dataset));
    lw_status status = list_sources(mask, dataset, index, count, err);
    if (status == LW_OK && mask->sources > 1)
        status = fill_mask(mask, dataset, index, count, err);
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
