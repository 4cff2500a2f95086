/**
 * @file benchmark.h
 * The measurements of `bench`; each prints its results and returns an exit code.
 */
#ifndef LEADWISE_CLI_BENCHMARK_H
#define LEADWISE_CLI_BENCHMARK_H

#include "arguments.h"

int cli_bench_train(const cli_arguments *arguments);
int cli_bench_predict(const cli_arguments *arguments);
int cli_bench_prepare(const cli_arguments *arguments);
int cli_bench_layers(const cli_arguments *arguments);
int cli_bench_plan(const cli_arguments *arguments);

#endif
