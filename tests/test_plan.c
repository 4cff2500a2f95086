/* The plan of every convolution of the two published networks, for batches of 32, and what thrift makes of one. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/conv_method.h"
#include "lab/bench.h"

/** In the order of the columns of pins[]. */
static const lw_isa sets[] = {LW_ISA_SCALAR, LW_ISA_AVX2, LW_ISA_AVX512};
enum { SETS = sizeof sets / sizeof sets[0], COLUMNS = 2 * SETS };

/**
 * Method and transform lengths: for each set, of inference, then of training. Convolutions that are not named are direct
 * in every column. A change of the cost model changes this table: measure first (`leadwise bench layers`).
 */
static const struct {
    const char *network, *name, *plan[COLUMNS];
} pins[] = {
    {"multiscale2021",
     "branch0.block2.conv",
     {"spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15",
      "spectral T=27 L=15"}},
    {"multiscale2021",
     "branch0.block3.conv",
     {"spectral T=135 L=15", "spectral T=72 L=15", "spectral T=50 L=15", "spectral T=72 L=15", "spectral T=50 L=15",
      "spectral T=72 L=15"}},
    {"multiscale2021",
     "branch0.block4.conv",
     {"spectral T=270 L=15", "spectral T=270 L=15", "spectral T=160 L=15", "spectral T=270 L=15", "spectral T=90 L=15",
      "spectral T=270 L=15"}},
    {"multiscale2021",
     "branch1.block2.conv",
     {"spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15", "spectral T=27 L=15",
      "spectral T=27 L=15"}},
    {"multiscale2021",
     "branch1.block3.conv",
     {"spectral T=135 L=15", "spectral T=50 L=15", "spectral T=50 L=15", "spectral T=50 L=15", "spectral T=50 L=15",
      "spectral T=50 L=15"}},
    {"multiscale2021",
     "branch1.block4.conv",
     {"spectral T=144 L=15", "spectral T=144 L=15", "spectral T=144 L=15", "spectral T=144 L=15", "spectral T=90 L=15",
      "spectral T=144 L=15"}},
    {"multiscale2021",
     "branch2.block2.conv",
     {"spectral T=64 L=15", "spectral T=15 L=15", "spectral T=15 L=15", "spectral T=15 L=15", "spectral T=15 L=15",
      "spectral T=15 L=15"}},
    {"multiscale2021",
     "branch2.block3.conv",
     {"spectral T=72 L=15", "spectral T=40 L=15", "spectral T=40 L=15", "spectral T=40 L=15", "spectral T=40 L=15",
      "spectral T=40 L=15"}},
    {"multiscale2021",
     "branch2.block4.conv",
     {"spectral T=80 L=15", "spectral T=80 L=15", "spectral T=80 L=15", "spectral T=80 L=15", "spectral T=80 L=10",
      "spectral T=80 L=15"}},
    {"metaheart2020",
     "branch0.block3.conv",
     {"spectral T=135 L=1", "spectral T=135 L=1", "spectral T=135 L=1", "spectral T=135 L=1", "spectral T=72 L=1",
      "spectral T=135 L=1"}},
    {"metaheart2020",
     "branch0.block5.conv",
     {"spectral T=36 L=1", "spectral T=36 L=1", "spectral T=36 L=1", "spectral T=36 L=1", "spectral T=25 L=1",
      "spectral T=36 L=1"}},
    {"metaheart2020",
     "branch0.block6.conv",
     {"spectral T=36 L=15", "spectral T=25 L=15", "spectral T=25 L=8", "spectral T=25 L=15", "spectral T=25 L=8",
      "spectral T=25 L=8"}},
    {"metaheart2020",
     "branch0.block7.conv",
     {"spectral T=36 L=15", "spectral T=25 L=15", "spectral T=25 L=8", "spectral T=25 L=15", "spectral T=25 L=8",
      "spectral T=25 L=8"}},
    {"metaheart2020",
     "branch0.block8.conv",
     {"spectral T=64 L=15", "spectral T=64 L=8", "winograd 2x4", "spectral T=15 L=15", "winograd 2x4",
      "spectral T=15 L=15"}},
    {"metaheart2020",
     "branch0.block9.conv",
     {"spectral T=64 L=15", "spectral T=64 L=8", "winograd 2x4", "spectral T=64 L=8", "winograd 2x4",
      "spectral T=15 L=15"}},
    {"metaheart2020",
     "branch0.block10.conv",
     {"spectral T=64 L=15", "spectral T=64 L=8", "winograd 2x4", "spectral T=64 L=8", "winograd 2x4",
      "spectral T=15 L=15"}},
    {"metaheart2020",
     "branch0.block11.conv",
     {"spectral T=64 L=15", "spectral T=64 L=8", "winograd 2x4", "spectral T=64 L=8", "winograd 2x4",
      "spectral T=15 L=15"}},
};

