/* This file names statuses, writes the sentence of a failure, and takes options by the size of their struct. */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef LEADWISE_VERSION
#define LEADWISE_VERSION "0.0.0"
#endif

static const char *const status_names[LW_STATUS_COUNT] = {
    [LW_OK] = "OK",
    [LW_ERR_INTERNAL] = "INTERNAL",
    [LW_ERR_ARGUMENT] = "ARGUMENT",
    [LW_ERR_IO] = "IO",
    [LW_ERR_NO_MEMORY] = "NO_MEMORY",
    [LW_ERR_FORMAT] = "FORMAT",
    [LW_ERR_UNSUPPORTED] = "UNSUPPORTED",
    [LW_ERR_UNIT] = "UNIT",
    [LW_ERR_LEAD] = "LEAD",
    [LW_ERR_TOO_SHORT] = "TOO_SHORT",
    [LW_ERR_NO_SIGNAL] = "NO_SIGNAL",
    [LW_ERR_MODEL] = "MODEL",
    [LW_ERR_MISMATCH] = "MISMATCH",
    [LW_ERR_NOT_FINITE] = "NOT_FINITE",
    [LW_ERR_INTERRUPTED] = "INTERRUPTED",
    [LW_ERR_STRICT] = "STRICT",
    [LW_ERR_POOR_SIGNAL] = "POOR_SIGNAL",
    [LW_ERR_RATE] = "RATE",
    [LW_ERR_LEAD_NAME] = "LEAD_NAME",
};

const char *lw_status_name(lw_status status) {
    if ((unsigned)status >= LW_STATUS_COUNT)
        return "UNKNOWN";
    return status_names[status];
}

const char *lw_version(void) { return LEADWISE_VERSION; }

lw_status lw_error_set(lw_error *err, lw_status status, const char *format, ...) {
    if (!err)
        return status;
    /* Formatted aside first: an argument may be err->message itself. */
    char sentence[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(sentence, sizeof sentence, format, arguments) < 0)
        sentence[0] = '\0';
    va_end(arguments);
    lw_make_printable(sentence);
    err->status = status;
    memcpy(err->message, sentence, strlen(sentence) + 1);
    return status;
}

lw_status lw_fail_no_memory(lw_error *err, const char *what) {
    return lw_fail(err, LW_ERR_NO_MEMORY, "out of memory for %s", what);
}

lw_status lw_options_take(void *own, size_t bytes, const void *given, const char *type, lw_error *err) {
    size_t size = sizeof size;
    assert(bytes >= sizeof size);
    if (given)
        memcpy(&size, given, sizeof size);
    if (size < sizeof size || size > bytes)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: size %zu, expected its sizeof, at most %zu", type, size, bytes);
    memset(own, 0, bytes);
    if (given)
        memcpy(own, given, size);
    memcpy(own, &bytes, sizeof bytes);
    return LW_OK;
}
