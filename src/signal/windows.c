/* How windows lie over a recording. */
#include <math.h>

#include "base/error.h"
#include "signal/prepare_internal.h"

lw_status lw_window_grid_over(lw_preparer *preparer, double rate_hz, size_t samples, double step_s, lw_window_grid *out,
                              lw_error *err) {
    const lw_preprocessing *how = lw_preparer_preprocessing(preparer);
    const double step = round(step_s * how->rate_hz);
    if (!(step >= 1.0 && step <= 1e9))
        return lw_fail(err, LW_ERR_ARGUMENT, "a window every %g s, expected at least a sample, %g s", step_s,
                       1.0 / how->rate_hz);
    const lw_resampler *resampler = lw_preparer_resampler(preparer, rate_hz);
    if (!resampler)
        return lw_fail_no_memory(err, "the resampling filter");
    lw_window_grid grid = {.length = lw_resampler_length(resampler, samples),
                           .window = lw_preprocessing_sample_count(how),
                           .step = (size_t)step,
                           .count = 1};
    if (grid.length > grid.window)
        grid.count += (grid.length - grid.window + grid.step - 1) / grid.step;
    *out = grid;
    return LW_OK;
}

size_t lw_window_grid_start(const lw_window_grid *grid, size_t i) {
    const size_t last = grid->length > grid->window ? grid->length - grid->window : 0, start = i * grid->step;
    return start < last ? start : last;
}
