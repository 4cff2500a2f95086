/*
 * This program measures how fast each convolution of a network runs, and what share of the peak it reaches:
 *     bench_kernels [network [batch [threads [train|infer [leads]]]]]
 * GF/s are effective: operations of the definition over time, so that methods with fewer operations exceed the peak.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/bench.h"

typedef struct totals {
    double peak_flops;
    double pack_s, forward_s, backward_s, flops, backward_flops;
} totals;

static void print_rate(double flops, double seconds, double peak_flops) {
    const double rate = seconds > 0.0 ? flops / seconds : 0.0;
    printf(" %9.3f ms %7.0f GF/s %5.2f", seconds * 1e3, rate * 1e-9, rate / peak_flops);
}

static void print_layer(void *context, const lw_bench_layer *layer) {
    totals *sum = context;
    printf("%-20s %-32s pack %8.3f ms  forward", layer->name, layer->shape, layer->pack_s * 1e3);
    print_rate(layer->flops, layer->forward_s, sum->peak_flops);
    if (layer->backward_flops > 0.0) {
        printf("  backward");
        print_rate(layer->backward_flops, layer->backward_s, sum->peak_flops);
    }
    printf("  %s\n", layer->plan);
    sum->pack_s += layer->pack_s;
    sum->forward_s += layer->forward_s;
    sum->backward_s += layer->backward_s;
    sum->flops += layer->flops;
    sum->backward_flops += layer->backward_flops;
}

static int fail(const lw_error *err) {
    fprintf(stderr, "bench_kernels: %s\n", err->message);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "multiscale2021";
    const lw_bench_options options = {.batch = argc > 2 ? strtoul(argv[2], NULL, 10) : 32,
                                      .threads = argc > 3 ? atoi(argv[3]) : 2,
                                      .training = argc > 4 && strcmp(argv[4], "train") == 0,
                                      .repeat = 10};
    lw_network_options change = {.size = sizeof(lw_network_options)};
    lw_lead_set leads;
    lw_network *network = NULL;
    lw_error err;
    if (argc > 5) {
        if (lw_lead_set_parse(argv[5], &leads, &err) != LW_OK)
            return fail(&err);
        change.leads = &leads;
    }
    if (lw_network_load(name, &change, &network, &err) != LW_OK)
        return fail(&err);
    totals sum = {.peak_flops = lw_bench_peak_flops(options.threads, options.tuning.isa)};
    printf("%s, batch %zu, %d threads, peak %.0f GF/s; last columns: effective rate, and its ratio to the peak\n", name,
           options.batch, options.threads, sum.peak_flops * 1e-9);
    lw_status status = lw_bench_layers(network, &options, print_layer, &sum, &err);
    lw_network_free(&network);
    if (status != LW_OK)
        return fail(&err);
    printf("%-53s pack %8.3f ms  forward", "all", sum.pack_s * 1e3);
    print_rate(sum.flops, sum.forward_s, sum.peak_flops);
    printf("  backward");
    print_rate(sum.backward_flops, sum.backward_s, sum.peak_flops);
    printf("\n");
    return EXIT_SUCCESS;
}
