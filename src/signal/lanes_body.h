/**
 * @file lanes_body.h
 * Template of the kernels in lanes.h: included by lanes.c once per instruction set, with LANES_NAME(x), LANES_TARGET
 * and LANES_WIDTH (doubles a vector) defined. Where a vector is narrower than a row, the row's parts are done one after
 * the other.
 */

typedef double LANES_NAME(vec) __attribute__((vector_size(LANES_WIDTH * sizeof(double)), may_alias));
typedef double LANES_NAME(vec_unaligned)
    __attribute__((vector_size(LANES_WIDTH * sizeof(double)), aligned(8), may_alias));
typedef long long LANES_NAME(mask) __attribute__((vector_size(LANES_WIDTH * sizeof(long long))));
#define vec LANES_NAME(vec)
#define AT(p) (*(vec *)(p))
#define CONST_AT(p) (*(const vec *)(p))

LANES_TARGET static bool LANES_NAME(all_within)(const double *samples, size_t count, double limit) {
    LANES_NAME(mask) inside = (LANES_NAME(mask)){0} == 0;
    size_t t = 0;
    for (; t + LANES_WIDTH <= count; t += LANES_WIDTH) {
        const vec x = *(const LANES_NAME(vec_unaligned) *)(samples + t);
        inside &= (x <= limit) & (x >= -limit);
    }
    bool all = true;
    for (size_t l = 0; l < LANES_WIDTH; l++)
        all &= inside[l] != 0;
    for (; t < count; t++)
        all &= fabs(samples[t]) <= limit;
    return all;
}

LANES_TARGET static void LANES_NAME(load_part)(const int16_t *adc, size_t stride, size_t count, const double *scale,
                                               const double *offset, double *rows) {
    typedef int16_t narrow __attribute__((vector_size(LANES_WIDTH * sizeof(int16_t))));
    typedef int32_t middle __attribute__((vector_size(LANES_WIDTH * sizeof(int32_t))));
    vec by, plus;
    memcpy(&by, scale, sizeof by);
    memcpy(&plus, offset, sizeof plus);
    for (size_t t = 0; t < count; t++) {
        narrow x;
        memcpy(&x, adc + t * stride, sizeof x);
        const middle wide = __builtin_convertvector(x, middle); /* in two steps, each of which is one instruction */
        AT(rows + t * LW_LANES) = by * __builtin_convertvector(wide, vec) + plus;
    }
}

LANES_TARGET static void LANES_NAME(load)(const int16_t *adc, size_t stride, size_t count, const double *scale,
                                          const double *offset, double *rows) {
    for (size_t part = 0; part < LW_LANES; part += LANES_WIDTH)
        LANES_NAME(load_part)(adc + part, stride, count, scale + part, offset + part, rows + part);
}

LANES_TARGET static void LANES_NAME(resample_part)(const lw_fir_job *job, size_t part, double *out) {
    enum { CHAINS = 8 }; /* outputs in flight, which hides the latency of their sums */
    for (size_t i = 0; i < job->outputs; i += CHAINS) {
        const double *row[CHAINS], *taps[CHAINS];
        vec sum[CHAINS];
        LANES_UNROLL for (size_t j = 0; j < CHAINS; j++) {
            const size_t output = i + j < job->outputs ? i + j : job->outputs - 1;
            const size_t position = job->phase + output * job->down;
            row[j] = job->rows + position / job->up * LW_LANES + part;
            taps[j] = job->phases + position % job->up * job->taps;
            sum[j] = (vec){0};
        }
        const size_t stride = job->down * LW_LANES;
        const bool shared = job->up == 1 && i + CHAINS <= job->outputs;
        for (size_t k = 0; k < job->taps && shared; k++) {
            const double tap = job->phases[k];
            const double *x = row[0] + k * LW_LANES;
            LANES_UNROLL for (size_t j = 0; j < CHAINS; j++) sum[j] += tap * CONST_AT(x + j * stride);
        }
        for (size_t k = 0; k < job->taps && !shared; k++) {
            LANES_UNROLL for (size_t j = 0; j < CHAINS; j++) sum[j] += taps[j][k] * CONST_AT(row[j] + k * LW_LANES);
        }
        LANES_UNROLL for (size_t j = 0; j < CHAINS; j++) {
            if (i + j < job->outputs)
                AT(out + (i + j) * LW_LANES + part) = sum[j];
        }
    }
}

LANES_TARGET static void LANES_NAME(resample)(const lw_fir_job *job, double *out) {
    for (size_t part = 0; part < LW_LANES; part += LANES_WIDTH)
        LANES_NAME(resample_part)(job, part, out);
}

LANES_TARGET static void LANES_NAME(filter_part)(double *row, size_t count, ptrdiff_t step, const lw_biquad *section,
                                                 size_t sections, const double *state) {
    vec z[LW_SECTIONS_MAX][2];
    for (size_t s = 0; s < sections; s++)
        for (size_t i = 0; i < 2; i++)
            z[s][i] = CONST_AT(state + (2 * s + i) * LW_LANES);
    for (size_t t = 0; t < count; t++, row += step) {
        vec x = CONST_AT(row);
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

LANES_TARGET static void LANES_NAME(filter)(double *row, size_t count, ptrdiff_t step, const lw_biquad *section,
                                            size_t sections, const double *state) {
    for (size_t part = 0; part < LW_LANES; part += LANES_WIDTH)
        LANES_NAME(filter_part)(row + part, count, step, section, sections, state + part);
}

LANES_TARGET static void LANES_NAME(measure)(const double *rows, size_t count, double *mean, double *deviation) {
    for (size_t part = 0; part < LW_LANES; part += LANES_WIDTH) {
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

#undef vec
#undef AT
#undef CONST_AT
