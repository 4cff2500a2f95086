/*
 * Runs a fuzz harness over files and folders of files, so that inputs which a fuzzer found are tested without it.
 * Each input is also cut short at many places and damaged byte by byte, which replaces libFuzzer where it is absent.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUTS = 64, DAMAGES = 256 };

/** Runs the harness on a copy of the exact size, so that a sanitizer reports a read past it. */
static void run_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size + (size == 0));
    if (!copy)
        exit(2);
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_variations(uint8_t *data, size_t size) {
    run_copy(data, size);
    for (size_t i = 0; i < CUTS && size > 0; i++)
        run_copy(data, size * i / CUTS);
    uint32_t state = 1;
    for (int i = 0; i < DAMAGES && size > 0; i++) {
        state = state * 1664525u + 1013904223u;
        /* Headers break more than bodies do: half of the damage goes to the first 512 bytes. */
        size_t reach = i % 2 == 0 && size > 512 ? 512 : size;
        size_t at = (size_t)(state >> 8) % reach;
        uint8_t kept = data[at];
        data[at] = (uint8_t)(kept ^ (1u << (state >> 5 & 7)));
        run_copy(data, size);
        data[at] = kept;
    }
}

static int run_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        perror(path);
        return 1;
    }
    fseek(stream, 0, SEEK_END);
    long size = ftell(stream);
    rewind(stream);
    uint8_t *data = size >= 0 ? malloc((size_t)size + 1) : NULL;
    int failed = !data || fread(data, 1, (size_t)size, stream) != (size_t)size;
    fclose(stream);
    if (!failed)
        run_variations(data, (size_t)size);
    free(data);
    return failed;
}

static int run_folder(const char *path) {
    DIR *folder = opendir(path);
    if (!folder)
        return run_file(path);
    int failed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        failed |= run_file(name);
        files++;
    }
    closedir(folder);
    printf("%s: %d files\n", path, files);
    return failed || files == 0;
}

int main(int argc, char **argv) {
    int failed = argc < 2;
    for (int i = 1; i < argc; i++)
        failed |= run_folder(argv[i]);
    return failed;
}
