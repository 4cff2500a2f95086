/**
 * @file memory.h
 * Checked allocation, and the arena in which a network's tensors are planned.
 */
#ifndef LW_BASE_MEMORY_H
#define LW_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** `*out = a * b`; false when that does not fit. */
bool lw_size_mul(size_t a, size_t b, size_t *out);

/** Zeroed array of `count` elements, NULL when out of memory or when the product overflows. free() it. */
void *lw_calloc(size_t count, size_t element_bytes);

/**
 * Room for one more than `count` elements in an array of *capacity, which is doubled when it is full.
 * @return the array, perhaps moved; NULL when out of memory: then `array` is still whole. free() it.
 */
void *lw_grow(void *array, size_t count, size_t *capacity, size_t element_bytes);

/** Copy of a NUL-terminated string, NULL when out of memory. free() it. */
char *lw_strdup(const char *text);

/** Floats start at multiples of this, enough for the widest vector and for a cache line. */
enum { LW_ALIGNMENT = 64 };

/** Zeroed, LW_ALIGNMENT-aligned block, of huge pages where it is large and the system has them. NULL when out of memory. */
void *lw_aligned_alloc(size_t bytes);
void lw_aligned_free(void *block);

/**
 * A plan of one block of memory: first every user adds what it needs and remembers the offset, then the
 * block is allocated once. Offsets are multiples of LW_ALIGNMENT.
 */
typedef struct lw_arena {
    size_t bytes; /**< planned so far */
    char *base;   /**< NULL until lw_arena_allocate */
} lw_arena;

/** Reserve `count` elements; the offset of the first. SIZE_MAX when the total does not fit in size_t. */
size_t lw_arena_plan(lw_arena *arena, size_t count, size_t element_bytes);
/** Allocate the planned block, zeroed. False when out of memory. */
bool lw_arena_allocate(lw_arena *arena);
/** Free the block and forget the plan. */
void lw_arena_free(lw_arena *arena);
/** Where a planned offset lies. */
static inline void *lw_arena_at(const lw_arena *arena, size_t offset) { return arena->base + offset; }

#endif
