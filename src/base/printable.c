#include "base/printable.h"

#include <stdint.h>
#include <string.h>

#include "leadwise/leadwise.h"

size_t lw_utf8_length(const char *at) {
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

bool lw_utf8_is_control(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    return b[0] < 0x20 || b[0] == 0x7f || (b[0] == 0xc2 && b[1] < 0xa0);
}

void lw_make_printable(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        size_t length = lw_utf8_length(from);
        if (length == 0 || lw_utf8_is_control(from))
            *to++ = '?';
        else
            for (size_t i = 0; i < length; i++)
                *to++ = from[i];
        from += length > 0 ? length : 1;
    }
    *to = '\0';
}
