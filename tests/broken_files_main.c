/* This program writes the two thousand broken files to a folder, to try other programs on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broken_files.h"

/** "0123-record-format16" in `folder`; what is broken goes to standard output. */
static int write_one(const char *folder, size_t i) {
    const lwt_broken broken = lwt_broken_make(i);
    char path[1024], *slash = strrchr(broken.seed, '/');
    snprintf(path, sizeof path, "%s/%04zu-%.*s-%s", folder, i, (int)(slash - broken.seed), broken.seed, slash + 1);
    FILE *stream = fopen(path, "wb");
    int failed = !stream || fwrite(broken.file.data, 1, broken.file.length, stream) != broken.file.length;
    failed |= stream && fclose(stream) != 0;
    printf("%s\t%s\n", path, broken.what);
    free(broken.file.data);
    return failed;
}

int main(int argc, char **argv) {
    int failed = argc != 2;
    for (size_t i = 0; !failed && i < LWT_BROKEN_FILES; i++)
        failed = write_one(argv[1], i);
    if (failed)
        fprintf(stderr, "usage: broken_files FOLDER, which can be written\n");
    return failed;
}
