/* This file makes strings of other people safe for a terminal, for markup, for JSON and for file names. */
#include "report/escape.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void lw_text_visible(lw_text *text, const char *string) {
    while (*string) {
        size_t length = lw_utf8_length(string);
        size_t step = length ? length : 1;
        if (length && !lw_utf8_is_control(string))
            lw_text_append(text, string, length);
        else
            for (size_t i = 0; i < step; i++)
                lw_text_printf(text, "\\x%02x", (uint8_t)string[i]);
        string += step;
    }
}

size_t lw_utf8_columns(const char *at, size_t length) {
    const uint8_t *byte = (const uint8_t *)at;
    uint32_t point = length == 1 ? byte[0] : byte[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (byte[i] & 0x3fu);
    const bool combines = point >= 0x300 && point < 0x370;
    const bool wide = (point >= 0x1100 && point < 0x1160) || (point >= 0x2e80 && point < 0xa4d0) ||
                      (point >= 0xac00 && point < 0xd7a4) || (point >= 0xf900 && point < 0xfb00) ||
                      (point >= 0xfe30 && point < 0xfe70) || (point >= 0xff00 && point < 0xff61) ||
                      (point >= 0x1f300 && point < 0x1fb00) || (point >= 0x20000 && point < 0x40000);
    return combines ? 0 : wide ? 2 : 1;
}

bool lw_is_file_name(const char *name) {
    for (const char *at = name; *at; at++)
        if (*at == '/' || lw_utf8_is_control(at))
            return false;
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

char *lw_utf8_dup(const char *string) {
    size_t bytes = strlen(string);
    char *copy = malloc(bytes + 1);
    if (!copy)
        return NULL;
    memcpy(copy, string, bytes + 1);
    for (char *at = copy; *at;) {
        size_t length = lw_utf8_length(at);
        if (!length)
            *at = '?';
        at += length ? length : 1;
    }
    return copy;
}

json_t *lw_json_utf8(const char *string) {
    char *clean = lw_utf8_dup(string);
    json_t *value = clean ? json_string(clean) : NULL;
    free(clean);
    return value;
}

void lw_text_markup(lw_text *text, const char *string) {
    char *clean = lw_utf8_dup(string);
    if (clean)
        lw_text_xml(text, clean);
    else
        text->failed = true;
    free(clean);
}
