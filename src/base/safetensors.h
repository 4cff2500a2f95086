/**
 * @file safetensors.h
 * Named tensors in one file: reading with every length checked, and writing in one pass.
 *
 * Layout: u64 little-endian header length, a JSON object {name: {dtype, shape, data_offsets}, "__metadata__":
 * {string: string}} padded with spaces, then the tensors' bytes without gaps or overlaps.
 * Source: the safetensors format description (huggingface/safetensors).
 */
#ifndef LW_BASE_SAFETENSORS_H
#define LW_BASE_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "leadwise/leadwise.h"

typedef enum lw_dtype {
    LW_DTYPE_F64,
    LW_DTYPE_F32,
    LW_DTYPE_F16,
    LW_DTYPE_I64,
    LW_DTYPE_I32,
    LW_DTYPE_U32,
    LW_DTYPE_I16,
    LW_DTYPE_U16,
    LW_DTYPE_I8,
    LW_DTYPE_U8
} lw_dtype;

/** Bytes of one element. */
size_t lw_dtype_bytes(lw_dtype dtype);

enum { LW_TENSOR_RANK_MAX = 8 };

/** One tensor of an open file; `data` points into the file's bytes and lives as long as they do. */
typedef struct lw_tensor {
    const char *name;
    lw_dtype dtype;
    size_t rank;
    size_t shape[LW_TENSOR_RANK_MAX];
    size_t elements;  /**< product of shape; 1 for rank 0 */
    const void *data; /**< little-endian, not necessarily aligned */
    size_t bytes;
} lw_tensor;

typedef struct lw_safetensors lw_safetensors;

/** The largest header and the most tensors that a reader accepts. */
typedef struct lw_safetensors_limits {
    size_t header_bytes; /**< 4 MB for models, 512 MB for prepared data */
    size_t tensors;
} lw_safetensors_limits;

/**
 * Map and check a file: header a valid object within its limits, no duplicate names, known types, products that
 * do not overflow, offsets contiguous from 0 to the end of the file.
 * @return LW_OK, LW_ERR_IO, LW_ERR_MODEL or LW_ERR_NO_MEMORY. Threads: the result is immutable.
 */
lw_status lw_safetensors_open(const char *path, lw_safetensors_limits limits, lw_safetensors **out, lw_error *err);
/** The same for bytes in memory, borrowed until lw_safetensors_free; `shown` names them in sentences. */
lw_status lw_safetensors_parse(const uint8_t *data, size_t length, const char *shown, lw_safetensors_limits limits,
                               lw_safetensors **out, lw_error *err);
void lw_safetensors_free(lw_safetensors **file);
size_t lw_safetensors_count(const lw_safetensors *file);
const lw_tensor *lw_safetensors_at(const lw_safetensors *file, size_t i);
/** NULL when there is none of that name. */
const lw_tensor *lw_safetensors_find(const lw_safetensors *file, const char *name);
/** The metadata string of `key`, NULL when absent. */
const char *lw_safetensors_metadata(const lw_safetensors *file, const char *key);
/** Copy a tensor's elements as float32 (from F32, F16 or F64) to `out[elements]`; false for other types. */
bool lw_tensor_to_f32(const lw_tensor *tensor, float *out);

/** One tensor to write; `data` is read only by lw_safetensors_write. */
typedef struct lw_tensor_spec {
    const char *name;
    lw_dtype dtype;
    size_t rank;
    size_t shape[LW_TENSOR_RANK_MAX];
    const void *data;
} lw_tensor_spec;

typedef struct lw_metadata_item {
    const char *key;
    const char *value;
} lw_metadata_item;

/**
 * The header (its length word included) for `tensors` in this order, padded with spaces so that the tensors
 * start at a multiple of 64; at least `minimum_bytes` long (0: as short as it can be). free() *header.
 */
lw_status lw_safetensors_header(const lw_tensor_spec *tensors, size_t tensor_count, const lw_metadata_item *metadata,
                                size_t metadata_count, size_t minimum_bytes, char **header, size_t *header_bytes,
                                lw_error *err);
/** Write a whole file atomically. */
lw_status lw_safetensors_write(const char *path, const lw_tensor_spec *tensors, size_t tensor_count,
                               const lw_metadata_item *metadata, size_t metadata_count, lw_error *err);

#endif
