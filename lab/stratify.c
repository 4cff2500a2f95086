#include "lab/stratify.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

typedef struct stratification {
    const lw_groups *groups;
    size_t classes, folds;
    double *labels; /**< [groups][classes], records of the group with each class */
    double *left;   /**< [classes], records with it in groups that are not dealt yet */
    double *lacks;  /**< [folds][classes], records with it that the fold should still get */
    double *room;   /**< [folds], records that it should still get */
    bool *dealt;    /**< [groups] */
    size_t *fold_of_group;
} stratification;

/** The class with fewest, but some, records left; -1: none. */
static int rarest_left(const stratification *s) {
    int rarest = -1;
    for (size_t k = 0; k < s->classes; k++)
        if (s->left[k] > 0 && (rarest < 0 || s->left[k] < s->left[rarest]))
            rarest = (int)k;
    return rarest;
}

/** The fold that lacks most records of `class` (-1: of any), of those the one with most room. */
static size_t neediest_fold(const stratification *s, int class) {
    size_t best = 0;
    for (size_t f = 1; f < s->folds; f++) {
        double need = class < 0 ? 0 : s->lacks[f * s->classes + (size_t) class];
        double most = class < 0 ? 0 : s->lacks[best * s->classes + (size_t) class];
        if (need > most || (need >= most && s->room[f] > s->room[best]))
            best = f;
    }
    return best;
}

static void deal_group(stratification *s, size_t group, size_t fold) {
    const double *labels = s->labels + group * s->classes;
    for (size_t k = 0; k < s->classes; k++) {
        s->left[k] -= labels[k];
        s->lacks[fold * s->classes + k] -= labels[k];
    }
    s->room[fold] -= (double)s->groups->size[group];
    s->dealt[group] = true;
    s->fold_of_group[group] = fold;
}

static void begin(stratification *s, const lw_dataset *dataset) {
    for (size_t i = 0; i < s->groups->records; i++)
        for (size_t k = 0; k < s->classes; k++)
            if (lw_dataset_labels(dataset, i)[k]) {
                s->labels[s->groups->of[i] * s->classes + k]++;
                s->left[k]++;
            }
    for (size_t f = 0; f < s->folds; f++) {
        s->room[f] = (double)s->groups->records / (double)s->folds;
        for (size_t k = 0; k < s->classes; k++)
            s->lacks[f * s->classes + k] = s->left[k] / (double)s->folds;
    }
}

lw_status lw_stratify(const lw_dataset *dataset, const lw_groups *groups, const size_t *order, size_t folds,
                      size_t *fold_of_group, lw_error *err) {
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    size_t cells = 0, lacks = 0;
    stratification s = {.groups = groups, .classes = classes, .folds = folds, .fold_of_group = fold_of_group};
    if (lw_size_mul(groups->count, classes, &cells) && lw_size_mul(folds, classes, &lacks)) {
        s.labels = lw_calloc(cells, sizeof *s.labels);
        s.lacks = lw_calloc(lacks, sizeof *s.lacks);
    }
    s.left = lw_calloc(classes, sizeof *s.left);
    s.room = lw_calloc(folds, sizeof *s.room);
    s.dealt = lw_calloc(groups->count, sizeof *s.dealt);
    const bool whole = s.labels != NULL && s.lacks != NULL && s.left != NULL && s.room != NULL && s.dealt != NULL;
    if (whole) {
        begin(&s, dataset);
        int class;
        do { /* a class a turn; groups without any left come last */
            class = rarest_left(&s);
            for (size_t i = 0; i < groups->count; i++)
                if (!s.dealt[order[i]] && (class < 0 || s.labels[order[i] * classes + (size_t) class] > 0))
                    deal_group(&s, order[i], neediest_fold(&s, class));
        } while (class >= 0);
    }
    free(s.labels);
    free(s.lacks);
    free(s.left);
    free(s.room);
    free(s.dealt);
    return whole ? LW_OK : lw_fail_no_memory(err, "the stratification");
}
