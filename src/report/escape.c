#include "report/escape.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at `at`, 0 where there is none (RFC 3629: no surrogates, no overlong forms). */
static size_t utf8_length(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    if (b[0] < 0x80)
        return 1;
    size_t length = b[0] < 0xc2 || b[0] > 0xf4 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90);
    bool beyond = (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf4 && b[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/* C0 and C1 controls and DEL: a terminal acts on them. */
static bool is_control(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    return b[0] < 0x20 || b[0] == 0x7f || (b[0] == 0xc2 && b[1] < 0xa0);
}

void lw_text_visible(lw_text *text, const char *string) {
    while (*string) {
        size_t length = utf8_length(string);
        size_t step = length ? length : 1;
        if (length && !is_control(string))
            lw_text_append(text, string, length);
        else
            for (size_t i = 0; i < step; i++)
                lw_text_printf(text, "\\x%02x", (uint8_t)string[i]);
        string += step;
    }
}

char *lw_utf8_dup(const char *string) {
    size_t bytes = strlen(string);
    char *copy = malloc(bytes + 1);
    if (!copy)
        return NULL;
    memcpy(copy, string, bytes + 1);
    for (char *at = copy; *at;) {
        size_t length = utf8_length(at);
        if (!length)
            *at = '?';
        at += length ? length : 1;
    }
    return copy;
}

void lw_text_markup(lw_text *text, const char *string) {
    char *clean = lw_utf8_dup(string);
    if (clean)
        lw_text_xml(text, clean);
    else
        text->failed = true;
    free(clean);
}
