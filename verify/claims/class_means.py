"""The angle between class means and the rows of W that signs make, and what it costs in the exponent of mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import maps
from properties.strategies import separable
from verify.claims.hypotheses import FROM_ZERO, FULL_BATCH
from verify.data import Dataset
from verify.data.classes import multiclass
from verify.derive.hypotheses import words
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers import Optimizer, optimizer
from verify.simulate import trajectory

Floats = NDArray[np.float64]

ONE_EACH = words("each class has one sample, its mean")
NORMAL = words("the means are independent draws of N(0, I/d)")
RESHUFFLED = words("samples are reshuffled each epoch, and beta_1, beta_2 tend to 1")
NOISE = words("samples are their class mean and noise N(0, s^2 I)")

# Standard errors that a mean of draws may be off.
FAR = 4.0
DRAWS = 20_000
# Entries of a class mean less the mean of all that are no more than this share of the largest may be rounding.
TINY = 1e-9

LIMIT = math.sqrt(2 / math.pi)

SIGNS, ROWS = ("signgd", "adam", "lion"), ("row-normalized", "gd")


@cache
def means(k: int, d: int, seed: int = 0) -> Dataset:
    """k draws of N(0, I/d), rows of a data set."""
    drawn = np.random.default_rng(seed).standard_normal((k, d)) / math.sqrt(d)
    rows = tuple(tuple(map(Fraction, row)) for row in drawn.tolist())
    return Dataset(f"{k} means N(0, I/{d}), seed {seed}", rows)


def of_sizes(*sizes: tuple[int, int], opts: Sequence[Optimizer]) -> Any:
    """Named cases: so many means in so many dimensions, with each of the rules; a proxy's batches are of them."""
    return lambda profile: [
        Case(means(*size), opt.at(drawn=opt.batch_size, samples=size[0]) if opt.rule.averages else opt)
        for size in sizes
        for opt in opts
    ]


def centred(case: Case) -> Floats:
    """v_c, the means less the mean of all (k, d)."""
    return np.asarray(case.X - case.X.mean(axis=0))


def cosines(W: Floats, v: Floats) -> Floats:
    """Of each row of W with that of v."""
    return np.asarray((W * v).sum(axis=1) / np.linalg.norm(W, axis=1) / np.linalg.norm(v, axis=1))


def expected(d: int) -> float:
    """E ||g||_1 / (sqrt d ||g||_2) of g ~ N(0, I): sqrt d E|u_1|, u uniform on the sphere."""
    return math.sqrt(d / math.pi) * math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2))


def first_rows(case: Case) -> Floats:
    """W after a unit step of the rule from 0 (k, d): the gradient's row c is sum_i (1/k - [i = c]) m_i / k."""
    opt, m, k = case.optimizer, case.X, case.data.n
    g = -centred(case) / k
    squares = (1 - 2 / k) * m * m + (m * m).sum(axis=0) / k**2
    step = opt.rule.step(ARRAYS)
    u, _ = step(g, squares, tuple(np.zeros_like(g) for _ in opt.rule.states), opt.frozen(ARRAYS))
    return np.asarray(-(u if opt.rule.matrix is None else opt.rule.matrix.many(u[None])[0]))


def first_angles(case: Case, by_sign: bool | None = None) -> Judgement:
    """After one step of softmax regression row c of W has with v_c the cosine ||v_c||_1 / (sqrt d ||v_c||_2), of rules
    by signs, and 1 of the others; ``by_sign`` holds all rules to be of one kind."""
    v, k = centred(case), case.data.n
    if k < 3 or np.min(np.abs(v)) <= TINY * np.max(np.abs(v)):
        return vacuous("two classes, or an entry of a mean is that of the mean of all")
    data = multiclass("means", case.data.rows, list(range(k)), [str(c) for c in range(k)])
    W = trajectory(data.floats(), case.optimizer.on(data), [1]).weights[0].reshape(v.shape)
    signs = case.optimizer.rule.name in SIGNS if by_sign is None else by_sign
    sizes = np.abs(v)
    cosine = sizes.sum(axis=1) / np.linalg.norm(v, axis=1) / math.sqrt(v.shape[1]) if signs else 1.0
    return within(float(np.max(np.abs(cosines(W, v) - cosine))), TINY, "cosine of a row of W and v_c, off by")


def mean_cosine(case: Case, law: float | None = None) -> Judgement:
    """The mean of the cosines over classes is the expected one, to sampling."""
    found = cosines(first_rows(case), centred(case))
    wanted = expected(case.data.d) if law is None else law
    allowed = FAR * float(found.std()) / math.sqrt(len(found))
    return within(abs(float(found.mean()) - wanted), allowed, "mean cosine, off by")


def nearing(case: Case, power: float = 0.5) -> Judgement:
    """The proxy of batches has the mean cosine of signs up to 1 / (2 k^power): of k classes its entries are soft where
    a mean's are below 1/sqrt k of their size, a share of them that falls like 1/sqrt k."""
    found = cosines(first_rows(case), centred(case))
    gap = abs(float(found.mean()) - expected(case.data.d))
    return within(gap * case.data.n**power, 0.5, f"distance to the cosine of signs, times k^{power:g}")


