/*
 * A mutator of tensor files for libFuzzer. It changes a stretch of the header, one of the JSON texts in its metadata, an
 * entry of a tensor, or the values, and keeps the length of the header right, so that damage goes beyond the first check.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

enum { LENGTH_BYTES = 8, TEXT_MAX = 1 << 14 };

/** The next of the numbers that follow from the seed. */
static unsigned draw(unsigned *state, size_t below) {
    *state = *state * 1664525u + 1013904223u;
    return (unsigned)((*state >> 8) % below);
}

/** Mutate a text value; NULL where what comes out is not UTF-8. */
static json_t *mutated_text(const char *text) {
    static uint8_t buffer[TEXT_MAX];
    const size_t length = strlen(text);
    if (length > TEXT_MAX / 2)
        return NULL;
    memcpy(buffer, text, length);
    const size_t now = LLVMFuzzerMutate(buffer, length, TEXT_MAX);
    return json_stringn((const char *)buffer, now);
}

/** The i-th value of an object, whose key is in *key. */
static json_t *nth(json_t *object, size_t i, const char **key) {
    void *at = json_object_iter(object);
    while (i-- > 0)
        at = json_object_iter_next(object, at);
    *key = json_object_iter_key(at);
    return json_object_iter_value(at);
}

/** A value that is odd in most places. */
static json_t *odd_value(unsigned *state) {
    static const json_int_t whole[] = {0, 1, 2, 3, 7, 255, 65536, 2147483647, INT64_MAX, -1};
    static const double reals[] = {0.5, -0.0, 1e-300, 1e300};
    switch (draw(state, 8)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_array();
    case 3:
        return json_object();
    case 4:
        return json_string("x");
    case 5:
        return json_real(reals[draw(state, sizeof reals / sizeof *reals)]);
    default:
        return json_integer(whole[draw(state, sizeof whole / sizeof *whole)]);
    }
}

/** Remove, replace or double one element of an array that is not empty. */
static void change_element(json_t *array, size_t i, unsigned *state) {
    const unsigned how = draw(state, 3);
    if (how == 0)
        json_array_remove(array, i);
    else if (how == 1)
        json_array_set_new(array, i, odd_value(state));
    else
        json_array_append(array, json_array_get(array, i));
}

/** Remove, replace or rename one member of an object that is not empty. */
static void change_member(json_t *object, const char *key, unsigned *state) {
    const unsigned how = draw(state, 3);
    if (how == 1)
        json_object_set_new(object, key, odd_value(state));
    if (how == 2)
        json_object_set(object, "renamed", json_object_get(object, key));
    if (how != 1)
        json_object_del(object, key);
}

/** Change one place somewhere below `node`. */
static void change_json(json_t *node, unsigned *state) {
    for (;;) {
        const size_t count = json_is_array(node) ? json_array_size(node) : json_object_size(node);
        if (count == 0)
            return;
        const size_t i = draw(state, count);
        const char *key = NULL;
        json_t *child = json_is_array(node) ? json_array_get(node, i) : nth(node, i, &key);
        if (json_array_size(child) + json_object_size(child) > 0 && draw(state, 4) > 0)
            node = child;
        else if (key) {
            change_member(node, key, state);
            return;
        } else {
            change_element(node, i, state);
            return;
        }
    }
}

/** The JSON text with one place changed; NULL where it is none. */
static json_t *changed_json(const char *text, unsigned *state) {
    json_t *root = json_loads(text, 0, NULL);
    change_json(root, state);
    char *changed = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_t *value = changed ? json_string(changed) : NULL;
    free(changed);
    json_decref(root);
    return value;
}

/** Change one text of the metadata: its characters, or where it is JSON one place of it. */
static void change_metadata(json_t *metadata, unsigned *state) {
    const char *key;
    if (json_object_size(metadata) == 0)
        return;
    const char *text = json_string_value(nth(metadata, draw(state, json_object_size(metadata)), &key));
    json_t *changed = text && draw(state, 2) == 0 ? changed_json(text, state) : text ? mutated_text(text) : NULL;
    if (changed)
        json_object_set_new(metadata, key, changed);
}

