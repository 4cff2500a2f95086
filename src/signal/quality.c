/* The names of what can be wrong with a signal. */
#include "leadwise/leadwise.h"

static const char *const mark_names[LW_QUALITY_MARK_COUNT] = {
    [LW_QUALITY_FLAT] = "FLAT",           [LW_QUALITY_MISSING] = "MISSING",
    [LW_QUALITY_SATURATED] = "SATURATED", [LW_QUALITY_NOISE] = "NOISE",
    [LW_QUALITY_SPIKES] = "SPIKES",       [LW_QUALITY_LEAD_OFF] = "LEAD_OFF",
    [LW_QUALITY_SHORT] = "SHORT",         [LW_QUALITY_UNIT] = "UNIT",
    [LW_QUALITY_RATE] = "RATE",           [LW_QUALITY_MISLABELLED] = "MISLABELLED",
    [LW_QUALITY_REVERSED] = "REVERSED",   [LW_QUALITY_DUPLICATE] = "DUPLICATE",
    [LW_QUALITY_DERIVED] = "DERIVED",     [LW_QUALITY_RESAMPLED] = "RESAMPLED",
};

const char *lw_quality_mark_name(lw_quality_mark mark) {
    return (unsigned)mark < LW_QUALITY_MARK_COUNT ? mark_names[mark] : "UNKNOWN";
}