def exponent(W: Floats, m: Floats) -> float:
    """The mean over pairs (y, c) of ((w_y - w_c).m_y)^2 / (2 ||w_y - w_c||^2)."""
    products, gram = W @ m.T, W @ W.T
    own, norms = np.diag(products), np.diag(gram)
    apart = ~np.eye(len(W), dtype=bool)
    squares = (norms[:, None] + norms[None] - 2 * gram)[apart]
    return float(np.mean((own[:, None] - products.T)[apart] ** 2 / squares / 2))


def mistakes(case: Case, times: float = 1.0) -> Judgement:
    """Of draws of m_y + s g, g ~ N(0, I) and s = sqrt(2 E)/2, the share Q(2) is taken for c, to sampling; Q(t) is the
    normal law beyond t, -s^2 log Q(sqrt(2 E)/s) tends to E, and ``times`` is a factor of E."""
    W, m = first_rows(case), case.X
    apart, g = W[0] - W[1], np.random.default_rng(0).standard_normal((DRAWS, case.data.d))
    reach = float(apart @ m[0]) / float(np.linalg.norm(apart))  # sqrt(2 E)
    taken = float(np.mean((m[0] + math.sqrt(times) * reach / 2 * g) @ apart < 0))
    wanted = math.erfc(math.sqrt(2)) / 2
    allowed = FAR * math.sqrt(wanted * (1 - wanted) / DRAWS)
    return within(abs(taken - wanted), allowed, "share of draws taken for another class, off by")


def exponent_gap(case: Case, gap: float = (math.pi - 2) / (4 * math.pi)) -> Judgement:
    """Rows m_c - mean have a larger exponent than the rule's by ``gap``: to 1/k, by which the mean of all is off, and
    1/sqrt d, by which the angle between two means is."""
    m = case.X
    seen = exponent(centred(case), m) - exponent(first_rows(case), m)
    return within(abs(seen - gap), 1 / case.data.n + 1 / math.sqrt(case.data.d), "gap of exponents, off by")


def whole(draw: DrawFn, n: int) -> Optimizer:
    """A rule of either kind, at the full batch."""
    return optimizer(draw(st.sampled_from([*SIGNS, *ROWS])), batch_size="full")


PLACE = 18.7
BY_SIGNS = [optimizer(name, batch_size="full") for name in ("signgd", "adam")]
PROXIES = [optimizer("batch-proxy", batch_size=size) for size in (1, 2, 50)]
CLAIM = stated(
    "class-means",
    "Signs make the angle arccos sqrt(2/pi) with class means, which costs (pi-2)/(4 pi) in the exponent of mistakes",
    "Kim, Song, Yun 2026, of rows trained on their recipe; of the first step, with the law at each d: this project",
    clause(
        r"After the first step row $c$ of $W$ has with $v_c = m_c - \bar m$ the cosine $\|v_c\|_1 / (\sqrt d "
        r"\|v_c\|_2)$ by signs (full-batch Adam, Lion, signGD), and 1 by the row rule and by GD.",
        (FULL_BATCH, FROM_ZERO, ONE_EACH),
        trial("first-rows", maps(whole, data=separable((3, 5), (2, 4))), first_angles,
              {"signs along the means": partial(first_angles, by_sign=False),
               "all rules by signs": partial(first_angles, by_sign=True)}),
    ),
    clause(
        r"By signs the mean cosine is $\sqrt{d/\pi}\, \Gamma(d/2) / \Gamma((d+1)/2) = \sqrt{2/\pi}\, (1 + "
        r"\frac{1}{4d} + \dots)$: the angle tends to $\arccos\sqrt{2/\pi}$, 37.1 degrees.",
        (FULL_BATCH, FROM_ZERO, ONE_EACH, NORMAL),
        trial("mean-cosine", None, mean_cosine, {"sqrt(2/pi) at each d": partial(mean_cosine, law=LIMIT)},
              named=of_sizes((400, 2), (400, 20), (50, 400), opts=BY_SIGNS)),
    ),
    clause(
        r"The proxy of reshuffled batches of any size $b < k$ tends to the same as classes become many, like "
        r"$1/\sqrt k$.",
        (RESHUFFLED, FROM_ZERO, ONE_EACH, NORMAL),
        trial("proxy-nears-signs", None, nearing, {"like 1/k": partial(nearing, power=1.0)},
              named=of_sizes((100, 20), (400, 20), (1600, 20), opts=PROXIES)),
    ),
    clause(
        r"Where $s \to 0$ a sample of class $y$ is taken for $c$ with probability $e^{-E/s^2 + o(1/s^2)}$, $E = "
        r"\frac{\langle w_y - w_c, m_y \rangle^2}{2 \|w_y - w_c\|_2^2}$: as $d$ and $k$ grow $\frac{1}{2\pi}$ by signs "
        r"and $\frac14$ along the means, a gap of $\frac{\pi - 2}{4\pi}$.",
        (FULL_BATCH, FROM_ZERO, ONE_EACH, NORMAL, NOISE),
        trial("exponent-gap", None, exponent_gap,
              {"no gap": partial(exponent_gap, gap=0.0),
               "that of the squared cosine": partial(exponent_gap, gap=1 - LIMIT**2)},
              named=of_sizes((50, 400), (100, 400), opts=BY_SIGNS)),
        trial("mistakes-by-exponent", None, mistakes, {"twice the exponent": partial(mistakes, times=2.0)},
              named=of_sizes((50, 20), opts=BY_SIGNS)),
    ),
)  # fmt: skip
