#include "base/memory.h"

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

char *lw_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

/** `bytes` rounded up to a multiple of `alignment` (a power of two); SIZE_MAX when that does not fit. */
static size_t round_up(size_t bytes, size_t alignment) {
    if (bytes > SIZE_MAX - (alignment - 1))
        return SIZE_MAX;
    return (bytes + alignment - 1) & ~(alignment - 1);
}

void *lw_aligned_alloc(size_t bytes) {
    bool large = bytes >= 2 * (size_t)HUGE_PAGE_BYTES;
    size_t alignment = large ? HUGE_PAGE_BYTES : LW_ALIGNMENT;
    size_t rounded = round_up(bytes == 0 ? 1 : bytes, LW_ALIGNMENT);
    void *block = NULL;
    if (rounded == SIZE_MAX || posix_memalign(&block, alignment, rounded) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Advice only: fewer TLB misses in long walks over activations; whether it is taken does not matter. */
    if (large)
        (void)madvise(block, rounded, MADV_HUGEPAGE);
#endif
    memset(block, 0, rounded);
    return block;
}

void lw_aligned_free(void *block) { free(block); }

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
    return arena->base != NULL;
}

void lw_arena_free(lw_arena *arena) {
    lw_aligned_free(arena->base);
    *arena = (lw_arena){0};
}