/** Where a network is planned: the column, and how many pins were met. */
typedef struct planning {
    const char *network;
    size_t column, met;
} planning;

static const char *expected_plan(planning *where, const char *name) {
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        if (strcmp(pins[i].network, where->network) == 0 && strcmp(pins[i].name, name) == 0) {
            where->met++;
            return pins[i].plan[where->column];
        }
    return "direct";
}

static void check_layer(void *context, const lw_bench_layer *layer) {
    planning *where = context;
    const char *want = expected_plan(where, layer->name);
    const size_t length = strlen(want);
    if (strncmp(layer->plan, want, length) != 0 || layer->plan[length] != ' ')
        fail_msg("%s %s %s: planned \"%s\", pinned \"%s\"", where->network, layer->name,
                 lw_isa_name(sets[where->column / 2]), layer->plan, want);
}

static void check_network(const char *name) {
    size_t pinned = 0;
    lw_error err = {0};
    lw_network *network = NULL;
    lwt_assert_ok(lw_network_load(name, NULL, &network, &err), &err);
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pinned += strcmp(pins[i].network, name) == 0;
    for (size_t column = 0; column < COLUMNS; column++) {
        planning where = {.network = name, .column = column};
        const lw_bench_options how = {
            .batch = 32, .threads = 1, .training = column % 2 == 1, .tuning.isa = sets[column / 2]};
        if (!lw_kernels_of(how.tuning.isa))
            continue;
        lwt_assert_ok(lw_bench_layers(network, &how, check_layer, &where, &err), &err);
        assert_int_equal(where.met, pinned);
    }
    lw_network_free(&network);
}

static void the_plans_of_multiscale2021_are_as_pinned(void **state) {
    (void)state;
    check_network("multiscale2021");
}

static void the_plans_of_metaheart2020_are_as_pinned(void **state) {
    (void)state;
    check_network("metaheart2020");
}

/** Thrift halves the records at a time from 3 on, until sums are direct. */
static void thrift_halves_the_records_at_a_time(void **state) {
    (void)state;
    static const int chunks[] = {32, 32, 32, 16, 8, 4, 2, 1, 0};
    const lw_conv_shape shape = {
        .n = 32, .c_in = 64, .c_out = 64, .h = 12, .t_in = 250, .kh = 5, .kw = 27, .stride = 1};
    for (int training = 0; training < 2; training++)
        for (int thrift = 0; thrift < (int)(sizeof chunks / sizeof chunks[0]); thrift++) {
            const lw_conv_use use = {.training = training, .threads = 1, .thrift = thrift};
            char part[32];
            lw_conv *conv = NULL;
            lw_error err = {0};
            lwt_assert_ok(lw_conv_create(&shape, &use, &conv, &err), &err);
            snprintf(part, sizeof part, chunks[thrift] > 0 ? "chunk=%d " : "direct", chunks[thrift]);
            if (!strstr(lw_conv_describe(conv), part))
                fail_msg("thrift %d: planned \"%s\", expected \"%s\"", thrift, lw_conv_describe(conv), part);
            assert_true((bool)strstr(lw_conv_describe(conv), "kept") == (training == 1 && thrift < 2));
            lw_conv_free(&conv);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plans_of_multiscale2021_are_as_pinned),
        cmocka_unit_test(the_plans_of_metaheart2020_are_as_pinned),
        cmocka_unit_test(thrift_halves_the_records_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
