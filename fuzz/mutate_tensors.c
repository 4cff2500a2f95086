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

/** Change one text of the metadata. */
static void change_metadata(json_t *metadata, unsigned *state) {
    const char *key;
    if (json_object_size(metadata) == 0)
        return;
    const json_t *value = nth(metadata, draw(state, json_object_size(metadata)), &key);
    json_t *changed = json_is_string(value) ? mutated_text(json_string_value(value)) : NULL;
    if (changed)
        json_object_set_new(metadata, key, changed);
}

/** Change, rename or remove an entry of the header. */
static void change_entry(json_t *header, unsigned *state) {
    static const json_int_t sizes[] = {0, 1, 2, 3, 7, 255, 65536, 2147483647, INT64_MAX, -1};
    static const char *const types[] = {"F64", "F32", "F16", "I64", "U16", "U8", "BF16"};
    const char *key;
    json_t *entry = nth(header, draw(state, json_object_size(header)), &key);
    json_t *shape = json_object_get(entry, "shape");
    const unsigned how = draw(state, 4);
    if (how == 0)
        json_object_set_new(entry, "dtype", json_string(types[draw(state, sizeof types / sizeof *types)]));
    else if (how == 1 && json_array_size(shape) > 0)
        json_array_set_new(shape, draw(state, json_array_size(shape)),
                           json_integer(sizes[draw(state, sizeof sizes / sizeof *sizes)]));
    else if (how == 2)
        json_object_set(header, "renamed", entry);
    else
        json_object_del(header, key);
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
    char *text = how < 5 ? changed_stretch(old, header, &state) : changed_header(old, header, &state);
    const size_t now = text ? replace_header(data, size, max_size, header, text) : 0;
    free(text);
    return now > 0 ? now : LLVMFuzzerMutate(data, size, max_size);
}
