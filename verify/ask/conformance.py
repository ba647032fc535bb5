"""Does an implementation compute what a rule says?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from properties import conform as engine
from properties.conform import Conformance
from verify.ask.answer import Answer
from verify.ask.values import pairs, several, whole
from verify.asked import version
from verify.console import Page
from verify.optimizers.rule import Rule


class Conforms(Answer):
    """Whether the target ``agrees``; else ``counterexample``, ``difference``, ``test``, and the ``variant`` that would.
    ``found`` is a :class:`properties.conform.Conformance`."""

    found: Conformance

    def to_dict(self) -> dict[str, Any]:
        found, case, away = self.found, self.found.counterexample, self.found.difference
        return {
            "target": found.target,
            "rule": found.rule,
            "dtype": found.dtype,
            "agrees": found.agrees,
            "cases": found.cases,
            "worst": _finite(found.worst),
            "counterexample": None
            if case is None or away is None
            else {
                "gradients": case.flat(),
                "start": [w for w, size in zip(case.start, case.sizes, strict=True) for _ in range(size)],
                "hyperparameters": case.values,
                "differs_at_step": away.step,
                "target_update": _finite(away.target),
                "rule_update": _finite(away.rule),
                "bound": _finite(away.bound),
                "parameters": list(case.sizes),
                "rows": list(case.rows),
                "entry": list(away.place),
                "does": away.does,
                "test": found.test,
            },
            "variant": ", ".join(found.variant) or None,
            "declared": list(found.asked.get("variants", ())),
            "states": found.asked.get("states") or found.dtype,
            "states_variant": found.states or None,
            "unjudged": found.unjudged,
            "tried": list(found.tried),
            "version": version(),
        }

    def show(self, page: Page) -> None:
        found = self.found
        page.head(found.target, f" and {found.rule}: " + ("they agree" if found.agrees else "they differ"))
        if found.agrees:
            states = found.asked.get("states")
            page.say(
                f"{found.cases} cases in {found.dtype}{f' with states in {states}' if states else ''}, the largest "
                f"distance {found.worst:.2g} of its bound; {found.unjudged:.1%} of the entries had none"
            )
            page.say(f"tried: {'; '.join(found.tried)}")
            return
        assert found.difference is not None
        page.say(found.difference.text)
        if found.near:
            page.say(f"in this convention they agree: {' '.join(found.near)}")
        else:
            page.say("no known convention explains it")
        page.print(found.test, markup=False)

    def summary(self) -> str:
        found = self.found
        if found.agrees:
            return f"{found.target} agrees with {found.rule} in {found.cases} cases"
        near = f"; it agrees with {' '.join(found.near)}" if found.near else ""
        return f"{found.target} differs from {found.rule}{near}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        found = self.found
        rows = [["agrees", str(found.agrees).lower()], ["cases", str(found.cases)], ["format", found.dtype]]
        if found.difference is not None:
            rows += [["difference", found.difference.text], ["case", repr(found.counterexample)]]
            rows += [["variant", " ".join(found.near) or "none known"]]
        return ("target", found.target), rows


# How an option is read that may be a text.
_READ: dict[str, Callable[[Any], Any]] = {
    "set": lambda given: pairs("set", given),
    "map": lambda given: pairs("map", given),
    "variants": several,
    "accumulate": lambda given: whole("accumulate", given, 1, 100),
    "cases": lambda given: whole("cases", given, 1, 10**6),
    "seed": lambda given: whole("seed", given, most=2**32 - 1),
}


def conform(target: str | Callable[..., Any], rule: str | Rule, **asked: Any) -> Conforms:
    """Hold a target against a rule; the options are those of :func:`properties.conform.conform`, as texts."""
    read = {name: _READ[name](given) if name in _READ else given for name, given in asked.items()}
    return Conforms(engine.conform(target, rule, **read))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
