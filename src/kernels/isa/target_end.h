/**
 * @file target_end.h
 * Back to the instruction set of the command line: the end of target_begin.h.
 */
#if defined(__clang__)
LW_PRAGMA_OF(clang attribute pop)
#else
LW_PRAGMA_OF(GCC pop_options)
#endif
