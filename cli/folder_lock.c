/* This file keeps a second training out of a folder, by a lock on the folder that the system takes back when a process ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "messages.h"
#include "paths.h"

/** The process that holds a lock on the file, as /proc/locks lists it; 0 where it does not. */
static long holder_of(int folder) {
    struct stat info;
    char line[256];
    long found = 0;
    FILE *locks = fstat(folder, &info) == 0 ? fopen("/proc/locks", "r") : NULL;
    while (locks && found == 0 && fgets(line, sizeof line, locks)) {
        long pid;
        unsigned long long inode;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %*x:%*x:%llu", &pid, &inode) == 2 && inode == info.st_ino)
            found = pid;
    }
    if (locks)
        (void)fclose(locks);
    return found;
}

int cli_folder_lock(const char *path) {
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* A file system without locks has none to wait for; the descriptor stays open until the program ends. */
    if (folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return CLI_EXIT_OK;
    const long holder = holder_of(folder);
    (void)close(folder);
    if (holder > 0)
        cli_error("%s: process %ld is writing into this folder, expected another folder or its end", path, holder);
    else
        cli_error("%s: another process is writing into this folder, expected another folder or its end", path);
    return CLI_EXIT_IO;
}
