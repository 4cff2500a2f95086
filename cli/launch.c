#define _GNU_SOURCE /* dlfcn, tmpfile's descriptor, readlink */

#include "launch.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster_mpi.h"
#include "messages.h"

#define MODULE "leadwise-mpi.so"

/** How many processes the launcher started; 0: it does not say. */
static int launched_ranks(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *size = getenv(names[i]);
        if (size != NULL) {
            return atoi(size);
        }
    }
    return getenv("PMIX_RANK") != NULL ? 0 : 1;
}

/** Rank 0 by the launcher's word, which comes before MPI's. */
static bool launched_first(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *rank = getenv(names[i]);
        if (rank != NULL) {
            return atoi(rank) == 0;
        }
    }
    return true;
}

/** The module beside the program, else where it is installed. NULL with `why` when it cannot be loaded. */
static const cli_mpi_module *load_module(char why[512]) {
    static const char *const folders[] = {"", LEADWISE_MODULE_FOLDER};
    char program[1024];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(program, '/');
    void *library = NULL;
    snprintf(why, 512, "%s is neither beside the program nor installed", MODULE);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && library == NULL && slash != NULL; i++) {
        char *path = cli_format("%.*s/%s%s", (int)(slash - program), program, folders[i], MODULE);
        if (access(path, R_OK) == 0) {
            /* Global: MPI loads its own parts, which look for it. */
            library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
            snprintf(why, 512, "%s", library != NULL ? "" : dlerror());
        }
        free(path);
    }
    return library != NULL ? dlsym(library, CLI_MPI_SYMBOL) : NULL;
}

/** Standard output to nowhere, standard error to a file that nobody sees. */
static void hold_back(cli_launch *launch) {
    FILE *file = tmpfile();
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int held = file != NULL ? dup(fileno(file)) : -1;
    const int shown = dup(STDERR_FILENO);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
    if (held >= 0 && shown >= 0 && dup2(held, STDERR_FILENO) >= 0) {
        launch->held = held;
        launch->shown = shown;
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void show_held(const cli_launch *launch) {
    char text[4096];
    ssize_t length;
    off_t at = 0;
    while (launch->held > 0 && (length = pread(launch->held, text, sizeof text, at)) > 0 &&
           write(launch->shown, text, (size_t)length) == length) {
        at += length;
    }
}

int cli_launch_join(cli_launch *launch) {
    char why[512];
    const int ranks = launched_ranks();
    if (ranks == 1) {
        return CLI_EXIT_OK;
    }
    const cli_mpi_module *module = load_module(why);
    if (module == NULL) {
        if (launched_first()) {
            cli_error("started as one of several MPI processes, which needs the module for MPI: %s", why);
        } else {
            sleep(1); /* a launcher ends all when one does, and rank 0 should have said why */
        }
        return CLI_EXIT_IO;
    }
    if (!module->join(&launch->cluster)) {
        cli_error("out of memory");
        return CLI_EXIT_IO;
    }
    launch->module = module;
    if (ranks > 0 && launch->cluster.size != ranks) {
        cli_error("the launcher started %d processes, but MPI knows of %d: they are not of one MPI", ranks,
                  launch->cluster.size);
        return CLI_EXIT_IO;
    }
    if (launch->cluster.rank > 0) {
        hold_back(launch);
    }
    return CLI_EXIT_OK;
}

int cli_launch_leave(cli_launch *launch, int code) {
    if (launch->module == NULL) {
        return code;
    }
    code = cli_launch_agree(launch, code);
    launch->module->leave(launch->cluster.context);
    return code;
}

int cli_launch_agree(const cli_launch *launch, int code) {
    if (launch == NULL || launch->module == NULL) {
        return code;
    }
    /* What the ranks agree on is a sentence: here, which of them failed, and with what. */
    lw_error err = {0};
    lw_status status = LW_OK;
    if (code != CLI_EXIT_OK) {
        status = code == CLI_EXIT_INTERRUPTED ? LW_ERR_INTERRUPTED : LW_ERR_INTERNAL;
        err.status = status;
        snprintf(err.message, sizeof err.message, "%d %d", launch->cluster.rank, code);
    }
    int rank;
    if (lw_cluster_agree(&launch->cluster, status, &err) == LW_OK || sscanf(err.message, "%d %d", &rank, &code) != 2) {
        return code;
    }
    if (rank > 0 && rank == launch->cluster.rank) {
        show_held(launch);
    }
    return code;
}

int cli_agree(const cli_arguments *arguments, int code) {
    return cli_launch_agree(cli_arguments_launch(arguments), code);
}

const lw_cluster *cli_cluster(const cli_arguments *arguments) {
    const cli_launch *launch = cli_arguments_launch(arguments);
    return launch != NULL && launch->module != NULL ? &launch->cluster : NULL;
}

bool cli_leads(const cli_arguments *arguments) { return lw_cluster_leads(cli_cluster(arguments)); }
