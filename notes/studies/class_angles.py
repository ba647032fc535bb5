"""How far the rows of a trained W are from the class means that the data were drawn around (Kim, Song, Yun, H.1)."""

import numpy as np

from verify.numbers.linear.angles import degrees

RULES = {
    "sign": np.sign,
    "row": lambda g: g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-300),
    "gradient": lambda g: g,
}


def class_angles(
    rule, seed, classes=60, d=20, most=5, noise=0.05, steps=20_000, eta=0.1, beta1=0.9, beta2=0.99
):
    """Degrees between W and the matrix of class means, and the share of test samples of which W makes a mistake.

    ``rule`` is sign, row or gradient, of the full batch, or adam-b, of reshuffled batches of b; cross entropy, steps
    eta (t + 1)^(-1/2) from W = 0. 1 to ``most`` samples a class, and 20 to test with ten times the noise.
    """
    rule, _, size = rule.partition("-")
    draw = np.random.Generator(np.random.PCG64(seed))
    means = draw.standard_normal((classes, d)) / np.sqrt(d)
    labels = np.repeat(np.arange(classes), draw.integers(1, most + 1, size=classes))
    X = means[labels] + float(noise) * draw.standard_normal((len(labels), d))
    tested = np.repeat(np.arange(classes), 20)
    T = means[tested] + 10 * float(noise) * draw.standard_normal((len(tested), d))
    W, m, v = (np.zeros((classes, d)) for _ in range(3))
    order, place = np.arange(len(X)), len(X)
    for t in range(steps):
        batch = order
        if size:
            if place >= len(X):
                order, place = draw.permutation(len(X)), 0
            batch, place = order[place : place + int(size)], place + int(size)
        z = X[batch] @ W.T
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        right = labels[batch]
        p[np.arange(len(batch)), right] = 0.0
        p[np.arange(len(batch)), right] = -p.sum(axis=1)  # not 1 - p, which would be rounded to 0
        g = p.T @ X[batch]
        if size:
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            step = np.divide(m, np.sqrt(v), out=np.zeros_like(m), where=v > 0)
        else:
            step = RULES[rule](g)
        W = W - eta / np.sqrt(t + 1) * step
    return {
        "degrees": degrees((W - W.mean(0)).ravel(), (means - means.mean(0)).ravel()),
        "separates": bool(np.all((X @ W.T).argmax(1) == labels)),
        "error": float(np.mean((T @ W.T).argmax(1) != tested)),
    }
