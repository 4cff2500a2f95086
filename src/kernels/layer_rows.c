/* This file compiles the rows of the layers between convolutions, once an instruction set. */
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "kernels/isa/kernels_table.h"
#include "kernels/layers.h"

static inline float positive(float x) { return x > 0.0f ? x : 0.0f; }

#define LW_TEMPLATE "kernels/isa/layers_core.h"
#include "base/isa/each_set.h"
