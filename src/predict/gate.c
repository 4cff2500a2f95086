/* The gate before the network: where a signal begins, what its window is worth, and no answer where that is nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "predict/predictor.h"
#include "record/record_internal.h"
#include "signal/prepare_internal.h"
#include "signal/quality_internal.h"

size_t lw_predictor_window_samples(const lw_predictor *p, double rate_hz) {
    return (size_t)round(lw_model_preprocessing(p->model)->window_s * rate_hz);
}

/* ---- Where a signal begins */

/** The first sample, below `limit`, that differs from the first valid one; `limit` where none does. */
static size_t lead_begin(const lw_record *record, const lw_lead_source *source, size_t limit) {
    enum { PIECE = 512 };
    double piece[PIECE], level = (double)NAN;
    for (size_t at = 0, count; at < limit; at += count) {
        count = limit - at < PIECE ? limit - at : PIECE;
        (void)lw_lead_source_copy(record, source, at, count, piece);
        for (size_t t = 0; t < count; t++) {
            if (fabs(piece[t] - level) >= LW_FLAT_MV && fabs(piece[t]) <= LW_SAMPLE_LIMIT_MV)
                return at + t;
            if (isnan(level) && fabs(piece[t]) <= LW_SAMPLE_LIMIT_MV)
                level = piece[t];
        }
    }
    return limit;
}

size_t lw_predictor_signal_begin(const lw_predictor *p, const lw_record *record) {
    const size_t second = (size_t)ceil(record->rate_hz);
    size_t begin = record->samples;
    for (size_t l = 0; l < p->seen.count && begin >= second; l++) {
        const lw_lead_source source = lw_lead_find_source(record, p->seen.name[l]);
        if (source.count > 0)
            begin = lead_begin(record, &source, begin);
    }
    /* A shorter stretch is the converter's, and what leaves less than a second holds no signal at all. */
    return begin < second || record->samples - begin < second ? 0 : begin;
}

/* ---- What a window is worth */

/** Names of the marks found, joined by commas. */
static void list_marks(const lw_quality *quality, char text[160]) {
    size_t length = 0;
    for (lw_quality_mark mark = 0; mark < LW_QUALITY_DERIVED; mark++)
        for (size_t i = 0; i < quality->finding_count; i++)
            if (quality->finding[i].mark == mark) {
                length += (size_t)snprintf(text + length, 160 - length, "%s%s", length > 0 ? ", " : "",
                                           lw_quality_mark_name(mark));
                break;
            }
    text[length] = '\0';
}

lw_status lw_predictor_measure(const lw_predictor *p, const char *name, const lw_record *record, size_t first,
                               size_t samples, double offset_s, lw_quality *out, lw_error *err) {
    char marks[160];
    const double begin_s = offset_s + (double)first / record->rate_hz;
    lw_quality_measure(p->meters[lw_predictor_thread()], record, first, samples, out);
    for (size_t i = 0; i < out->finding_count; i++) {
        out->finding[i].begin_s += offset_s;
        out->finding[i].end_s += offset_s;
    }
    if (record->rate_hz != lw_model_preprocessing(p->model)->rate_hz)
        lw_quality_add(out, LW_QUALITY_RESAMPLED, NULL, begin_s, begin_s + out->seconds);
    list_marks(out, marks);
    if (out->moving_count == 0)
        return lw_fail(err, LW_ERR_NO_SIGNAL, "%s: no lead has a signal in the %.4g s from %.9g s on (%s)", name,
                       out->seconds, begin_s, marks);
    if (out->usable_count == 0)
        return lw_fail(err, LW_ERR_POOR_SIGNAL,
                       "%s: no lead is usable in the %.4g s from %.9g s on (%s), expected heart beats in one", name,
                       out->seconds, begin_s, marks);
    if (out->score < p->how.min_quality)
        return lw_fail(err, LW_ERR_POOR_SIGNAL, "%s: quality %.3g in the %.4g s from %.9g s on%s%s%s, expected %g",
                       name, out->score, out->seconds, begin_s, *marks ? " (" : "", marks, *marks ? ")" : "",
                       p->how.min_quality);
    return LW_OK;
}

void lw_slot_warn_quality(lw_slot *slot) {
    char sentence[LW_QUALITY_SENTENCE_MAX];
    for (lw_quality_mark mark = 0; mark < LW_QUALITY_MARK_COUNT; mark++)
        if (lw_quality_sentence(&slot->quality, mark, sentence))
            lw_slot_warn(slot, sentence);
}

void lw_slot_judge(const lw_predictor *p, lw_slot *slot, const lw_record *record, size_t first, size_t samples,
                   double offset_s) {
    const lw_status status =
        lw_predictor_measure(p, slot->name.data, record, first, samples, offset_s, &slot->quality, &slot->err);
    lw_slot_warn_quality(slot);
    slot->err.status = slot->err.status == LW_OK ? status : slot->err.status;
}

void lw_slot_judge_prepared(const lw_predictor *p, lw_slot *slot) {
    const double end_s = lw_model_preprocessing(p->model)->window_s;
    lw_quality *out = &slot->quality;
    size_t seen = 0;
    for (lw_quality_mark mark = LW_QUALITY_FLAT; mark <= LW_QUALITY_MISSING; mark++)
        for (size_t h = 0; h < p->leads; h++) {
            const bool missing = (slot->lead_flags[h] & LW_LEAD_MISSING) != 0;
            const bool flat = !missing && (slot->lead_flags[h] & LW_LEAD_FLAT);
            if (p->row[h] != LW_NO_ROW && (mark == LW_QUALITY_MISSING ? missing : flat))
                lw_quality_add(out, mark, p->seen.name[p->row[h]], 0, end_s);
        }
    for (size_t h = 0; h < p->leads; h++) {
        seen += !(slot->lead_flags[h] & LW_LEAD_MISSING);
        out->usable_count += !(slot->lead_flags[h] & (LW_LEAD_MISSING | LW_LEAD_FLAT));
    }
    out->moving_count = out->usable_count;
    out->seconds = end_s;
    out->score = seen > 0 ? (double)out->usable_count / (double)seen : 0;
    lw_slot_warn_quality(slot);
}
