/**
 * @file recipe.h
 * Named sets of defaults for the options of training.
 */
#ifndef LEADWISE_CLI_RECIPE_H
#define LEADWISE_CLI_RECIPE_H

#include <stddef.h>

typedef struct cli_recipe_value {
    const char *option, *value; /**< as on the command line */
} cli_recipe_value;

/** The i-th value that --recipe `name` sets, NULL past the last. What is set by no recipe keeps its default. */
const cli_recipe_value *cli_recipe_at(const char *name, size_t i);

#endif
