/**
 * @file lanes_body.h
 * Template of the kernels in lanes.h: included by lanes.c once an instruction set. Where a vector is narrower than a
 * row, the row's parts are done one after the other.
 */

/* Doubles of a vector; the scalar set leaves it to the compiler to split the shortest. */
#define LANES_WIDTH (LW_VECTOR_FLOATS > 4 ? LW_VECTOR_FLOATS / 2 : 2)
/* Sums that registers hold beside twice as many rows, a divisor of LW_FIR_BLOCK. */
#define LANES_CHAINS (LW_REGISTERS / 4)
/* A vector of so many of the 16-bit numbers at `adc`, for which compilers find no short way. */
#if LW_VECTOR_FLOATS == 16
#define LANES_WIDEN(adc) _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(adc))))
#elif LW_VECTOR_FLOATS == 8
#define LANES_WIDEN(adc) _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64((const void *)(adc))))
#else
#define LANES_WIDEN(adc) ((vec){(adc)[0], (adc)[1]})
#endif

typedef double LW_NAME(vec) __attribute__((vector_size(LANES_WIDTH * sizeof(double)), may_alias));
typedef double LW_NAME(vec_unaligned) __attribute__((vector_size(LANES_WIDTH * sizeof(double)), aligned(8), may_alias));
typedef long long LW_NAME(mask) __attribute__((vector_size(LANES_WIDTH * sizeof(long long))));
#define vec LW_NAME(vec)
#define AT(p) (*(vec *)(p))
#define CONST_AT(p) (*(const vec *)(p))

static bool LW_NAME(all_within)(const double *samples, size_t count, double limit) {
    LW_NAME(mask) inside = (LW_NAME(mask)){0} == 0;
    size_t t = 0;
    for (; t + LANES_WIDTH <= count; t += LANES_WIDTH) {
        const vec x = *(const LW_NAME(vec_unaligned) *)(samples + t);
        inside &= (x <= limit) & (x >= -limit);
    }
    bool all = true;
    for (size_t l = 0; l < LANES_WIDTH; l++)
        all &= inside[l] != 0;
    for (; t < count; t++)
        all &= fabs(samples[t]) <= limit;
    return all;
}

static void LW_NAME(load_part)(const int16_t *adc, size_t stride, size_t count, const double *scale,
                               const double *offset, double *rows) {
    vec by, plus;
    memcpy(&by, scale, sizeof by);
    memcpy(&plus, offset, sizeof plus);
    for (size_t t = 0; t < count; t++)
        AT(rows + t * LW_LANES) = by * (vec)LANES_WIDEN(adc + t * stride) + plus;
}

static void LW_NAME(load)(const int16_t *adc, size_t stride, size_t count, size_t lanes, const double *scale,
                          const double *offset, double *rows) {
    for (size_t part = 0; part < lanes; part += LANES_WIDTH)
        LW_NAME(load_part)(adc + part, stride, count, scale + part, offset + part, rows + part);
}

static void LW_NAME(add_line)(const double *base, const double *slope, size_t count, size_t lanes, double *rows) {
    for (size_t part = 0; part < lanes; part += LANES_WIDTH) {
        vec start, step;
        memcpy(&start, base + part, sizeof start);
        memcpy(&step, slope + part, sizeof step);
        for (size_t t = 0; t < count; t++)
            AT(rows + t * LW_LANES + part) += start + step * (double)t;
    }
}

/* Any ratio: each output has the taps of its phase. */
static void LW_NAME(interpolate_part)(const lw_fir_job *job, size_t part, double *out) {
    enum { CHAINS = LW_FIR_BLOCK }; /* outputs in flight, which hides the latency of their sums */
    for (size_t i = 0; i < job->outputs; i += CHAINS) {
        const double *row[CHAINS], *taps[CHAINS];
        vec sum[CHAINS];
        LANES_UNROLL
        for (size_t j = 0; j < CHAINS; j++) {
            const size_t position = job->phase + (i + j) * job->down;
            row[j] = job->rows + position / job->up * LW_LANES + part;
            taps[j] = job->phases + position % job->up * job->taps;
            sum[j] = (vec){0};
        }
        for (size_t k = 0; k < job->taps; k++) {
            LANES_UNROLL
            for (size_t j = 0; j < CHAINS; j++)
                sum[j] += taps[j][k] * CONST_AT(row[j] + k * LW_LANES);
        }
        LANES_UNROLL
        for (size_t j = 0; j < CHAINS; j++)
            if (i + j < job->outputs)
                AT(out + (i + j) * LW_LANES + part) = sum[j];
    }
}

/*
 * LANES_CHAINS outputs of a ratio 1 / down. The taps are symmetric, so the two rows of equal distance from an output's
 * middle are added first, which halves the products. Taps `down` apart meet, in one output after the other, rows `down`
 * apart: two windows of such rows move through registers, one upwards from the first tap, one downwards from the last,
 * and every row that is loaded serves LANES_CHAINS outputs.
 */
