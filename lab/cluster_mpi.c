/* This file makes a cluster over MPI, and is the only one that calls it. */
#include "lab/launch.h"

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const lw_mpi_module lw_mpi;

/** Below this many bytes from all ranks together, one exchange of everything is quicker than two of parts. */
static const size_t small_bytes = 1 << 16;
/** A wait spins so long, and then tests a thousand times a second: the other ranks may be busy for hours. */
static const double spin_s = 0.01;

enum { STOP_TAG = 1, EXIT_NO_MEMORY = 5 };

/** The callbacks' context. */
typedef struct mpi_ranks {
    MPI_Comm comm;
    int rank, size;
    bool stopping;                                    /**< this rank has sent all others a stop */
    bool stopped;                                     /**< and so has this one or another */
    int stops;                                        /**< requests of others that were received */
    int *counts, *starts, *part_counts, *part_starts; /**< [size] */
    void *received;                                   /**< grows */
    size_t received_bytes;
} mpi_ranks;

/** How elements of a sum are added. */
typedef struct element_kind {
    size_t bytes;
    MPI_Datatype type;
    void (*add)(const void *ranks, size_t stride, int size, size_t count, void *sums);
} element_kind;

/** sums[i] = over the ranks in order, of element i of each; rank r's begin at r * stride. */
static void add_doubles(const void *ranks, size_t stride, int size, size_t count, void *sums) {
    const double *from = ranks;
    double *to = sums;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int r = 0; r < size; r++)
            sum += from[(size_t)r * stride + i];
        to[i] = sum;
    }
}

static void add_floats(const void *ranks, size_t stride, int size, size_t count, void *sums) {
    const float *from = ranks;
    float *to = sums;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int r = 0; r < size; r++)
            sum += (double)from[(size_t)r * stride + i];
        to[i] = (float)sum;
    }
}

static void wait_for(MPI_Request *request) {
    const struct timespec nap = {.tv_nsec = 1000000};
    const double start_s = MPI_Wtime();
    int done = 0;
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    while (!done) {
        if (MPI_Wtime() - start_s > spin_s)
            nanosleep(&nap, NULL);
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
    }
}

/** Room for what the ranks send. */
static void *room(mpi_ranks *m, size_t bytes) {
    if (bytes > m->received_bytes) {
        free(m->received);
        m->received = malloc(bytes);
        m->received_bytes = bytes;
    }
    if (!m->received) {
        fprintf(stderr, "leadwise: out of memory for the sums of %d ranks\n", m->size);
        MPI_Abort(m->comm, EXIT_NO_MEMORY);
    }
    return m->received;
}

/** Everything to everyone; each adds. */
static void sum_small(mpi_ranks *m, const element_kind *kind, void *values, size_t count) {
    void *received = room(m, (size_t)m->size * count * kind->bytes);
    MPI_Request request;
    MPI_Iallgather(values, (int)count, kind->type, received, (int)count, kind->type, m->comm, &request);
    wait_for(&request);
    kind->add(received, count, m->size, count, values);
}

/** Each rank adds a part, which everyone gets back. */
static void sum_large(mpi_ranks *m, const element_kind *kind, void *values, size_t count) {
    const size_t part = (count + (size_t)m->size - 1) / (size_t)m->size;
    for (int r = 0; r < m->size; r++) {
        const size_t start = (size_t)r * part < count ? (size_t)r * part : count;
        const size_t end = start + part < count ? start + part : count;
        m->starts[r] = (int)start;
        m->counts[r] = (int)(end - start);
    }
    const int mine = m->counts[m->rank];
    for (int r = 0; r < m->size; r++) {
        m->part_counts[r] = mine;
        m->part_starts[r] = r * mine;
    }
    char *own = (char *)values + (size_t)m->starts[m->rank] * kind->bytes;
    void *received = room(m, (size_t)m->size * part * kind->bytes);
    MPI_Request request;
    MPI_Ialltoallv(values, m->counts, m->starts, kind->type, received, m->part_counts, m->part_starts, kind->type,
                   m->comm, &request);
    wait_for(&request);
    kind->add(received, (size_t)mine, m->size, (size_t)mine, own);
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, m->counts, m->starts, kind->type, m->comm, &request);
    wait_for(&request);
}

/** In pieces whose numbers fit into MPI's int. */
static void sum_any(mpi_ranks *m, const element_kind *kind, void *values, size_t count) {
    enum { PIECE = 1 << 24 };
    for (size_t done = 0; done < count; done += PIECE) {
        const size_t n = count - done < PIECE ? count - done : PIECE;
        void *at = (char *)values + done * kind->bytes;
        if (n * kind->bytes * (size_t)m->size <= small_bytes)
            sum_small(m, kind, at, n);
        else
            sum_large(m, kind, at, n);
    }
}

static void sum_doubles(void *context, double *values, size_t count) {
    const element_kind doubles = {sizeof(double), MPI_DOUBLE, add_doubles};
    sum_any(context, &doubles, values, count);
}

static void sum_floats(void *context, float *values, size_t count) {
    const element_kind floats = {sizeof(float), MPI_FLOAT, add_floats};
    sum_any(context, &floats, values, count);
}

/** An empty message to each other rank. */
static void stop(void *context) {
    mpi_ranks *m = context;
    for (int r = 0; r < m->size && !m->stopping; r++) {
        if (r != m->rank) {
            MPI_Request request;
            MPI_Isend(NULL, 0, MPI_BYTE, r, STOP_TAG, m->comm, &request);
            MPI_Request_free(&request);
        }
    }
    m->stopping = m->stopped = true;
}

static void receive_stop(mpi_ranks *m) {
    MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, STOP_TAG, m->comm, MPI_STATUS_IGNORE);
    m->stops++;
    m->stopped = true;
}

static bool stopped(void *context) {
    mpi_ranks *m = context;
    int there = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, STOP_TAG, m->comm, &there, MPI_STATUS_IGNORE);
    if (there)
        receive_stop(m);
    return m->stopped;
}

static bool join(lw_cluster *out) {
    int provided;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    mpi_ranks *m = calloc(1, sizeof *m);
    if (!m)
        return false;
    MPI_Comm_dup(MPI_COMM_WORLD, &m->comm);
    MPI_Comm_rank(m->comm, &m->rank);
    MPI_Comm_size(m->comm, &m->size);
    m->counts = calloc(4 * (size_t)m->size, sizeof *m->counts);
    if (!m->counts)
        return false;
    m->starts = m->counts + m->size;
    m->part_counts = m->starts + m->size;
    m->part_starts = m->part_counts + m->size;
    *out = (lw_cluster){.rank = m->rank,
                        .size = m->size,
                        .context = m,
                        .sum = sum_doubles,
                        .sum_floats = sum_floats,
                        .stop = stop,
                        .stopped = stopped};
    return true;
}

/** MPI must not end before every message was received. */
static void leave(void *context) {
    mpi_ranks *m = context;
    double stops = m->stopping;
    sum_doubles(m, &stops, 1);
    while (m->stops + m->stopping < (int)stops)
        receive_stop(m);
    free(m->received);
    free(m->counts);
    MPI_Comm_free(&m->comm);
    MPI_Finalize();
    free(m);
}

const lw_mpi_module lw_mpi = {join, leave};
