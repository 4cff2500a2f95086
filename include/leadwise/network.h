/**
 * @file network.h
 * The description of a network: a JSON document, from a file or built in.
 */
#ifndef LEADWISE_NETWORK_H
#define LEADWISE_NETWORK_H

#include "leadwise/prepare.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A checked, immutable network description. Threads may share it. */
typedef struct lw_network lw_network;

/** Who a recording is of, as far as that is known. */
typedef struct lw_person {
    double age_years; /**< NaN: unknown */
    lw_sex sex;
} lw_person;

/** What may be changed on the way from a description to a network. Zero-initialised: nothing. */
typedef struct lw_network_options {
    const lw_lead_set *leads; /**< NULL: as described. Other leads recompute multiscale2021's lead kernels */
    size_t width;             /**< filters scale by width / 64; 0 or 64: as described */
    size_t outputs;           /**< 0: as described */
    double dropout;           /**< rate of every block that has dropout; negative: as described, so set -1 for that */
    bool set_dropout;         /**< whether `dropout` applies */
    bool missing_leads;       /**< leads that cannot be had are zeros; false: as described */
    const char *inputs; /**< what the head is told besides: "age,sex", "age", "sex", "": nothing; NULL: as described */
} lw_network_options;

/**
 * `name` is a built-in description (metaheart2020, multiscale2021 and the papers' variants: lw_network_builtin) or the
 * path of a JSON file.
 * @return LW_OK, LW_ERR_IO, LW_ERR_ARGUMENT (what is wrong, and where in the JSON), LW_ERR_NO_MEMORY
 * Source: MetaHeart (CinC 2020) and its 2021 successor.
 */
LW_CHECK_RESULT lw_status lw_network_load(const char *name, const lw_network_options *options, lw_network **out,
                                          lw_error *err);
LW_CHECK_RESULT lw_status lw_network_parse(const char *json, const lw_network_options *options, lw_network **out,
                                           lw_error *err);
void lw_network_free(lw_network **network);
/** Name of the i-th built-in description, NULL past the last. */
const char *lw_network_builtin(size_t i);

const char *lw_network_name(const lw_network *network);
/** The canonical JSON. lw_string_free it. */
char *lw_network_json(const lw_network *network);
const lw_lead_set *lw_network_leads(const lw_network *network);
/** Whether the network answers from any of its leads: those that cannot be had are zeros ("missing_leads": true). */
bool lw_network_missing_leads(const lw_network *network);
/** How many numbers about the person the head is told ("inputs" in the JSON): 0 to 2. */
size_t lw_network_inputs(const lw_network *network);
/**
 * inputs[lw_network_inputs()] in the order of the JSON. Age: (years - 60) / 20, years above 100 counting as 100. Sex:
 * -1 female, 1 male. What is not known is 0; `person` NULL: nothing is.
 */
void lw_network_encode(const lw_network *network, const lw_person *person, float *inputs);
size_t lw_network_samples(const lw_network *network);
size_t lw_network_outputs(const lw_network *network);
/** Trainable parameters: running statistics are not counted. */
size_t lw_network_parameters(const lw_network *network);
/** Multiply-accumulates of one record's forward pass. */
double lw_network_macs(const lw_network *network);

#ifdef __cplusplus
}
#endif
#endif
