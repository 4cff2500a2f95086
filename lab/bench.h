/**
 * @file bench.h
 * How fast the convolutions of a network run here: for benchmarks and for the tuning of kernels.
 */
#ifndef LW_LAB_BENCH_H
#define LW_LAB_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "leadwise/train.h"

typedef struct lw_bench_options {
    size_t batch;        /**< records, at least 1 */
    int threads;         /**< at least 1 */
    bool training;       /**< plan for training, and measure backward too */
    size_t repeat;       /**< runs, of which the fastest counts; 0: plan only, no times */
    size_t memory_bytes; /**< lw_bench_training: of maps, weights and spectra at most; 0: no limit */
    lw_tuning tuning;    /**< what is forced upon the kernels; zeros: nothing */
} lw_bench_options;

/** One convolution. Times are those of the fastest run; strings live during the call that hands them over. */
typedef struct lw_bench_layer {
    const char *name;  /**< "branch0.block2.conv", "branch0.block1.skip" */
    const char *shape; /**< "5x27 64->64, 12x250, stride 1" */
    const char *plan;  /**< method and tiles */
    double flops;      /**< of forward by definition, two a multiply-add; backward has twice as many (once without input
                          gradient) */
    double backward_flops;
    double operations, backward_operations; /**< as the plan carries them out, transforms included */
    double pack_s, forward_s, backward_s;
    size_t packed_bytes, kept_bytes, scratch_bytes;
} lw_bench_layer;

/** Called for each convolution in order; `context` is passed through. */
typedef void lw_bench_report(void *context, const lw_bench_layer *layer);

/**
 * Plan every convolution of `network` as an engine would, and time it alone on random numbers.
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_bench_layers(const lw_network *network, const lw_bench_options *options,
                                          lw_bench_report *report, void *context, lw_error *err);

/** Multiply-adds (two flops each) a second that `threads` threads reach on registers alone with an instruction set: the
 * peak to compare with; 0 when the processor does not have it. */
double lw_bench_peak_flops(int threads, lw_isa isa);

/**
 * Measured seconds of whole training steps (forward, loss, backward, Adam) on random data, for benchmarks: fills
 * seconds[options->repeat], after one step that is not counted.
 * @return LW_OK, LW_ERR_ARGUMENT or LW_ERR_NO_MEMORY
 */
LW_CHECK_RESULT lw_status lw_bench_training(const lw_network *network, const lw_bench_options *options, double *seconds,
                                            lw_error *err);

/** Seconds of the fastest of a few such steps, of the batch and within the memory of `train`. */
LW_CHECK_RESULT lw_status lw_bench_step(const lw_network *network, const lw_train_options *train, int threads,
                                        double *step_s, lw_error *err);

#endif
