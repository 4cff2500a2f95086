/**
 * @file target_begin.h
 * Compile what follows for the instruction set LW_TARGET, a string of the compiler's features; without LW_TARGET, for
 * that of the command line. No build flags are needed. Include after all system headers; target_end.h ends it.
 */
#if defined(LW_TARGET)
#define LW_PRAGMA(text) _Pragma(#text)
#define LW_PRAGMA_OF(text) LW_PRAGMA(text)
#if defined(__clang__)
LW_PRAGMA_OF(clang attribute push(__attribute__((target(LW_TARGET))), apply_to = function))
#else
LW_PRAGMA_OF(GCC push_options)
LW_PRAGMA_OF(GCC target(LW_TARGET))
#endif
#endif
