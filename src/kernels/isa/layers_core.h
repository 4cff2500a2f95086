/**
 * @file layers_core.h
 * Template: the rows of the layers between convolutions. The formulas are in kernels/layers.h; the loops are plain, as
 * the compiler makes vectors of them, and every set computes the same bits.
 */

/** Lanes of a sum: wide enough for vectors, the same on every machine. */
static float LW_NAME(row_dot)(const float *a, const float *b, size_t count) {
    enum { LANES = 16 };
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < count; i++, k++)
        lane[k] += a[i] * b[i];
    double sum = 0.0;
    for (size_t k = 0; k < LANES; k++)
        sum += (double)lane[k];
    return (float)sum;
}

static void LW_NAME(row_add_scaled)(float a, const float *x, size_t count, float *y) {
    for (size_t i = 0; i < count; i++)
        y[i] += a * x[i];
}

static void LW_NAME(row_sum)(const float *x, size_t t_count, size_t c_count, float *restrict sum) {
    memset(sum, 0, c_count * sizeof *sum);
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++)
            sum[c] += x[t * c_count + c];
}

static void LW_NAME(row_moments)(const float *z, const float *origin, size_t t_count, size_t c_count,
                                 float *restrict sum, float *restrict square) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            float d = z[t * c_count + c] - origin[c];
            sum[c] += d;
            square[c] += d * d;
        }
}

static void LW_NAME(row_activity)(const float *z, lw_norm norm, size_t t_count, size_t c_count, float *restrict active,
                                  float *restrict active_zhat) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            float zhat = (z[t * c_count + c] - norm.mean[c]) * norm.rstd[c];
            float on = norm.gain[c] * zhat + norm.offset[c] > 0.0f ? 1.0f : 0.0f;
            active[c] += on;
            active_zhat[c] += on * zhat;
        }
}

/* `keep`, and `skip` of what follows, are NULL as constants where they are inlined, so that no loop tests them. */
static inline __attribute__((always_inline)) void LW_NAME(output_of)(const float *z, lw_norm norm, const float *gate,
                                                                     const uint8_t *keep, float scale,
                                                                     const float *skip, size_t t_count, size_t c_count,
                                                                     float *restrict y) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - norm.mean[c]) * norm.rstd[c];
            float s = gate[c] * positive(norm.gain[c] * zhat + norm.offset[c]);
            if (keep)
                s *= scale * (float)keep[i];
            y[i] = skip ? positive(s + skip[i]) : s;
        }
}

static void LW_NAME(row_output)(const float *z, lw_norm norm, const float *gate, lw_dropout_mask keep,
                                const float *skip, size_t t_count, size_t c_count, float *restrict y) {
    if (keep.keep)
        LW_NAME(output_of)(z, norm, gate, keep.keep, keep.scale, skip, t_count, c_count, y);
    else
        LW_NAME(output_of)(z, norm, gate, NULL, 1.0f, skip, t_count, c_count, y);
}

static void LW_NAME(row_merge)(const float *gate, const float *skip, size_t t_count, size_t c_count,
                               float *restrict y) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float s = gate ? gate[c] * y[i] : y[i];
            y[i] = skip ? positive(s + skip[i]) : s;
        }
}

static void LW_NAME(row_mask)(float *restrict u, const float *dy_b, const float *y, size_t count) {
    if (dy_b && y)
        for (size_t i = 0; i < count; i++)
            u[i] = y[i] > 0.0f ? u[i] + dy_b[i] : 0.0f;
    else if (y)
        for (size_t i = 0; i < count; i++)
            u[i] = y[i] > 0.0f ? u[i] : 0.0f;
    else if (dy_b)
        for (size_t i = 0; i < count; i++)
            u[i] += dy_b[i];
}

static inline __attribute__((always_inline)) void LW_NAME(add_gradient)(const float *u, const float *z, lw_norm norm,
                                                                        const uint8_t *keep, float scale,
                                                                        size_t c_count, float *restrict sum_u,
                                                                        float *restrict sum_u_zhat) {
    for (size_t c = 0; c < c_count; c++) {
        float zhat = (z[c] - norm.mean[c]) * norm.rstd[c];
        float g = norm.gain[c] * zhat + norm.offset[c] > 0.0f ? u[c] : 0.0f;
        if (keep)
            g *= scale * (float)keep[c];
        sum_u[c] += g;
        sum_u_zhat[c] += g * zhat;
    }
}

