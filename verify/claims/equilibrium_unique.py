"""Where AdamProxy's fixed point is the only one: near scaled-Rademacher data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, dataset, stated, trial, vacuous, within
from properties.cases import PROXY
from verify.claims.hypotheses import EQUILIBRIUM, NEAR_RADEMACHER, RATIO, ROWS_RATIO, TWO_ROWS_ALIKE
from verify.claims.instances import TWO_ROWS, on
from verify.claims.judges.maps import EPS
from verify.evidence import Verdict
from verify.game import predict
from verify.losses import LOSSES
from verify.problem.epoch_map import epoch_map

# c_2/c_1 at which F_1 - F_2 is looked at.
PLACES = np.linspace(-25.0, 25.0, 2001)


def in_ratio(case: Case) -> bool:
    """(d - p) kappa^6 (kappa - 1) < 2p for two rows, exactly; kappa the largest entry over the smallest, in size."""
    first, second = case.data.rows
    sizes = [abs(entry) for row in case.data.rows for entry in row]
    kappa, p = max(sizes) / min(sizes), sum(a * b < 0 for a, b in zip(first, second, strict=True))
    return (case.data.d - p) * kappa**6 * (kappa - 1) < 2 * p


def falls(case: Case, everywhere: bool = False) -> Judgement:
    """F_1 - F_2 falls from place to place as weight goes over to row 2; ``everywhere``: whatever the ratio."""
    if not (everywhere or in_ratio(case)):
        return vacuous("the entries' sizes are too far apart")
    gap = (case.X[0] - case.X[1]) @ epoch_map(case.optimizer, case.X)(np.array([0 * PLACES, PLACES])).real
    return within(
        float(np.diff(gap).max()), 64 * EPS * float(np.abs(case.X).sum()), "most that F_1 - F_2 rises by"
    )


def only_one(case: Case, count: int = 1) -> Judgement:
    """Certified: the list of one equilibrium, which attracts, is complete."""
    if not in_ratio(case):
        return vacuous("the entries' sizes are too far apart")
    found = predict(case.data, case.optimizer, starts=1)
    certified = found.complete and all(limit.evidence is Verdict.CERTIFIED for limit in found.limits)
    wrong = (len(found.limits) != count) + any(limit.stability != "attracting" for limit in found.limits)
    return within(
        wrong, 0.5, f"{len(found.limits)} equilibria", Verdict.CERTIFIED if certified else Verdict.MEASURED
    )


def in_spectrum(case: Case) -> bool:
    """K (K^2 - 1)^2 lambda_max < lambda_min, in floats: K and ZZ' of the chain rows-unique."""
    sizes = np.abs(case.X)
    low, high = sizes.min(axis=1), sizes.max(axis=1)
    K, Z = float((high / low).max()), case.X / np.sqrt(low * high)[:, None]
    ends = np.linalg.eigvalsh(Z @ Z.T)
    return bool(K * (K * K - 1) ** 2 * ends[-1] * (1 + 1e-9) < ends[0])


def monotone(case: Case, everywhere: bool = False) -> Judgement:
    """(c - e)(G(c) - G(e)) > 0 at a hundred pairs of weights, many near faces; ``everywhere``: whatever the ratio."""
    if not (everywhere or in_spectrum(case)):
        return vacuous("the entries' sizes are too far apart")
    X, rng = case.X, np.random.default_rng(0)
    c = rng.dirichlet(np.full(len(X), 0.3), size=200).T + 1e-12
    scale = np.sqrt(np.abs(X).min(axis=1) * np.abs(X).max(axis=1))
    G = X @ epoch_map(case.optimizer, X)(np.log(c)).real * np.linalg.norm(scale[:, None] * c, axis=0)
    gained = ((c[:, ::2] - c[:, 1::2]) * (G[:, ::2] - G[:, 1::2])).sum(axis=0)
    return within(float(-gained.min()), 64 * EPS * float(np.abs(G).max()), "most that G falls by")


