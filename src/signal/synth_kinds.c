/** @file synth_kinds.c: the rhythms and findings that can be asked for, and which of them go together. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "signal/synth_internal.h"

#define BIT(kind) ((lw_synth_set)1 << LW_SYNTH_##kind)

/* Without visible P waves of the sinus there is neither a PR interval to measure nor an atrial beat to come early. */
#define NO_SINUS (BIT(BRADY) | BIT(AF) | BIT(AFL) | BIT(PACED))
#define BUNDLES (BIT(LBBB) | BIT(RBBB) | BIT(IRBBB))

static const struct {
    const char *name, *code;
    lw_synth_set excludes;
    double share; /* of the recordings that are not sinus rhythm alone */
} kinds[LW_SYNTH_KINDS] = {
    [LW_SYNTH_NSR] = {"NSR", "426783006", 0, 0.28},
    [LW_SYNTH_SB] = {"SB", "426177001", 0, 0.14},
    [LW_SYNTH_BRADY] = {"Brady", "426627000", 0, 0.08},
    [LW_SYNTH_STACH] = {"STach", "427084000", 0, 0.13},
    [LW_SYNTH_SA] = {"SA", "427393009", 0, 0.10},
    [LW_SYNTH_AF] = {"AF", "164889003", 0, 0.12},
    [LW_SYNTH_AFL] = {"AFL", "164890007", 0, 0.08},
    [LW_SYNTH_PACED] = {"PR", "10370003", 0, 0.07},
    [LW_SYNTH_PAC] = {"PAC", "284470004", NO_SINUS | BIT(SA), 0.13},
    [LW_SYNTH_PVC] = {"PVC", "427172004", BIT(PACED), 0.10},
    [LW_SYNTH_IAVB] = {"IAVB", "270492004", NO_SINUS | BIT(STACH), 0.15},
    [LW_SYNTH_LBBB] = {"LBBB", "164909002", BIT(PACED) | BUNDLES, 0.09},
    [LW_SYNTH_RBBB] = {"RBBB", "59118001", BIT(PACED) | BUNDLES, 0.11},
    [LW_SYNTH_IRBBB] = {"IRBBB", "713426002", BIT(PACED) | BUNDLES, 0.08},
    [LW_SYNTH_LAD] = {"LAD", "39732003", BIT(PACED) | BIT(RAD), 0.13},
    [LW_SYNTH_RAD] = {"RAD", "47665007", BIT(PACED) | BIT(LAD) | BIT(LBBB), 0.10},
    [LW_SYNTH_LQRSV] = {"LQRSV", "251146004", BIT(PACED) | BIT(PVC), 0.09},
    [LW_SYNTH_LQT] = {"LQT", "111975006", BIT(STACH), 0.09},
    [LW_SYNTH_TINV] = {"TInv", "59931005", BIT(PACED) | BIT(LBBB), 0.12},
};

const char *lw_synth_kind(size_t i) { return i < LW_SYNTH_KINDS ? kinds[i].name : NULL; }

const char *lw_synth_code(lw_synth_kind_id kind) { return kinds[kind].code; }

/* Whether `kind` may join `set`; exclusion counts in both directions, and rhythms exclude each other. */
static bool goes_with(lw_synth_set set, size_t kind) {
    const lw_synth_set rhythms = BIT(RHYTHMS) - 1, self = (lw_synth_set)1 << kind;
    if ((kinds[kind].excludes & ~self) & set)
        return false;
    if (self & rhythms & ~set && set & rhythms)
        return false;
    for (size_t i = 0; i < LW_SYNTH_KINDS; i++)
        if (i != kind && set >> i & 1 && kinds[i].excludes & self)
            return false;
    return true;
}

lw_status lw_synth_parse(const char *text, lw_synth_set *out, lw_error *err) {
    lw_synth_set set = 0;
    lw_span rest = {text, strlen(text)}, field;
    while (lw_span_field(&rest, ',', &field)) {
        const lw_span name = lw_span_trim(field);
        size_t kind = 0;
        while (kind < LW_SYNTH_KINDS && !lw_span_equals_nocase(name, kinds[kind].name))
            kind++;
        if (kind == LW_SYNTH_KINDS)
            return lw_fail(err, LW_ERR_ARGUMENT, "kind \"%.*s\" is unknown, expected one of NSR, SB, AF, ...",
                           (int)(name.length < 40 ? name.length : 40), name.at);
        if (!goes_with(set, kind))
            return lw_fail(err, LW_ERR_ARGUMENT, "kind %s contradicts another of \"%.100s\"", kinds[kind].name, text);
        set |= (lw_synth_set)1 << kind;
    }
    if (!(set & (BIT(RHYTHMS) - 1))) {
        if (!goes_with(set, LW_SYNTH_NSR))
            return lw_fail(err, LW_ERR_ARGUMENT, "\"%.100s\" needs a rhythm", text);
        set |= BIT(NSR);
    }
    *out = set;
    return LW_OK;
}

static size_t draw_rhythm(lw_random *random) {
    double left = lw_random_uniform(random);
    size_t kind = 0;
    while (kind + 1 < LW_SYNTH_RHYTHMS && left >= kinds[kind].share)
        left -= kinds[kind++].share;
    return kind;
}

lw_synth_set lw_synth_draw(lw_random *random) {
    if (lw_random_uniform(random) < 0.4)
        return BIT(NSR);
    for (;;) {
        lw_synth_set set = (lw_synth_set)1 << draw_rhythm(random);
        for (size_t kind = LW_SYNTH_RHYTHMS; kind < LW_SYNTH_KINDS; kind++)
            if (lw_random_uniform(random) < kinds[kind].share && goes_with(set, kind))
                set |= (lw_synth_set)1 << kind;
        if (set != BIT(NSR))
            return set;
    }
}
