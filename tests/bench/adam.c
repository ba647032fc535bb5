/* Inc-Adam on the logistic loss. `plain` is what one would write; `log_scale` is the arithmetic of the compiled
   loop, which no margin troubles: gradients in units of exp(scale), the scale following the largest weight. */
#include <math.h>
#include <stdlib.h>

/* `least` is added to v: 0, or what keeps 0 / sqrt(0) at 0 where entries of x are 0. */
static void step(const double *x, long d, double c, double eta, double b1, double b2, double least, double *w,
                 double *m, double *v)
{
    for (long k = 0; k < d; k++) {
        double g = -c * x[k];
        m[k] = b1 * m[k] + (1 - b1) * g;
        v[k] = b2 * v[k] + (1 - b2) * g * g;
        w[k] -= eta * m[k] / sqrt(v[k] + least);
    }
}

static double dot(const double *x, const double *w, long d)
{
    double z = 0;
    for (long k = 0; k < d; k++)
        z += x[k] * w[k];
    return z;
}

void plain(const double *X, long n, long d, long steps, double lr, double b1, double b2, double *w, double *m, double *v)
{
    for (long t = 0; t < steps; t++) {
        const double *x = X + t % n * d;
        step(x, d, 1 / (1 + exp(dot(x, w, d))), lr / sqrt(t + 2.0), b1, b2, 0, w, m, v);
    }
}

void log_scale(const double *X, long n, long d, long steps, double lr, double b1, double b2, double *w, double *m,
               double *v)
{
    double level = -INFINITY, scale = 0, fade = log(sqrt(b2));
    for (long t = 0; t < steps; t++) {
        const double *x = X + t % n * d;
        double z = dot(x, w, d), weight = -(fmax(z, 0) + log(1 + exp(-fabs(z))));
        level = fmax(weight, level + fade);
        if (fabs(level - scale) > 60) {
            double unit = exp(scale - level);
            for (long k = 0; k < d; k++) {
                m[k] *= unit;
                v[k] *= unit * unit;
            }
            scale = level;
        }
        step(x, d, exp(weight - scale), lr / sqrt(t + 2.0), b1, b2, 0, w, m, v);
    }
}

/* Softmax: W (k, d) from the samples' features X (n, d) and labels. Its gradients are in units of exp(scale) by class, or
   by entry where features are 0: scales are then multiples of 64, and ends[j] is where those end that j shares. */
void softmax(const double *X, const double *labels, long n, long d, long k, long by_entry, long steps, double lr,
             double b1, double b2, double *W, double *m, double *v)
{
    long width = by_entry ? d : 1;
    double logs[64], weights[d], fade = log(sqrt(b2)), *level = malloc(k * width * sizeof(double));
    double *scale = calloc(k * width, sizeof(double));
    long *ends = malloc(k * width * sizeof(long));
    for (long q = 0; q < k * width; q++) {
        level[q] = -INFINITY;
        ends[q] = width;
    }
    for (long t = 0; t < steps; t++) {
        const double *x = X + t % n * d;
        long y = labels[t % n];
        double most = -INFINITY, total = 0, eta = lr / sqrt(t + 2.0);
        for (long q = 0; q < k; q++)
            logs[q] = dot(x, W + q * d, d);
        double own = logs[y];
        for (long q = 0; q < k; q++)
            if (q != y)
                most = fmax(most, logs[q] -= own);
        for (long q = 0; q < k; q++)
            if (q != y)
                total += exp(logs[q] - most);
        double soft = -most - log(total), at_soft = -(fmax(soft, 0) + log(1 + exp(-fabs(soft))));
        for (long q = 0; q < k; q++)
            logs[q] = q == y ? at_soft : at_soft + soft + logs[q];
        for (long q = 0; q < k; q++) {
            double *l = level + q * width, *s = scale + q * width, far = 0;
            long *e = ends + q * width;
            for (long j = 0; j < width; j++) {
                double faded = l[j] + fade;
                l[j] = by_entry && x[j] == 0 ? faded : fmax(logs[q], faded);
                far = fmax(far, l[j] > -INFINITY ? fabs(l[j] - s[j]) : 0);
            }
            for (long j = width - 1; far > 60 && j >= 0; j--) {
                if (l[j] > -INFINITY && fabs(l[j] - s[j]) > 60) {
                    double then = 64 * rint(l[j] / 64), unit = exp(s[j] - then);
                    for (long i = q * d + j; i < (by_entry ? q * d + j + 1 : q * d + d); i++) {
                        m[i] *= unit;
                        v[i] *= unit * unit;
                    }
                    s[j] = then;
                }
                e[j] = j + 1 < width && s[j] == s[j + 1] ? e[j + 1] : j + 1;
            }
            double sign = q == y ? 1 : -1;
            if (by_entry) {
                for (long j = 0; j < d;) {
                    double c = exp(fmin(logs[q] - s[j], 240));
                    for (long end = e[j]; j < end; j++)
                        weights[j] = sign * c * x[j];
                }
                step(weights, d, 1, eta, b1, b2, 1e-300, W + q * d, m + q * d, v + q * d);
            } else
                step(x, d, sign * exp(logs[q] - s[0]), eta, b1, b2, 0, W + q * d, m + q * d, v + q * d);
        }
    }
    free(level), free(scale), free(ends);
}
