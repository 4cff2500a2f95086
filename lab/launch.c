/* Joins the processes of an MPI launcher, through a module that is loaded only then. */
#define _GNU_SOURCE /* dlfcn, tmpfile's descriptor, readlink */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "lab/launch.h"

#define MODULE "leadwise-mpi.so"

/** The number that the launcher gave to the first of `names` [count] that it set; -1: none of them. */
static int launched_number(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (getenv(names[i]))
            return atoi(getenv(names[i]));
    return -1;
}

/** How many processes the launcher started; 0: unknown. */
static int launched_ranks(void) {
    const int size = launched_number((const char *const[]){"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}, 2);
    return size >= 0 ? size : getenv("PMIX_RANK") ? 0 : 1;
}

/** The module beside the program, else where it is installed. NULL with `why` when it cannot be loaded. */
static const lw_mpi_module *load_module(const char *module_folder, char why[512]) {
    const char *const folders[] = {"", module_folder};
    char program[1024], path[1200];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(program, '/');
    void *library = NULL;
    snprintf(why, 512, "%s is neither beside the program nor installed", MODULE);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !library && slash; i++) {
        snprintf(path, sizeof path, "%.*s/%.100s%s", (int)(slash - program), program, folders[i], MODULE);
        if (access(path, R_OK) != 0)
            continue;
        library = dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* global: MPI loads parts of its own that need it */
        snprintf(why, 512, "%s", library ? "" : dlerror());
    }
    return library ? dlsym(library, LW_MPI_SYMBOL) : NULL;
}

/** Standard output to nowhere, standard error to a temporary file. */
static void hold_back(lw_launch *launch) {
    FILE *file = tmpfile();
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int held = file ? dup(fileno(file)) : -1;
    const int shown = dup(STDERR_FILENO);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
    if (held >= 0 && shown >= 0 && dup2(held, STDERR_FILENO) >= 0) {
        launch->held = held;
        launch->shown = shown;
    }
    if (file)
        fclose(file);
}

static void show_held(const lw_launch *launch) {
    char text[4096];
    ssize_t length;
    off_t at = 0;
    while (launch->held > 0 && (length = pread(launch->held, text, sizeof text, at)) > 0 &&
           write(launch->shown, text, (size_t)length) == length)
        at += length;
}

lw_status lw_launch_join(lw_launch *launch, const char *module_folder, lw_error *err) {
    char why[512];
    const int ranks = launched_ranks();
    if (ranks == 1)
        return LW_OK;
    const lw_mpi_module *module = load_module(module_folder, why);
    /* The launcher gives the rank before MPI can. */
    if (!module && launched_number((const char *const[]){"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"}, 3) <= 0)
        return lw_fail(err, LW_ERR_IO, "started as one of several MPI processes, which needs the module for MPI: %s",
                       why);
    if (!module) {
        sleep(1); /* a launcher ends all when one does, and rank 0 reports why */
        return lw_fail(err, LW_ERR_IO, "%s", "");
    }
    if (!module->join(&launch->cluster))
        return lw_fail_no_memory(err, "a cluster");
    launch->module = module;
    if (ranks > 0 && launch->cluster.size != ranks)
        return lw_fail(err, LW_ERR_IO, "the launcher started %d processes, but MPI reports %d: they are not of one MPI",
                       ranks, launch->cluster.size);
    if (launch->cluster.rank > 0)
        hold_back(launch);
    return LW_OK;
}

int lw_launch_leave(lw_launch *launch, int code) {
    if (!launch->module)
        return code;
    code = lw_launch_agree(launch, code);
    launch->module->leave(launch->cluster.context);
    return code;
}

/** The exit code that a rank brings. */
typedef struct ending {
    int rank, code;
} ending;

/** What the ranks agree on is a sentence: here, which of them failed, and with what. */
static lw_status end_with(void *context, lw_error *err) {
    const ending *e = context;
    if (e->code == 0)
        return LW_OK;
    return lw_fail(err, e->code == LW_LAUNCH_INTERRUPTED ? LW_ERR_INTERRUPTED : LW_ERR_INTERNAL, "%d %d", e->rank,
                   e->code);
}

int lw_launch_agree(const lw_launch *launch, int code) {
    if (!launch || !launch->module)
        return code;
    ending e = {launch->cluster.rank, code};
    int rank;
    lw_error err = {0};
    if (lw_collective_run(&launch->cluster, LW_EVERY_RANK, end_with, &e, &err) == LW_OK ||
        sscanf(err.message, "%d %d", &rank, &code) != 2)
        return code;
    if (rank > 0 && rank == launch->cluster.rank)
        show_held(launch);
    return code;
}

const lw_cluster *lw_launch_cluster(const lw_launch *launch) {
    return launch && launch->module ? &launch->cluster : NULL;
}
