/* This file knows which diagnoses exclude each other within one recording of a few seconds. */
#include "labels/labels.h"

#include <string.h>

enum { SET_MOST = 6 };

/** Each of one set excludes each of the other. A rhythm has one source and one rate at a time. */
static const struct {
    const char *one[SET_MOST], *other[SET_MOST], *reason;
} exclusions[] = {
    {{"164889003", "164890007"},
     {"426783006", "426177001", "427084000", "427393009"},
     "the atria fibrillate or flutter, or the sinus node leads"},
    {{"426783006"}, {"426177001", "427084000", "426627000"}, "one heart rate is normal or it is not"},
    {{"426177001", "426627000"}, {"427084000"}, "one heart rate is slow or fast"},
    {{"164889003"}, {"270492004", "164947007"}, "atrial fibrillation has no PR interval"},
    {{"713427006", "59118001"}, {"733534002", "164909002"}, "a block of both bundle branches is another diagnosis"},
    {{"39732003"}, {"47665007"}, "one axis deviates to the left or to the right"},
};

static bool holds(const char *const set[SET_MOST], const char *code) {
    for (size_t i = 0; i < SET_MOST && set[i]; i++)
        if (strcmp(set[i], code) == 0)
            return true;
    return false;
}

const char *lw_codes_exclude(const char *a, const char *b) {
    for (size_t i = 0; i < sizeof exclusions / sizeof *exclusions; i++)
        if ((holds(exclusions[i].one, a) && holds(exclusions[i].other, b)) ||
            (holds(exclusions[i].one, b) && holds(exclusions[i].other, a)))
            return exclusions[i].reason;
    return NULL;
}

const char *lw_classes_exclude(const lw_class_list *classes, size_t i, size_t j) {
    for (size_t k = 0; k < lw_class_code_count(classes, i); k++)
        for (size_t l = 0; l < lw_class_code_count(classes, j); l++) {
            const char *reason = lw_codes_exclude(lw_class_code(classes, i, k), lw_class_code(classes, j, l));
            if (reason)
                return reason;
        }
    return NULL;
}
