/**
 * @file target.h
 * One source for several instruction sets: the compiler makes a clone per set, the loader picks one.
 */
#ifndef LW_KERNELS_TARGET_H
#define LW_KERNELS_TARGET_H

/**
 * Put before a function whose loops vectorise. Only on functions that hold no parallel region themselves (outlined
 * regions would be compiled for the baseline) and are called once per row, since the call goes through a pointer.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define LW_TARGET_CLONES __attribute__((target_clones("avx512f", "avx2,fma", "default")))
#else
#define LW_TARGET_CLONES
#endif

#endif
