#include "evaluate/curves.h"

#include <math.h>
#include <stdlib.h>

static int compare_descending(const void *left, const void *right) {
    double a = ((const lw_curve_point *)left)->score, b = ((const lw_curve_point *)right)->score;
    return (a < b) - (a > b);
}

void lw_curve_areas(lw_curve_point *points, size_t count, double *auroc, double *auprc) {
    qsort(points, count, sizeof *points, compare_descending);
    size_t positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += points[i].positive;
    size_t negatives = count - positives;

    double roc = 0, prc = 0, last_tpr = 0, last_tnr = 1;
    size_t tp = 0, fp = 0;
    for (size_t i = 0; i < count;) {
        /* Records of equal score pass the threshold together: one step of the curve. */
        for (double score = points[i].score; i < count && points[i].score >= score; i++) {
            tp += points[i].positive;
            fp += 1U - points[i].positive;
        }
        double tpr = (double)tp / (double)positives;
        double tnr = (double)(negatives - fp) / (double)negatives;
        roc += 0.5 * (tpr - last_tpr) * (tnr + last_tnr);
        prc += (tpr - last_tpr) * ((double)tp / (double)(tp + fp));
        last_tpr = tpr;
        last_tnr = tnr;
    }
    *auroc = positives && negatives ? roc : NAN;
    *auprc = positives ? prc : NAN;
}