/* Sample by sample, so that what the mask has just written is still in the nearest cache. */
static void LW_NAME(row_gradient)(float *restrict u, const float *dy_b, const float *y, const float *z, lw_norm norm,
                                  lw_dropout_mask keep, size_t t_count, size_t c_count, float *restrict sum_u,
                                  float *restrict sum_u_zhat) {
    for (size_t t = 0; t < t_count; t++) {
        const size_t at = t * c_count;
        LW_NAME(row_mask)(u + at, dy_b ? dy_b + at : NULL, y ? y + at : NULL, c_count);
        if (keep.keep)
            LW_NAME(add_gradient)(u + at, z + at, norm, keep.keep + at, keep.scale, c_count, sum_u, sum_u_zhat);
        else
            LW_NAME(add_gradient)(u + at, z + at, norm, NULL, 1.0f, c_count, sum_u, sum_u_zhat);
    }
}

static inline __attribute__((always_inline)) void LW_NAME(input_of)(const float *u, const uint8_t *keep, float scale,
                                                                    lw_input_terms k, size_t t_count, size_t c_count,
                                                                    float *restrict z) {
    for (size_t t = 0; t < t_count; t++)
        for (size_t c = 0; c < c_count; c++) {
            size_t i = t * c_count + c;
            float zhat = (z[i] - k.norm.mean[c]) * k.norm.rstd[c];
            float kept = keep ? u[i] * (scale * (float)keep[i]) : u[i];
            float g = k.norm.gain[c] * zhat + k.norm.offset[c] > 0.0f ? kept * k.gate[c] + k.spread[c] : 0.0f;
            z[i] = k.norm.gain[c] * k.norm.rstd[c] * (g - k.mean_g[c] - zhat * k.mean_g_zhat[c]);
        }
}

static void LW_NAME(row_input)(const float *u, lw_dropout_mask keep, lw_input_terms terms, size_t t_count,
                               size_t c_count, float *restrict z) {
    if (keep.keep)
        LW_NAME(input_of)(u, keep.keep, keep.scale, terms, t_count, c_count, z);
    else
        LW_NAME(input_of)(u, NULL, 1.0f, terms, t_count, c_count, z);
}

/* Philox as in base/random.h, sixteen counters side by side. */
static void LW_NAME(draw_keep)(const uint32_t key[2], const uint32_t first[4], uint32_t threshold, uint8_t *keep,
                               size_t count) {
    enum { LANES = 16, BATCH = 4 * LANES };
    uint32_t x[4][LANES], start = first[0];
    uint8_t draws[BATCH];
    for (size_t i = 0; i < count; i += BATCH, start += LANES) {
        for (uint32_t l = 0; l < LANES; l++) {
            x[0][l] = start + l;
            x[1][l] = first[1];
            x[2][l] = first[2];
            x[3][l] = first[3];
        }
        lw_philox_lanes(key, LANES, x[0], x[1], x[2], x[3]);
        uint8_t *to = count - i < BATCH ? draws : keep + i;
        for (size_t l = 0; l < LANES; l++)
            for (size_t word = 0; word < 4; word++)
                to[4 * l + word] = x[word][l] >= threshold;
        if (to == draws)
            memcpy(keep + i, draws, count - i);
    }
}

const lw_layer_kernels LW_NAME(lw_layers) = {
    .dot = LW_NAME(row_dot),
    .add_scaled = LW_NAME(row_add_scaled),
    .sum = LW_NAME(row_sum),
    .moments = LW_NAME(row_moments),
    .activity = LW_NAME(row_activity),
    .output = LW_NAME(row_output),
    .merge = LW_NAME(row_merge),
    .mask = LW_NAME(row_mask),
    .gradient = LW_NAME(row_gradient),
    .input = LW_NAME(row_input),
    .draw_keep = LW_NAME(draw_keep),
};
