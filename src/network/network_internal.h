/**
 * @file network_internal.h
 * What a network description holds once it is checked.
 */
#ifndef LW_NETWORK_NETWORK_INTERNAL_H
#define LW_NETWORK_NETWORK_INTERNAL_H

#include <stdbool.h>

#include "base/text.h"
#include "leadwise/model.h"

/** Limits of a description: wide enough for any network of this kind, narrow enough that sizes fit. */
enum {
    LW_NETWORK_NAME_MAX = 64, /**< characters, the ending NUL included */
    LW_BRANCHES_MAX = 16,
    LW_BLOCKS_MAX = 64, /**< a branch */
    LW_FILTERS_MAX = 4096,
    LW_TAPS_MAX = 255,
    LW_STRIDE_MAX = 64,
    LW_SAMPLES_MAX = 1000000,
    LW_OUTPUTS_MAX = 256
};

/** What a network may receive about the person. */
typedef enum lw_network_input { LW_INPUT_AGE, LW_INPUT_SEX, LW_INPUT_COUNT } lw_network_input;
/** [LW_INPUT_COUNT], as the JSON calls them. */
extern const char *const lw_network_input_names[];

typedef enum lw_skip { LW_SKIP_NONE, LW_SKIP_IDENTITY, LW_SKIP_CONV } lw_skip;

typedef struct lw_block {
    int filters;
    int kernel[2]; /**< along leads, along samples */
    int stride;    /**< along samples */
    lw_skip skip;
    bool norm, attention;
    double dropout; /**< rate, 0: none */
} lw_block;

typedef struct lw_branch {
    int decimate; /**< every how-manieth sample */
    size_t block_count;
    lw_block *block;
} lw_branch;

struct lw_network {
    char name[LW_NETWORK_NAME_MAX];
    lw_lead_set leads;
    int samples;
    size_t branch_count;
    lw_branch branch[LW_BRANCHES_MAX];
    int outputs;
    bool flatten;          /**< head on the flattened maps instead of their means */
    bool standard_dropout; /**< single elements instead of whole channel maps */
    bool missing_leads;    /**< leads that cannot be had are zeros */
    bool lead_taps_third;  /**< taps along leads follow from the leads that options may give (network.c) */
    size_t input_count;    /**< of what the head receives besides: */
    lw_network_input input[LW_INPUT_COUNT];
    int attention_reduction;
    double epsilon, momentum;
};

/** A document of configs/, built into the library: the build writes the table. */
typedef struct lw_builtin_config {
    const char *name; /**< file name without ".json" */
    const char *json; /**< the file's text */
} lw_builtin_config;

/** In the order of their names. */
extern const lw_builtin_config lw_builtin_configs[];
extern const size_t lw_builtin_config_count;

/** Samples of a branch's input. */
int lw_branch_samples(const lw_network *network, const lw_branch *branch);
/** Channels into a block: 1 into a branch's first. */
int lw_block_channels_in(const lw_branch *branch, size_t block);
/** Channels after squeezing in a block's attention. */
int lw_attention_channels(const lw_network *network, const lw_block *block);
/** Inputs of the dense head: every branch's last channels, times their positions when flattened, then what it receives
 * about the person. */
size_t lw_head_features(const lw_network *network);

/** lw_network_parse for text that is not NUL-terminated; `shown` names it in sentences. Failures have status `status`.
 */
lw_status lw_network_parse_text(const char *text, size_t length, const char *shown, lw_status status,
                                const lw_network_options *options, lw_network **out, lw_error *err);

/** Fill `network` from the JSON document, types and ranges checked. */
lw_status lw_network_read_json(const char *text, size_t length, const char *shown, lw_status status,
                               lw_network *network, lw_error *err);
/** Apply `options`: leads, width, outputs, dropout, missing leads. LW_ERR_ARGUMENT. */
lw_status lw_network_apply_options(lw_network *network, const lw_network_options *options, const char *shown,
                                   lw_error *err);
/** What holds between the parts: identity skips fit, sizes stay within limits. */
lw_status lw_network_check(const lw_network *network, const char *shown, lw_status status, lw_error *err);

#endif
