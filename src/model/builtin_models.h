/**
 * @file builtin_models.h
 * The files of models/, built into the library: the build writes the table that defines this.
 */
#ifndef LW_MODEL_BUILTIN_MODELS_H
#define LW_MODEL_BUILTIN_MODELS_H

typedef struct lw_builtin_model {
    const char *name;                 /**< file name without ".safetensors"; NULL ends the table */
    const unsigned char *bytes, *end; /**< of the file */
} lw_builtin_model;

/** In the order of their names. */
extern const lw_builtin_model lw_builtin_models[];

#endif
