#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/safetensors.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are used as they lie in the file: little-endian");

enum { LENGTH_BYTES = 8 };

static const char metadata_key[] = "__metadata__";

struct lw_safetensors {
    lw_bytes bytes; /* empty when the caller's memory was parsed */
    json_t *header; /* owns the names and the metadata */
    size_t count;
    lw_tensor *tensor; /* in the order of their bytes */
};

/** What the checks of one file share. */
typedef struct checked_file {
    const char *shown;
    const uint8_t *payload;
    size_t payload_bytes;
    lw_error *err;
} checked_file;

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [LW_DTYPE_F64] = {"F64", 8}, [LW_DTYPE_F32] = {"F32", 4}, [LW_DTYPE_F16] = {"F16", 2}, [LW_DTYPE_I64] = {"I64", 8},
    [LW_DTYPE_I32] = {"I32", 4}, [LW_DTYPE_U32] = {"U32", 4}, [LW_DTYPE_I16] = {"I16", 2}, [LW_DTYPE_U16] = {"U16", 2},
    [LW_DTYPE_I8] = {"I8", 1},   [LW_DTYPE_U8] = {"U8", 1},
};

size_t lw_dtype_bytes(lw_dtype dtype) { return dtypes[dtype].bytes; }

const char *lw_dtype_name(lw_dtype dtype) { return dtypes[dtype].name; }

static lw_status fail_tensor(const checked_file *reader, const char *name, const char *what) {
    return lw_fail(reader->err, LW_ERR_MODEL, "%s: tensor '%s': %s", reader->shown, name, what);
}

/** A JSON integer that is a size; false for anything else. */
static bool json_size(const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static lw_status read_dtype(const checked_file *reader, const json_t *value, lw_tensor *tensor) {
    const char *name = json_string_value(value);
    for (size_t i = 0; name != NULL && i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(name, dtypes[i].name) == 0) {
            tensor->dtype = (lw_dtype)i;
            return LW_OK;
        }
    }
    return fail_tensor(reader, tensor->name, "unknown dtype, expected F64 F32 F16 I64 I32 U32 I16 U16 I8 or U8");
}

static lw_status read_shape(const checked_file *reader, const json_t *value, lw_tensor *tensor) {
    if (!json_is_array(value) || json_array_size(value) > LW_TENSOR_RANK_MAX)
        return fail_tensor(reader, tensor->name, "shape is not an array of at most 8 sizes");
    tensor->rank = json_array_size(value);
    tensor->elements = 1;
    for (size_t i = 0; i < tensor->rank; i++) {
        if (!json_size(json_array_get(value, i), &tensor->shape[i]))
            return fail_tensor(reader, tensor->name, "shape holds something other than a size");
        if (!lw_size_mul(tensor->elements, tensor->shape[i], &tensor->elements))
            return fail_tensor(reader, tensor->name, "product of shape overflows");
    }
    return LW_OK;
}

static lw_status read_offsets(const checked_file *reader, const json_t *value, lw_tensor *tensor) {
    size_t begin, end, bytes;
    if (!json_is_array(value) || json_array_size(value) != 2 || !json_size(json_array_get(value, 0), &begin) ||
        !json_size(json_array_get(value, 1), &end))
        return fail_tensor(reader, tensor->name, "data_offsets is not [begin, end]");
    if (begin > end || end > reader->payload_bytes)
        return fail_tensor(reader, tensor->name, "data_offsets outside the file");
    if (!lw_size_mul(tensor->elements, lw_dtype_bytes(tensor->dtype), &bytes) || bytes != end - begin)
        return fail_tensor(reader, tensor->name, "data_offsets disagree with dtype and shape");
    tensor->data = reader->payload + begin;
    tensor->bytes = bytes;
    return LW_OK;
}

static lw_status read_tensor(const checked_file *reader, const char *name, const json_t *entry, lw_tensor *tensor) {
    tensor->name = name;
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return fail_tensor(reader, name, "expected exactly dtype, shape and data_offsets");
    lw_status status = read_dtype(reader, json_object_get(entry, "dtype"), tensor);
    if (status == LW_OK)
        status = read_shape(reader, json_object_get(entry, "shape"), tensor);
    if (status == LW_OK)
        status = read_offsets(reader, json_object_get(entry, "data_offsets"), tensor);
    return status;
}

static lw_status check_metadata(const checked_file *reader, const json_t *metadata) {
    if (!json_is_object(metadata))
        return lw_fail(reader->err, LW_ERR_MODEL, "%s: __metadata__ is not an object", reader->shown);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value) {
        if (!json_is_string(value))
            return lw_fail(reader->err, LW_ERR_MODEL, "%s: metadata '%s' is not a string", reader->shown, key);
    }
    return LW_OK;
}

