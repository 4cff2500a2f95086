#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/safetensors.h"

enum { LENGTH_BYTES = 8, PAYLOAD_ALIGNMENT = 64 };

/** Bytes of one tensor; false when the product overflows what JSON integers hold. */
static bool spec_bytes(const lw_tensor_spec *spec, size_t *bytes) {
    *bytes = lw_dtype_bytes(spec->dtype);
    for (size_t i = 0; i < spec->rank; i++)
        if (!lw_size_mul(*bytes, spec->shape[i], bytes))
            return false;
    return *bytes <= INT64_MAX;
}

static json_t *shape_json(const lw_tensor_spec *spec) {
    json_t *shape = json_array();
    for (size_t i = 0; i < spec->rank; i++)
        if (json_array_append_new(shape, json_integer((json_int_t)spec->shape[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return shape;
}

/** Add one tensor that begins at *offset and move *offset to its end. */
static lw_status add_tensor(json_t *root, const lw_tensor_spec *spec, size_t *offset, lw_error *err) {
    size_t bytes, end;
    if (!spec_bytes(spec, &bytes) || __builtin_add_overflow(*offset, bytes, &end) || end > INT64_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "tensor '%s': too large to write", spec->name);
    if (json_object_get(root, spec->name) != NULL)
        return lw_fail(err, LW_ERR_ARGUMENT, "tensor '%s': given twice", spec->name);
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", lw_dtype_name(spec->dtype), "shape", shape_json(spec),
                              "data_offsets", (json_int_t)*offset, (json_int_t)end);
    if (entry == NULL)
        return lw_fail_no_memory(err, "a tensor file's header");
    if (json_object_set_new(root, spec->name, entry) != 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "a tensor's name is not UTF-8");
    *offset = end;
    return LW_OK;
}

static lw_status add_metadata(json_t *root, const lw_metadata_item *items, size_t count, lw_error *err) {
    json_t *object = json_object();
    if (json_object_set(root, "__metadata__", object) != 0) {
        json_decref(object);
        return lw_fail_no_memory(err, "a tensor file's header");
    }
    lw_status status = LW_OK;
    for (size_t i = 0; i < count && status == LW_OK; i++)
        if (json_object_set_new(object, items[i].key, json_string(items[i].value)) != 0)
            status = lw_fail(err, LW_ERR_ARGUMENT, "metadata '%s': not UTF-8, or out of memory", items[i].key);
    json_decref(object);
    return status;
}

/** `root` as a header of LENGTH_BYTES, text and padding. */
static lw_status print_header(const json_t *root, size_t minimum_bytes, char **header, size_t *header_bytes,
                              lw_error *err) {
    char *text = json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        return lw_fail_no_memory(err, "a tensor file's header");
    size_t length = strlen(text), total = LENGTH_BYTES + length;
    if (total < minimum_bytes)
        total = minimum_bytes;
    total = (total + PAYLOAD_ALIGNMENT - 1) / PAYLOAD_ALIGNMENT * PAYLOAD_ALIGNMENT;
    char *bytes = malloc(total);
    if (bytes != NULL) {
        uint64_t padded = total - LENGTH_BYTES;
        memcpy(bytes, &padded, sizeof padded);
        memcpy(bytes + LENGTH_BYTES, text, length);
        memset(bytes + LENGTH_BYTES + length, ' ', total - LENGTH_BYTES - length);
    }
    free(text);
    if (bytes == NULL)
        return lw_fail_no_memory(err, "a tensor file's header");
    *header = bytes;
    *header_bytes = total;
    return LW_OK;
}

lw_status lw_safetensors_header(const lw_tensor_spec *tensors, size_t tensor_count, const lw_metadata_item *metadata,
                                size_t metadata_count, size_t minimum_bytes, char **header, size_t *header_bytes,
                                lw_error *err) {
    json_t *root = json_object();
    if (root == NULL)
        return lw_fail_no_memory(err, "a tensor file's header");
    size_t offset = 0;
    lw_status status = metadata_count > 0 ? add_metadata(root, metadata, metadata_count, err) : LW_OK;
    for (size_t i = 0; i < tensor_count && status == LW_OK; i++)
        status = add_tensor(root, &tensors[i], &offset, err);
    if (status == LW_OK)
        status = print_header(root, minimum_bytes, header, header_bytes, err);
    json_decref(root);
    return status;
}

static lw_status write_payload(lw_output *output, const lw_tensor_spec *tensors, size_t tensor_count, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < tensor_count; i++) {
        size_t bytes;
        status = spec_bytes(&tensors[i], &bytes) ? lw_output_write(output, tensors[i].data, bytes, err)
                                                 : lw_fail_no_memory(err, tensors[i].name);
    }
    return status;
}

lw_status lw_safetensors_write(const char *path, const lw_tensor_spec *tensors, size_t tensor_count,
                               const lw_metadata_item *metadata, size_t metadata_count, lw_error *err) {
    char *header = NULL;
    size_t header_bytes = 0;
    lw_status status =
        lw_safetensors_header(tensors, tensor_count, metadata, metadata_count, 0, &header, &header_bytes, err);
    if (status != LW_OK)
        return status;
    lw_output *output = NULL;
    status = lw_output_create(path, &output, err);
    if (status == LW_OK)
        status = lw_output_write(output, header, header_bytes, err);
    if (status == LW_OK)
        status = write_payload(output, tensors, tensor_count, err);
    if (status == LW_OK)
        status = lw_output_close(&output, err);
    lw_output_abandon(&output);
    free(header);
    return status;
}