/** Lay the tensors out anew, one behind the other in the order of the header, by their types and shapes. */
static void lay_out(json_t *header) {
    const char *key;
    json_t *entry;
    json_int_t offset = 0;
    json_object_foreach(header, key, entry) {
        const char *type = json_string_value(json_object_get(entry, "dtype"));
        const json_t *shape = json_object_get(entry, "shape");
        json_int_t bytes = type && strlen(type) > 1 ? strtol(type + 1, NULL, 10) / 8 : 0;
        for (size_t i = 0; i < json_array_size(shape); i++)
            (void)__builtin_mul_overflow(bytes, json_integer_value(json_array_get(shape, i)), &bytes);
        json_int_t end;
        (void)__builtin_add_overflow(offset, bytes, &end);
        if (shape)
            json_object_set_new(entry, "data_offsets", json_pack("[I, I]", offset, end));
        offset = end;
    }
}

/** Change the type or a size of a tensor, or what the header says of it, with the places of all or without. */
static void change_entry(json_t *header, unsigned *state) {
    static const char *const types[] = {"F64", "F32", "F16", "I64", "U16", "U8", "BF16"};
    const char *key;
    json_t *entry = nth(header, draw(state, json_object_size(header)), &key);
    json_t *shape = json_object_get(entry, "shape");
    const unsigned how = draw(state, 3);
    if (how == 0 && shape)
        json_object_set_new(entry, "dtype", json_string(types[draw(state, sizeof types / sizeof *types)]));
    else if (how == 1 && json_array_size(shape) > 0)
        change_element(shape, draw(state, json_array_size(shape)), state);
    else if (strcmp(key, "__metadata__") != 0)
        change_member(header, key, state);
    if (draw(state, 2) == 0)
        lay_out(header);
}

/** The header's text after one change; NULL where it cannot be parsed. free() it. */
static char *changed_header(const uint8_t *text, size_t length, unsigned *state) {
    json_t *header = json_loadb((const char *)text, length, 0, NULL);
    char *changed = NULL;
    if (json_is_object(header) && json_object_size(header) > 0) {
        if (draw(state, 3) == 0)
            change_entry(header, state);
        else
            change_metadata(json_object_get(header, "__metadata__"), state);
        changed = json_dumps(header, JSON_COMPACT);
    }
    json_decref(header);
    return changed;
}

/** A stretch of the header's text mutated, whatever becomes of the JSON; NULL where it is too long. free() it. */
static char *changed_stretch(const uint8_t *text, size_t length, unsigned *state) {
    static uint8_t buffer[TEXT_MAX];
    const size_t first = draw(state, length), rest = length - first, taken = 1 + draw(state, rest < 64 ? rest : 64);
    char *changed = malloc(length + TEXT_MAX + 1);
    if (!changed)
        return NULL;
    memcpy(buffer, text + first, taken);
    const size_t now = LLVMFuzzerMutate(buffer, taken, 2 * taken + 32);
    memcpy(changed, text, first);
    memcpy(changed + first, buffer, now);
    memcpy(changed + first + now, text + first + taken, rest - taken);
    changed[length - taken + now] = '\0';
    return changed;
}

/** Put `text` in the place of the header, whose payload follows; 0 where there is no room. */
static size_t replace_header(uint8_t *data, size_t size, size_t max_size, size_t header, const char *text) {
    const uint64_t length = strlen(text);
    const size_t payload = size - LENGTH_BYTES - header;
    if (LENGTH_BYTES + length + payload > max_size)
        return 0;
    memmove(data + LENGTH_BYTES + length, data + LENGTH_BYTES + header, payload);
    memcpy(data, &length, sizeof length);
    memcpy(data + LENGTH_BYTES, text, length);
    return LENGTH_BYTES + length + payload;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    unsigned state = seed;
    uint64_t header = 0;
    if (size >= LENGTH_BYTES)
        memcpy(&header, data, sizeof header);
    const unsigned how = draw(&state, 8);
    if (size < LENGTH_BYTES || header == 0 || header > size - LENGTH_BYTES || how == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const size_t payload = size - LENGTH_BYTES - header;
    if (payload > 0 && how == 1) { /* the values, whose bytes stay as many */
        LLVMFuzzerMutate(data + LENGTH_BYTES + header, payload, payload);
        return size;
    }
    const uint8_t *old = data + LENGTH_BYTES;
    char *text = how < 6 ? changed_stretch(old, header, &state) : changed_header(old, header, &state);
    const size_t now = text ? replace_header(data, size, max_size, header, text) : 0;
    free(text);
    return now > 0 ? now : LLVMFuzzerMutate(data, size, max_size);
}
