/**
 * @file target_end.h
 * Back to the instruction set of the command line: the end of target_begin.h, and of the names that describe a set.
 */
#if defined(LW_TARGET)
#if defined(__clang__)
LW_PRAGMA_OF(clang attribute pop)
#else
LW_PRAGMA_OF(GCC pop_options)
#endif
#endif
#undef LW_SET
#undef LW_SET_ISA
#undef LW_TARGET
#undef LW_VECTOR_FLOATS
#undef LW_REGISTERS
