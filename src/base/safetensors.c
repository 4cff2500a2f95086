/* Tensor files: every length of a header checked before it is used, and headers written. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/safetensors.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are used as they lie in the file: little-endian");

enum { LENGTH_BYTES = 8, PAYLOAD_ALIGNMENT = 64 };

static const char metadata_key[] = "__metadata__";

struct lw_safetensors {
    lw_bytes bytes; /* empty when the caller's memory was parsed */
    json_t *header; /* owns the names and the metadata */
    size_t count;
    lw_tensor *tensor; /* in the order of their bytes */
};

/** A file whose tensors are being checked. */
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

static lw_status fail_tensor(const checked_file *file, const char *name, const char *what) {
    return lw_fail(file->err, LW_ERR_MODEL, "%s: tensor '%s': %s", file->shown, name, what);
}

/** A JSON integer that is a size; false for anything else. */
static bool json_size(const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static lw_status read_dtype(const checked_file *file, const json_t *value, lw_tensor *tensor) {
    const char *name = json_string_value(value);
    for (size_t i = 0; name && i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            tensor->dtype = (lw_dtype)i;
            return LW_OK;
        }
    return fail_tensor(file, tensor->name, "unknown dtype, expected F64 F32 F16 I64 I32 U32 I16 U16 I8 or U8");
}

static lw_status read_shape(const checked_file *file, const json_t *value, lw_tensor *tensor) {
    if (!json_is_array(value) || json_array_size(value) > LW_TENSOR_RANK_MAX)
        return fail_tensor(file, tensor->name, "shape is not an array of at most 8 sizes");
    tensor->rank = json_array_size(value);
    tensor->elements = 1;
    for (size_t i = 0; i < tensor->rank; i++) {
        if (!json_size(json_array_get(value, i), &tensor->shape[i]))
            return fail_tensor(file, tensor->name, "shape holds something other than a size");
        if (!lw_size_mul(tensor->elements, tensor->shape[i], &tensor->elements))
            return fail_tensor(file, tensor->name, "product of shape overflows");
    }
    return LW_OK;
}

static lw_status read_offsets(const checked_file *file, const json_t *value, lw_tensor *tensor) {
    size_t begin, end, bytes;
    if (!json_is_array(value) || json_array_size(value) != 2 || !json_size(json_array_get(value, 0), &begin) ||
        !json_size(json_array_get(value, 1), &end))
        return fail_tensor(file, tensor->name, "data_offsets is not [begin, end]");
    if (begin > end || end > file->payload_bytes)
        return fail_tensor(file, tensor->name, "data_offsets outside the file");
    if (!lw_size_mul(tensor->elements, lw_dtype_bytes(tensor->dtype), &bytes) || bytes != end - begin)
        return fail_tensor(file, tensor->name, "data_offsets disagree with dtype and shape");
    tensor->data = file->payload + begin;
    tensor->bytes = bytes;
    return LW_OK;
}

static lw_status read_tensor(const checked_file *file, const char *name, const json_t *entry, lw_tensor *tensor) {
    tensor->name = name;
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return fail_tensor(file, name, "expected exactly dtype, shape and data_offsets");
    lw_status status = read_dtype(file, json_object_get(entry, "dtype"), tensor);
    if (status == LW_OK)
        status = read_shape(file, json_object_get(entry, "shape"), tensor);
    if (status == LW_OK)
        status = read_offsets(file, json_object_get(entry, "data_offsets"), tensor);
    return status;
}

static lw_status check_metadata(const checked_file *file, json_t *metadata) {
    if (!json_is_object(metadata))
        return lw_fail(file->err, LW_ERR_MODEL, "%s: __metadata__ is not an object", file->shown);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) if (!json_is_string(value)) return lw_fail(
        file->err, LW_ERR_MODEL, "%s: metadata '%s' is not a string", file->shown, key);
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
static lw_status check_contiguous(const checked_file *file, const lw_tensor *tensors, size_t count) {
    size_t expected = 0;
    for (size_t i = 0; i < count; i++) {
        if ((const uint8_t *)tensors[i].data != file->payload + expected)
            return fail_tensor(file, tensors[i].name, "overlaps or leaves a gap to the tensor before it");
        expected += tensors[i].bytes;
    }
    if (expected != file->payload_bytes)
        return lw_fail(file->err, LW_ERR_MODEL, "%s: tensors end after %zu bytes, the file after %zu", file->shown,
                       expected, file->payload_bytes);
    return LW_OK;
}

static lw_status read_entries(const checked_file *file, size_t limit, lw_safetensors *out) {
    const size_t entries = json_object_size(out->header) - (json_object_get(out->header, metadata_key) ? 1 : 0);
    if (entries > limit)
        return lw_fail(file->err, LW_ERR_MODEL, "%s: %zu tensors, expected at most %zu", file->shown, entries, limit);
    out->tensor = lw_calloc(entries, sizeof *out->tensor);
    if (!out->tensor)
        return lw_fail_no_memory(file->err, file->shown);
    const char *name;
    json_t *entry;
    json_object_foreach(out->header, name, entry) {
        lw_status status = strcmp(name, metadata_key) == 0 ? check_metadata(file, entry)
                                                           : read_tensor(file, name, entry, &out->tensor[out->count++]);
        if (status != LW_OK)
            return status;
    }
    assert(out->count == entries);
    qsort(out->tensor, out->count, sizeof *out->tensor, by_offset);
    return check_contiguous(file, out->tensor, out->count);
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

lw_status lw_safetensors_parse(const uint8_t *data, size_t length, const char *shown, lw_safetensors_limits limits,
                               lw_safetensors **out, lw_error *err) {
    size_t header = 0;
    lw_safetensors *file = lw_calloc(1, sizeof *file);
    if (!file)
        return lw_fail_no_memory(err, shown);
    lw_status status = read_header_length(data, length, shown, limits.header_bytes, &header, err);
    if (status == LW_OK)
        status = lw_json_parse_object((lw_json_place){shown, LW_ERR_MODEL, err}, (const char *)data + LENGTH_BYTES,
                                      header, &file->header);
    if (status == LW_OK) {
        const size_t begin = LENGTH_BYTES + header;
        status = read_entries(&(checked_file){shown, data + begin, length - begin, err}, limits.tensors, file);
    }
    if (status == LW_OK)
        *out = file;
    else
        lw_safetensors_free(&file);
    return status;
}

lw_status lw_safetensors_open(const char *path, lw_safetensors_limits limits, lw_safetensors **out, lw_error *err) {
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_map(path, &bytes, err);
    if (status == LW_OK)
        status = lw_safetensors_parse(bytes.data, bytes.length, path, limits, out, err);
    if (status == LW_OK)
        (*out)->bytes = bytes;
    else
        lw_bytes_free(&bytes);
    return status;
}

void lw_safetensors_free(lw_safetensors **file) {
    if (!file || !*file)
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

bool lw_tensor_to_f32(const lw_tensor *tensor, float *out) {
    /* Copied element by element, which need not be aligned in the file. */
    const uint8_t *at = tensor->data;
    if (tensor->dtype != LW_DTYPE_F32 && tensor->dtype != LW_DTYPE_F16 && tensor->dtype != LW_DTYPE_F64)
        return false;
    if (tensor->dtype == LW_DTYPE_F32 && tensor->bytes > 0)
        memcpy(out, at, tensor->bytes);
    for (size_t i = 0; tensor->dtype == LW_DTYPE_F16 && i < tensor->elements; i++) {
        uint16_t half;
        memcpy(&half, at + i * sizeof half, sizeof half);
        out[i] = lw_half_to_float(half);
    }
    for (size_t i = 0; tensor->dtype == LW_DTYPE_F64 && i < tensor->elements; i++) {
        double wide;
        memcpy(&wide, at + i * sizeof wide, sizeof wide);
        out[i] = (float)wide;
    }
    return true;
}

/* ---- Writing */

/** Bytes of one tensor; false when the product overflows what JSON integers hold. */
static bool spec_bytes(const lw_tensor_spec *spec, size_t *bytes) {
    *bytes = lw_dtype_bytes(spec->dtype);
    for (size_t i = 0; i < spec->rank; i++)
        if (!lw_size_mul(*bytes, spec->shape[i], bytes))
            return false;
    return *bytes <= INT64_MAX;
}

/** Add one tensor that begins at *offset and move *offset to its end. */
static lw_status add_tensor(json_t *root, const lw_tensor_spec *spec, size_t *offset, lw_error *err) {
    size_t bytes, end;
    if (!spec_bytes(spec, &bytes) || __builtin_add_overflow(*offset, bytes, &end) || end > INT64_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "tensor '%s': too large to write", spec->name);
    if (json_object_get(root, spec->name))
        return lw_fail(err, LW_ERR_ARGUMENT, "tensor '%s': given twice", spec->name);
    json_t *shape = json_array();
    for (size_t i = 0; i < spec->rank; i++)
        lw_json_append(&shape, lw_json_count(spec->shape[i]));
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtypes[spec->dtype].name, "shape", shape, "data_offsets",
                              (json_int_t)*offset, (json_int_t)end);
    if (!entry)
        return lw_fail_no_memory(err, "a file's header");
    if (json_object_set_new(root, spec->name, entry) != 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "a tensor's name is not UTF-8");
    *offset = end;
    return LW_OK;
}

/** `root` as a header of LENGTH_BYTES, text and padding. */
static lw_status print_header(const json_t *root, size_t minimum_bytes, char **header, size_t *header_bytes,
                              lw_error *err) {
    char *text = json_dumps(root, JSON_COMPACT);
    const size_t length = text ? strlen(text) : 0;
    size_t total = LENGTH_BYTES + length > minimum_bytes ? LENGTH_BYTES + length : minimum_bytes;
    total = (total + PAYLOAD_ALIGNMENT - 1) / PAYLOAD_ALIGNMENT * PAYLOAD_ALIGNMENT;
    assert(total % PAYLOAD_ALIGNMENT == 0 && total >= LENGTH_BYTES + length);
    char *bytes = text ? malloc(total) : NULL;
    if (!bytes) {
        free(text);
        return lw_fail_no_memory(err, "a file's header");
    }
    const uint64_t padded = total - LENGTH_BYTES;
    memcpy(bytes, &padded, sizeof padded);
    memset(bytes + LENGTH_BYTES, ' ', padded);
    memcpy(bytes + LENGTH_BYTES, text, length);
    free(text);
    *header = bytes;
    *header_bytes = total;
    return LW_OK;
}

lw_status lw_safetensors_header(const lw_tensor_spec *tensors, size_t tensor_count, const lw_metadata_item *metadata,
                                size_t metadata_count, size_t minimum_bytes, char **header, size_t *header_bytes,
                                lw_error *err) {
    size_t offset = 0;
    json_t *root = json_object(), *strings = json_object();
    /* Without metadata there is no entry for it, rather than an empty one. */
    const bool set = metadata_count == 0 || json_object_set(root, metadata_key, strings) == 0;
    lw_status status = root && strings && set ? LW_OK : lw_fail_no_memory(err, "a file's header");
    for (size_t i = 0; i < metadata_count && status == LW_OK; i++)
        if (json_object_set_new(strings, metadata[i].key, json_string(metadata[i].value)) != 0)
            status = lw_fail(err, LW_ERR_ARGUMENT, "metadata '%s': not UTF-8, or out of memory", metadata[i].key);
    for (size_t i = 0; i < tensor_count && status == LW_OK; i++)
        status = add_tensor(root, &tensors[i], &offset, err);
    if (status == LW_OK)
        status = print_header(root, minimum_bytes, header, header_bytes, err);
    json_decref(strings);
    json_decref(root);
    return status;
}

lw_status lw_safetensors_write(const char *path, const lw_tensor_spec *tensors, size_t tensor_count,
                               const lw_metadata_item *metadata, size_t metadata_count, lw_error *err) {
    char *header = NULL;
    size_t header_bytes = 0;
    lw_output *output = NULL;
    lw_status status =
        lw_safetensors_header(tensors, tensor_count, metadata, metadata_count, 0, &header, &header_bytes, err);
    if (status == LW_OK)
        status = lw_output_create(path, &output, err);
    if (status == LW_OK)
        status = lw_output_write(output, header, header_bytes, err);
    for (size_t i = 0; i < tensor_count && status == LW_OK; i++) {
        size_t bytes = 0;
        (void)spec_bytes(&tensors[i], &bytes); /* fits, since the header holds its offsets */
        status = lw_output_write(output, tensors[i].data, bytes, err);
    }
    if (status == LW_OK)
        status = lw_output_close(&output, err);
    lw_output_abandon(&output);
    free(header);
    return status;
}
