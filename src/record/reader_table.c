/** @file reader_table.c: the formats known, in the order in which they are tried. */
#include <string.h>

#include "record/reader.h"

static const lw_reader *const readers[] = {&lw_wfdb_reader, &lw_csv_reader};

const lw_reader *lw_reader_find(const char *name, lw_span text) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i]->probe(name, text))
            return readers[i];
    return NULL;
}

bool lw_name_ends(const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && lw_span_equals_nocase((lw_span){name + length - tail, tail}, suffix);
}
