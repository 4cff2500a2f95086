/* A fuzz harness that reads its input as a recording of every format. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "record/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Offset in `data` of the line between a header and its signal file; `size` when there is none. */
static size_t find_cut(const uint8_t *data, size_t size, const char *mark) {
    size_t length = strlen(mark);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(data + i, mark, length) == 0)
            return i;
    return size;
}

/* The input is the first file, a line "#--", then the bytes of the one signal file, which a header names s.dat, s.mat
 * or s.flac. Every format reads it, under each of its suffixes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char mark[] = "\n#--\n";
    size_t cut = find_cut(data, size, mark);
    size_t body = cut + strlen(mark) < size ? cut + strlen(mark) : size;
    lw_record_file files[] = {
        {NULL, data, cut},
        {"s.dat", data + body, size - body},
        {"s.mat", data + body, size - body},
        {"s.flac", data + body, size - body},
    };
    const lw_record_options options = {.size = sizeof options, .max_samples = 1 << 16, .rate_hz = 500};
    for (size_t i = 0; lw_reader_suffix(i); i++) {
        char name[16];
        lw_record *record = NULL;
        lw_error err;
        snprintf(name, sizeof name, "s%s", lw_reader_suffix(i));
        files[0].name = name;
        if (lw_record_parse(files, sizeof files / sizeof files[0], &options, &record, &err) == LW_OK)
            lw_record_free(&record);
    }
    return 0;
}
