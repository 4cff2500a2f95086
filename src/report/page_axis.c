#include "report/page_axis.h"

#include <math.h>

double lw_axis_step(double rough) {
    double power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

bool lw_axis_takes(double value) { return fabs(value) < 1e100; }

void lw_axis_widen(lw_axis *range, double value) {
    if (!lw_axis_takes(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

lw_axis lw_axis_ticked(lw_axis range, double ticks) {
    double room = fmax(range.high - range.low, 1e-9 + 0.02 * fabs(range.high));
    double step = lw_axis_step(room / ticks);
    return (lw_axis){floor(range.low / step) * step, ceil((range.low + room) / step) * step, step};
}
