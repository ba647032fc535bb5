"""How data that no w separates fail to be: the classes overlap, or are separated but for ties (quasi-completely).

The vectors w with x_i.w >= 0 for all i form a cone. If one of them has x_i.w > 0 for some i, the loss of logistic
regression has no minimum: along it the loss falls for ever. Where the columns are independent, a coefficient stays
finite just if it is 0 all over the cone (Albert and Anderson 1984).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable
from verify.data.text import some

# An exact linear program with a variable a row, and two a coefficient: beyond this nothing is said.
MOST_ROWS, MOST_COEFFICIENTS = 400, 30


@contextmanager
def explained() -> Iterator[None]:
    """A refusal of data that are not separable says how they are not."""
    try:
        yield
    except NotSeparable as refusal:
        if refusal.why:
            raise
        raise NotSeparable(refusal.data, refusal.weights, overlap(refusal.data)) from None


def overlap(data: Dataset) -> str:
    """Whether the classes overlap or are separated but for ties, and which coefficients diverge; "" for large data."""
    if data.n > MOST_ROWS or data.d > MOST_COEFFICIENTS:
        return ""
    from verify.numbers.linear.rational import rank  # late: it imports FLINT

    n, d = data.n, data.d
    # The most rows that one w of the cone separates: maximize the sum of s with x_i.w >= s_i and 0 <= s_i <= 1, where w
    # may be as long as need be, so that s_i is 0 or 1.
    s = _largest(
        [*[0] * d, *[1] * n],
        [[*row, *(-int(i == j) for j in range(n))] for i, row in enumerate(data.rows)],
        [None] * d + [0] * n,
        [None] * d + [1] * n,
    )[d:]
    tied = sum(entry == 0 for entry in s)
    # Of several classes the same may be added to all rows of W, so that nothing is determined.
    determined = data.classes is None and rank(data.rows) == d
    if tied == n:
        stay = ", and all coefficients of logistic regression stay finite" if determined else ""
        return f"the classes overlap{stay}"
    head = f"quasi-complete separation: all but {tied} of {n} rows can be separated"
    if data.classes is not None:
        return head
    if not determined:
        return f"{head}; the columns are dependent, so that coefficients are not determined"
    units = ([sign * int(j == k) for j in range(d)] for k in range(d) for sign in (1, -1))
    ends = [_largest(unit, data.rows, [-1] * d, [1] * d) for unit in units]
    diverge = [data.columns[k] for k in range(d) if ends[2 * k][k] or ends[2 * k + 1][k]]
    finite = [name for name in data.columns if name not in diverge]
    stay = f", {some(finite)} stay{'s' * (len(finite) == 1)} finite" if finite else ""
    return (
        f"{head}; of logistic regression the coefficient{'s' * (len(diverge) > 1)} of {some(diverge)} "
        f"diverge{'s' * (len(diverge) == 1)}{stay}"
    )


def _largest(
    gain: Sequence[int], A: Sequence[Sequence[Any]], lower: Sequence[Any], upper: Sequence[Any]
) -> Sequence[Any]:
    """The x in [lower, upper] with A x >= 0 that has the largest gain, exactly."""
    from verify.numbers.lp.exact import solve_lp

    bounds: dict[str, Any] = {
        "row_lower": [0] * len(A),
        "row_upper": [None] * len(A),
        "lower": lower,
        "upper": upper,
    }
    return solve_lp(c=[-each for each in gain], A=[list(row) for row in A], **bounds).x
