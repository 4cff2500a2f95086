/**
 * @file markup.h
 * A check that a text is well-formed XML, for documents without comments, CDATA and entities of their own.
 */
#ifndef LW_TESTS_MARKUP_H
#define LW_TESTS_MARKUP_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LWT_DEPTH_MAX = 64, LWT_NAME_BYTES = 32 };

/** Past the attributes of a tag, each quoted and without '<'; NULL where they are not. */
static inline const char *lwt_skip_attributes(const char *at) {
    for (;;) {
        at += strspn(at, " \n\t");
        if (*at == '>' || *at == '/')
            return at;
        size_t name = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:");
        if (name == 0 || at[name] != '=' || at[name + 1] != '"')
            return NULL;
        at += name + 2;
        size_t value = strcspn(at, "\"<");
        if (at[value] != '"')
            return NULL;
        at += value + 1;
    }
}

/** An ampersand starts one of the five entities or a number. */
static inline bool lwt_entities_are_known(const char *text) {
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (const char *at = strchr(text, '&'); at; at = strchr(at + 1, '&')) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found |= strncmp(at, known[i], strlen(known[i])) == 0;
        if (!found)
            return false;
    }
    return true;
}

/** Every tag is closed by its own end tag, in order; one element holds all. */
static inline bool lwt_is_well_formed(const char *text) {
    char open[LWT_DEPTH_MAX][LWT_NAME_BYTES];
    size_t depth = 0, roots = 0;
    if (strncmp(text, "<!DOCTYPE html>", 15) == 0)
        text += 15;
    if (!lwt_entities_are_known(text))
        return false;
    for (const char *at = strchr(text, '<'); at; at = strchr(at, '<')) {
        bool closing = *++at == '/';
        at += closing;
        size_t length = 0;
        while (isalnum((unsigned char)at[length]))
            length++;
        if (length == 0 || length >= LWT_NAME_BYTES)
            return false;
        if (closing) {
            if (depth == 0 || strlen(open[--depth]) != length || memcmp(open[depth], at, length) != 0)
                return false;
            at += length;
        } else {
            const char *end = lwt_skip_attributes(at + length);
            if (!end || (depth == 0 && roots++ > 0) || depth == LWT_DEPTH_MAX)
                return false;
            if (*end != '/') {
                memcpy(open[depth], at, length);
                open[depth++][length] = '\0';
            }
            at = *end == '/' ? end + 1 : end;
        }
        if (*at != '>')
            return false;
    }
    return depth == 0 && roots == 1;
}

#endif