def alone(case: Case, count: int = 1) -> Judgement:
    """Certified: the one equilibrium listed is all, and every flow of the exponential loss goes there."""
    found = predict(case.data, replace(case.optimizer, loss=LOSSES["exponential"]), starts=1)
    words = {found.from_start, *(limit.evidence for limit in found.limits)}
    certified = found.complete and words == {Verdict.CERTIFIED}
    return within(
        abs(len(found.limits) - count),
        0.5,
        f"{len(found.limits)} equilibria, off by",
        Verdict.CERTIFIED if certified else Verdict.MEASURED,
    )


@st.composite
def several(draw: DrawFn) -> Case:
    """Rows of entries of nearly one size, each its own, with orthogonal signs; or of one sign, and sizes far apart."""
    n, most = draw(st.integers(2, 4)), draw(st.sampled_from([13, 14, 48]))
    sizes = st.sampled_from([Fraction(k, 12) for k in range(12, most + 1)])
    return Case(
        dataset(
            [[draw(sizes) * (sign if most < 48 else 1) * (i + 1) for sign in SIGNS[i]] for i in range(n)]
        ),
        PROXY,
    )


@st.composite
def near(draw: DrawFn) -> Case:
    """Two rows with entries between 1 and 4/3 in size, some of them of opposite signs; the sign of a column is free."""
    d = draw(st.integers(1, 4))
    sizes = st.sampled_from([Fraction(k, 12) for k in range(12, 17)])
    first = [draw(sizes) for _ in range(d)]
    second = [draw(sizes) * draw(st.sampled_from([1, -1])) for _ in range(d)]
    return Case(dataset([first, second]), PROXY)


PLACE = 15.5
SIGNS = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
SEVERAL = [
    dataset([["11/10", 1, 1, 1], [1, -1, 1, -1], [1, 1, "-21/20", -1]]),
    dataset([[1, 1, "21/20", 1], [2, -2, 2, "-2.1"], [1, 1, -1, -1], ["0.5", "-0.5", "-0.5", "0.48"]]),
]
NEAR = [
    dataset([["6/5", 1], [1, "-11/10"]]),
    dataset([[1, "7/6", 1], ["13/12", -1, 1]]),
    dataset([[1, -9], [-5, 2]]),
]
CLAIM = stated(
    "equilibrium-unique",
    "Near scaled-Rademacher data there is one equilibrium",
    "this project",
    clause(
        r"Two rows with entries between $1$ and $\kappa$ in size, of opposite signs in $p$ of $d$ coordinates: if "
        r"$(d - p) \kappa^6 (\kappa - 1) < 2p$, $F_1 - F_2$ falls as weight goes over to row 2, so AdamProxy's game "
        "has one equilibrium, which attracts.",
        (TWO_ROWS_ALIKE, RATIO),
        trial("unique-falls", near(), falls, {"whatever the ratio": partial(falls, everywhere=True)},
              named=on(*NEAR)),
        trial("unique-only-one", None, only_one, {"there are three": partial(only_one, count=3)}, named=on(*NEAR)),
        chains=("two-rows-unique",),
    ),
    clause(
        r"For any $N$: where $x_{ik} = a_i z_{ik}$ with $1/K \le z_{ik}^2 \le K$, and $K (K^2 - 1)^2 \lambda_{\max} < "
        r"\lambda_{\min}$ for the eigenvalues of $Z Z^\top$, AdamProxy's game is strictly monotone: it has one "
        "equilibrium, and with the exponential loss every flow goes there.",
        (NEAR_RADEMACHER, ROWS_RATIO, EQUILIBRIUM),
        trial("rows-monotone", several(), monotone, {"whatever the ratio": partial(monotone, everywhere=True)},
              named=on(*SEVERAL)),
        trial("rows-only-one", None, alone, {"there are two": partial(alone, count=2)}, named=on(*SEVERAL)),
        chains=("rows-unique",),
    ),
    remark=f"Without the ratio it is false: {TWO_ROWS.name} has three.",
)  # fmt: skip
