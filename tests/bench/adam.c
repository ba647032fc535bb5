/* Inc-Adam on the logistic loss. `plain` is what one would write; `log_scale` is the arithmetic of the compiled
   loop, which no margin troubles: gradients in units of exp(scale), the scale following the largest weight. */
#include <math.h>

static void step(const double *x, long d, double c, double eta, double b1, double b2, double *w, double *m, double *v)
{
    for (long k = 0; k < d; k++) {
        double g = -c * x[k];
        m[k] = b1 * m[k] + (1 - b1) * g;
        v[k] = b2 * v[k] + (1 - b2) * g * g;
        w[k] -= eta * m[k] / sqrt(v[k]);
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
        step(x, d, 1 / (1 + exp(dot(x, w, d))), lr / sqrt(t + 2.0), b1, b2, w, m, v);
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
        step(x, d, exp(weight - scale), lr / sqrt(t + 2.0), b1, b2, w, m, v);
    }
}

/* Softmax: W (k, d) from the samples' features X (n, d) and labels, its gradients in units of exp(scale) by class. */
void softmax(const double *X, const double *labels, long n, long d, long k, long steps, double lr, double b1, double b2,
             double *W, double *m, double *v)
{
    double level[64], scale[64] = {0}, logs[64], fade = log(sqrt(b2));
    for (long q = 0; q < k; q++)
        level[q] = -INFINITY;
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
            level[q] = fmax(logs[q], level[q] + fade);
            if (fabs(level[q] - scale[q]) > 60) {
                double unit = exp(scale[q] - level[q]);
                for (long j = q * d; j < q * d + d; j++) {
                    m[j] *= unit;
                    v[j] *= unit * unit;
                }
                scale[q] = level[q];
            }
            double c = exp(logs[q] - scale[q]);
            step(x, d, q == y ? c : -c, eta, b1, b2, W + q * d, m + q * d, v + q * d);
        }
    }
}