static inline __attribute__((always_inline)) void LW_NAME(decimate_by)(size_t by, const lw_fir_job *job, size_t part,
                                                                       double *out) {
    enum { CHAINS = LANES_CHAINS, REACH = LW_FIR_REACH, TURN = REACH * CHAINS };
    const size_t step = by * LW_LANES;
    for (size_t i = 0; i < job->outputs; i += CHAINS) {
        const double *x = job->rows + i * step + part;
        vec sum[CHAINS];
        LANES_UNROLL
        for (size_t j = 0; j < CHAINS; j++)
            sum[j] = job->phases[REACH * by] * CONST_AT(x + (REACH + j) * step);
        for (size_t r = 0; r < by; r++) {
            const double *tap = job->phases + r, *above = x + r * LW_LANES,
                         *below = x + 2 * REACH * step - r * LW_LANES;
            vec up[CHAINS], down[CHAINS]; /* row j is up[(j + q) % CHAINS], and down[(j - q) % CHAINS] */
            LANES_UNROLL
            for (size_t j = 0; j < CHAINS; j++) {
                up[j] = CONST_AT(above + j * step);
                down[j] = CONST_AT(below + j * step);
            }
            LANES_UNROLL
            for (size_t q = 0; q < REACH; q++) {
                LANES_UNROLL
                for (size_t j = 0; j < CHAINS; j++)
                    sum[j] += tap[q * by] * (up[(j + q) % CHAINS] + down[(j + TURN - q) % CHAINS]);
                up[q % CHAINS] = CONST_AT(above + (q + CHAINS) * step);
                down[(TURN - 1 - q) % CHAINS] = CONST_AT(below - (q + 1) * step);
            }
        }
        LANES_UNROLL
        for (size_t j = 0; j < CHAINS; j++)
            if (i + j < job->outputs)
                AT(out + (i + j) * LW_LANES + part) = sum[j];
    }
}

/* The usual rates, 500 and 1000 Hz, have their distances between rows in the instructions. */
static void LW_NAME(decimate_part)(const lw_fir_job *job, size_t part, double *out) {
    if (job->down == 5)
        LW_NAME(decimate_by)(5, job, part, out);
    else if (job->down == 10)
        LW_NAME(decimate_by)(10, job, part, out);
    else
        LW_NAME(decimate_by)(job->down, job, part, out);
}

static void LW_NAME(resample)(const lw_fir_job *job, double *out) {
    for (size_t part = 0; part < job->lanes; part += LANES_WIDTH)
        if (job->up == 1)
            LW_NAME(decimate_part)(job, part, out);
        else
            LW_NAME(interpolate_part)(job, part, out);
}

/* `sections`, at most SECTIONS_TOGETHER, is a constant where this is called, so that the state stays in registers. */
static inline __attribute__((always_inline)) void LW_NAME(filter_sections)(double *row, size_t count, ptrdiff_t step,
                                                                           const lw_biquad *section, size_t sections,
                                                                           const double *state) {
    vec z[SECTIONS_TOGETHER][2];
    LANES_UNROLL
    for (size_t s = 0; s < sections; s++) {
        z[s][0] = CONST_AT(state + 2 * s * LW_LANES);
        z[s][1] = CONST_AT(state + (2 * s + 1) * LW_LANES);
    }
    for (size_t t = 0; t < count; t++, row += step) {
        vec x = CONST_AT(row);
        LANES_UNROLL
        for (size_t s = 0; s < sections; s++) {
            const lw_biquad *q = &section[s];
            const vec y = q->b[0] * x + z[s][0];
            z[s][0] = (q->b[1] * x + z[s][1]) - q->a[0] * y; /* all but the last step before y is known */
            z[s][1] = q->b[2] * x - q->a[1] * y;
            x = y;
        }
        AT(row) = x;
    }
}

static void LW_NAME(filter_part)(double *row, size_t count, ptrdiff_t step, const lw_biquad *section, size_t sections,
                                 const double *state) {
    if (sections == 1)
        LW_NAME(filter_sections)(row, count, step, section, 1, state);
    else if (sections == 2)
        LW_NAME(filter_sections)(row, count, step, section, 2, state);
    else
        LW_NAME(filter_sections)(row, count, step, section, SECTIONS_TOGETHER, state);
}

static void LW_NAME(filter)(double *row, size_t count, ptrdiff_t step, size_t lanes, const lw_biquad *section,
                            size_t sections, const double *state) {
    for (size_t part = 0; part < lanes; part += LANES_WIDTH)
        for (size_t s = 0; s < sections; s += SECTIONS_TOGETHER) {
            const double *own = state + 2 * s * LW_LANES + part;
            LW_NAME(filter_part)(row + part, count, step, section + s, sections - s, own);
        }
}

static void LW_NAME(measure)(const double *rows, size_t count, size_t lanes, double *mean, double *deviation) {
    for (size_t part = 0; part < lanes; part += LANES_WIDTH) {
        vec sum = {0}, squares = {0};
        for (size_t t = 0; t < count; t++)
            sum += CONST_AT(rows + t * LW_LANES + part);
        const vec middle = sum / (double)count;
        for (size_t t = 0; t < count; t++) {
            const vec distance = CONST_AT(rows + t * LW_LANES + part) - middle;
            squares += distance * distance;
        }
        for (size_t l = 0; l < LANES_WIDTH; l++) {
            mean[part + l] = middle[l];
            deviation[part + l] = sqrt(squares[l] / (double)count);
        }
    }
}

static const lw_lane_kernels LW_NAME(lanes) = {
    .isa = LW_SET_ISA,
    .width = LANES_WIDTH,
    .all_within = LW_NAME(all_within),
    .load = LW_NAME(load),
    .add_line = LW_NAME(add_line),
    .resample = LW_NAME(resample),
    .filter = LW_NAME(filter),
    .measure = LW_NAME(measure),
};

#undef vec
#undef AT
#undef CONST_AT
#undef LANES_WIDTH
#undef LANES_CHAINS
#undef LANES_WIDEN
