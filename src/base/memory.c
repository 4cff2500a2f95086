/* This file allocates with checks: blocks, aligned blocks, and the arena. */
#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE_BYTES = 2 << 20 };

bool lw_size_mul(size_t a, size_t b, size_t *out) { return !__builtin_mul_overflow(a, b, out); }

void *lw_calloc(size_t count, size_t element_bytes) {
    size_t bytes;
    if (!lw_size_mul(count, element_bytes, &bytes))
        return NULL;
    return calloc(bytes == 0 ? 1 : bytes, 1); /* never zero bytes, so that NULL always means failure */
}

void *lw_grow(void *array, size_t count, size_t *capacity, size_t element_bytes) {
    assert(count <= *capacity);
    if (count < *capacity)
        return array;
    size_t bytes;
    const size_t more = *capacity ? 2 * *capacity : 64;
    void *grown = lw_size_mul(more, element_bytes, &bytes) ? realloc(array, bytes) : NULL;
    *capacity = grown ? more : *capacity;
    return grown;
}

char *lw_strdup(const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/** `bytes` rounded up to a multiple of `alignment` (a power of two); SIZE_MAX when that does not fit. */
static size_t round_up(size_t bytes, size_t alignment) {
    assert((alignment & (alignment - 1)) == 0);
    return bytes > SIZE_MAX - (alignment - 1) ? SIZE_MAX : (bytes + alignment - 1) & ~(alignment - 1);
}

/** In front of every aligned block stands the address that free() requires. */
enum { ORIGIN_BYTES = LW_ALIGNMENT };

static void *small_block(size_t bytes) {
    void *origin = NULL;
    if (posix_memalign(&origin, LW_ALIGNMENT, ORIGIN_BYTES + bytes) != 0)
        return NULL;
    memset(origin, 0, ORIGIN_BYTES + bytes);
    memcpy(origin, &origin, sizeof origin);
    return (char *)origin + ORIGIN_BYTES;
}

/** calloc leaves pages that come zeroed from the system untouched: the threads that fill them touch them first. */
static void *large_block(size_t bytes) {
    char *origin = calloc(bytes + HUGE_PAGE_BYTES + ORIGIN_BYTES, 1);
    if (!origin)
        return NULL;
    const uintptr_t start = (uintptr_t)origin;
    char *block = origin + (round_up(start + ORIGIN_BYTES, HUGE_PAGE_BYTES) - start);
    memcpy(block - ORIGIN_BYTES, &origin, sizeof origin);
#ifdef MADV_HUGEPAGE
    /* Advice, whose failure is harmless: fewer faults and TLB misses in long walks over activations. */
    (void)madvise(block, bytes, MADV_HUGEPAGE);
#endif
    return block;
}

void *lw_aligned_alloc(size_t bytes) {
    const size_t rounded = round_up(bytes == 0 ? 1 : bytes, LW_ALIGNMENT);
    if (rounded > SIZE_MAX / 2)
        return NULL;
    return rounded < 2 * (size_t)HUGE_PAGE_BYTES ? small_block(rounded) : large_block(rounded);
}

void lw_aligned_free(void *block) {
    void *origin = NULL;
    if (block)
        memcpy(&origin, (char *)block - ORIGIN_BYTES, sizeof origin);
    free(origin);
}

size_t lw_arena_plan(lw_arena *arena, size_t count, size_t element_bytes) {
    size_t offset = arena->bytes;
    size_t bytes, end;
    bool fits = lw_size_mul(count, element_bytes, &bytes) && !__builtin_add_overflow(offset, bytes, &end);
    /* A plan that has overflowed once stays at SIZE_MAX, which no allocation can satisfy. */
    arena->bytes = fits ? round_up(end, LW_ALIGNMENT) : SIZE_MAX;
    return arena->bytes == SIZE_MAX ? SIZE_MAX : offset;
}

bool lw_arena_allocate(lw_arena *arena) {
    arena->base = lw_aligned_alloc(arena->bytes);
    return arena->base;
}

void lw_arena_free(lw_arena *arena) {
    lw_aligned_free(arena->base);
    *arena = (lw_arena){0};
}