/** By first byte, then by last, so that an empty tensor comes before the one that starts where it lies. */
static int by_offset(const void *a, const void *b) {
    const lw_tensor *left = a, *right = b;
    uintptr_t first[2] = {(uintptr_t)left->data, (uintptr_t)right->data};
    if (first[0] != first[1])
        return first[0] < first[1] ? -1 : 1;
    return (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

/** The tensors follow each other from the payload's first byte to its last. */
static lw_status check_contiguous(const checked_file *reader, const lw_safetensors *file) {
    size_t expected = 0;
    for (size_t i = 0; i < file->count; i++) {
        const lw_tensor *tensor = &file->tensor[i];
        if ((const uint8_t *)tensor->data != reader->payload + expected)
            return fail_tensor(reader, tensor->name, "overlaps or leaves a gap to the tensor before it");
        expected += tensor->bytes;
    }
    if (expected != reader->payload_bytes)
        return lw_fail(reader->err, LW_ERR_MODEL, "%s: tensors end after %zu bytes, the file after %zu", reader->shown,
                       expected, reader->payload_bytes);
    return LW_OK;
}

static lw_status read_entries(const checked_file *reader, size_t limit, lw_safetensors *file) {
    size_t entries = json_object_size(file->header) - (json_object_get(file->header, metadata_key) != NULL);
    if (entries > limit)
        return lw_fail(reader->err, LW_ERR_MODEL, "%s: %zu tensors, expected at most %zu", reader->shown, entries,
                       limit);
    file->tensor = lw_calloc(entries, sizeof *file->tensor);
    if (file->tensor == NULL)
        return lw_fail_no_memory(reader->err, reader->shown);
    const char *name;
    json_t *entry;
    lw_status status = LW_OK;
    json_object_foreach(file->header, name, entry) {
        status = strcmp(name, metadata_key) == 0 ? check_metadata(reader, entry)
                                                 : read_tensor(reader, name, entry, &file->tensor[file->count++]);
        if (status != LW_OK)
            return status;
    }
    qsort(file->tensor, file->count, sizeof *file->tensor, by_offset);
    return check_contiguous(reader, file);
}

/** The header's length, checked against the file and `limit`. */
static lw_status read_header_length(const uint8_t *data, size_t length, const char *shown, size_t limit, size_t *out,
                                    lw_error *err) {
    uint64_t header;
    if (length < LENGTH_BYTES)
        return lw_fail(err, LW_ERR_MODEL, "%s: %zu bytes, expected a safetensors file", shown, length);
    memcpy(&header, data, sizeof header);
    if (header > limit)
        return lw_fail(err, LW_ERR_MODEL, "%s: header of %llu bytes, expected at most %zu", shown,
                       (unsigned long long)header, limit);
    if (header > length - LENGTH_BYTES)
        return lw_fail(err, LW_ERR_MODEL, "%s: header of %llu bytes in a file of %zu", shown,
                       (unsigned long long)header, length);
    if (header == 0 || data[LENGTH_BYTES] != '{')
        return lw_fail(err, LW_ERR_MODEL, "%s: header does not start with '{'", shown);
    *out = (size_t)header;
    return LW_OK;
}

static lw_status parse_into(lw_safetensors *file, const uint8_t *data, size_t length, const char *shown,
                            lw_safetensors_limits limits, lw_error *err) {
    size_t header = 0;
    lw_status status = read_header_length(data, length, shown, limits.header_bytes, &header, err);
    if (status != LW_OK)
        return status;
    const lw_json_place place = {shown, LW_ERR_MODEL, err};
    status = lw_json_parse_object(place, (const char *)data + LENGTH_BYTES, header, &file->header);
    if (status != LW_OK)
        return status;
    const checked_file reader = {shown, data + LENGTH_BYTES + header, length - LENGTH_BYTES - header, err};
    return read_entries(&reader, limits.tensors, file);
}

lw_status lw_safetensors_parse(const uint8_t *data, size_t length, const char *shown, lw_safetensors_limits limits,
                               lw_safetensors **out, lw_error *err) {
    lw_safetensors *file = lw_calloc(1, sizeof *file);
    if (file == NULL)
        return lw_fail_no_memory(err, shown);
    lw_status status = parse_into(file, data, length, shown, limits, err);
    if (status != LW_OK)
        lw_safetensors_free(&file);
    else
        *out = file;
    return status;
}

lw_status lw_safetensors_open(const char *path, lw_safetensors_limits limits, lw_safetensors **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_map(path, &bytes, err);
    if (status != LW_OK)
        return status;
    status = lw_safetensors_parse(bytes.data, bytes.length, path, limits, out, err);
    if (status != LW_OK)
        lw_bytes_free(&bytes);
    else
        (*out)->bytes = bytes;
    return status;
}

void lw_safetensors_free(lw_safetensors **file) {
    if (file == NULL || *file == NULL)
        return;
    json_decref((*file)->header);
    lw_bytes_free(&(*file)->bytes);
    free((*file)->tensor);
    free(*file);
    *file = NULL;
}

size_t lw_safetensors_count(const lw_safetensors *file) { return file->count; }

const lw_tensor *lw_safetensors_at(const lw_safetensors *file, size_t i) { return &file->tensor[i]; }

const lw_tensor *lw_safetensors_find(const lw_safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensor[i].name, name) == 0)
            return &file->tensor[i];
    return NULL;
}

const char *lw_safetensors_metadata(const lw_safetensors *file, const char *key) {
    return json_string_value(json_object_get(json_object_get(file->header, metadata_key), key));
}

/** memcpy, because elements need not be aligned in the file. */
static float element_to_f32(lw_dtype dtype, const uint8_t *at) {
    uint16_t half;
    double wide;
    if (dtype == LW_DTYPE_F16) {
        memcpy(&half, at, sizeof half);
        return lw_half_to_float(half);
    }
    memcpy(&wide, at, sizeof wide);
    return (float)wide;
}

int lw_tensor_to_f32(const lw_tensor *tensor, float *out) {
    if (tensor->dtype == LW_DTYPE_F32) {
        if (tensor->bytes > 0)
            memcpy(out, tensor->data, tensor->bytes);
        return 1;
    }
    if (tensor->dtype != LW_DTYPE_F16 && tensor->dtype != LW_DTYPE_F64)
        return 0;
    const uint8_t *at = tensor->data;
    for (size_t i = 0; i < tensor->elements; i++)
        out[i] = element_to_f32(tensor->dtype, at + i * lw_dtype_bytes(tensor->dtype));
    return 1;
}
