#define _GNU_SOURCE /* nftw */

#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

lw_status cli_scratch_create(char **folder, lw_error *err) {
    const char *parent = getenv("TMPDIR");
    char *path = cli_format("%s/leadwise-XXXXXX", parent != NULL && parent[0] != '\0' ? parent : "/tmp");
    if (mkdtemp(path) == NULL) {
        const lw_status status = lw_error_set(err, LW_ERR_IO, "%.400s: %s", path, strerror(errno));
        free(path);
        return status;
    }
    *folder = path;
    return LW_OK;
}

static int remove_entry(const char *path, const struct stat *state, int kind, struct FTW *where) {
    (void)state;
    (void)kind;
    (void)where;
    return remove(path);
}

void cli_scratch_remove(char **folder) {
    enum { OPEN_FOLDERS = 8 };
    if (*folder != NULL) {
        nftw(*folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
        free(*folder);
        *folder = NULL;
    }
}
