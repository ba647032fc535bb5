"""False: AdamProxy's direction is per-sample Adam's at beta2 = 0.9."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from properties import Case, Confirmed, Judgement, known_false, trial
from properties.cases import PROXY
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.certified import equilibria, tell_apart
from verify.claims.judges.reached import given, reached, same_direction, small
from verify.claims.judges.runs import held
from verify.optimizers import optimizer


def proxy_is_adam(case: Case) -> Judgement:
    """Per-sample Adam and AdamProxy go to one direction from w_0 = 0."""
    ends = [reached(case.data, opt) for opt in (case.optimizer, PROXY)]
    return same_direction(ends, "1 - cos between the limits of Adam and AdamProxy")


def near_one(case: Case) -> Judgement:
    """At beta2 = 0.9999 the two differ by 1e-4 at most, so by 1e-8 in 1 - cos."""
    return proxy_is_adam(replace(case, optimizer=case.optimizer.at(beta2=Fraction(9999, 10_000))))


def no_common_limit(case: Case, found: Confirmed) -> None:
    """Per-sample Adam and AdamProxy have no limit direction in common."""
    adam, one = equilibria(case.data, case.optimizer, "adam", found)
    proxy, other = equilibria(case.data, PROXY, "adam-proxy", found)
    tell_apart(one, other, case, found)
    held(adam, found)
    held(proxy, found)


PLACE = 24
ADAM = optimizer("adam", beta2=Fraction(9, 10))
CLAIM = known_false(
    "false-proxy-at-beta2-0.9",
    "AdamProxy's direction is per-sample Adam's at beta2 = 0.9",
    r"At $\beta_2 = 0.9$ per-sample Adam and AdamProxy have the same limit direction.",
    "proxy-direction without beta2 -> 1",
    trial("proxy-at-beta2-0.9", given(ADAM, small((1, 3), (1, 3))), proxy_is_adam,
          true={"at beta2 = 0.9999": near_one}, named=on(GAUSSIAN, opts=(ADAM,)), confirm=no_common_limit),
    hypotheses=(SEPARABLE,),
)  # fmt: skip
