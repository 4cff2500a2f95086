#include "kernels/gemm.h"

#include "base/parallel.h"

/** Slices of a sum over rows: enough for any number of threads, always the same. */
enum { SLICES = 64 };

int lw_thread_number(void) {
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

ptrdiff_t lw_bias_gradient_floats(int channels) { return SLICES * lw_round_line(channels); }

void lw_bias_gradient(const lw_kernels *kernels, int threads, const float *dy, ptrdiff_t rows, int channels,
                      float *dbias, float *scratch) {
    (void)threads;
    const ptrdiff_t stride = lw_round_line(channels);
#pragma omp parallel for num_threads(threads)
    for (int slice = 0; slice < SLICES; slice++) {
        ptrdiff_t begin = rows * slice / SLICES, end = rows * (slice + 1) / SLICES;
        kernels->column_sums(dy + begin * channels, end - begin, channels, scratch + slice * stride);
    }
    for (int c = 0; c < channels; c++) {
        double sum = 0.0;
        for (int slice = 0; slice < SLICES; slice++)
            sum += (double)scratch[slice * stride + c];
        dbias[c] = (float)sum;
    }
}
