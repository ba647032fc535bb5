"""A derivation as text for a terminal."""

from __future__ import annotations

from verify.derive.run import Derivation


def as_text(result: Derivation) -> str:
    """The chain step by step with what both roads said, then the measurements; lines are as long as they are."""
    chain = result.chain
    verdict = "every step stands on both roads" if result.passed else "NOT established"
    lines = [f"{chain.name}: {chain.title}", f"  scope   {result.scope}", f"  source  {chain.source}", ""]
    for number, each in enumerate(result.steps, 1):
        mark = "ok" if each.passed else "FAILED"
        lines += [
            f"{number:3}. {each.step.statement}  [{each.step.assertion.kind}: {mark}]",
            *([] if each.step.assertion.relation == "and" else [_block(each.step.assertion.latex)]),
            *([_block("from " + ", ".join(each.step.uses))] if each.step.uses else []),
            *([_block("by its reason " + ", ".join(each.step.beside))] if each.step.beside else []),
            _block(each.step.reason),
            _block(f"symbols: {_said(each.check.passed)}{each.check.how}"),
            _block(f"points:  {_said(each.second_road.passed)}{each.second_road.how}"),
        ]
    if result.measurements:
        lines += ["", f"measured at {min(m.digits for m in result.measurements)} digits or more:"]
    for measured in result.measurements:
        mark = "ok" if measured.agrees else "FAILED"
        lines += [
            _block(f"{measured.quantity}, over {measured.over} [{mark}]"),
            _block(
                f"    predicted {measured.predicted}, measured {measured.measured} +- {measured.uncertainty}"
            ),
        ]
    lines += [_block(f"the false variant {each} stands on a road [FAILED]") for each in result.standing]
    lines += [_block("new: " + each) for each in chain.news]
    count = f"{len(result.steps)} steps, {len(chain.wrong)} false variants kept"
    return "\n".join([*lines, "", f"{chain.name}: {verdict}; {count}; {result.seconds:.1f} s", ""])


def _said(passed: bool) -> str:
    return "" if passed else "FAILED, "


def _block(text: str) -> str:
    return f"     {text}"
