"""What a study may ask of an item, one function a question: the engines of the toolkit, and a judge.

Each returns a document, the word for its evidence, and what makes its certificate, if it has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verify.data import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.optimizers import Optimizer

Certificate = Callable[[], Any]
Answered = tuple[Any, str, Certificate | None]


@dataclass(frozen=True)
class Ask:
    """A question: the module whose code answers it, the options that it takes, whether it is about an optimizer, and
    the function from data, optimizer and options to the answer."""

    module: str
    options: tuple[str, ...]
    optimizer: bool
    answer: Callable[..., Answered]


def _predict(data: Dataset, opt: Optimizer, **options: Any) -> Answered:
    from verify.ask.prediction import predict

    found = predict(data, opt, **options)
    certified = any(limit.evidence is Verdict.CERTIFIED for limit in found.limits)
    return found.to_dict(), str(found.word), found.certificate if certified else None


def _simulate(data: Dataset, opt: Optimizer, **options: Any) -> Answered:
    from verify.ask.simulation import simulate

    found = simulate(data, opt, **({"angles": "none"} | options))  # of each item angles take a second
    return found.to_dict(), str(Verdict.MEASURED), None  # balls have no certificate here


def _diagnose(data: Dataset, opt: Optimizer, **options: Any) -> Answered:
    from verify.ask.diagnosis import diagnose

    return diagnose(data, opt, **options).to_dict(), str(Verdict.MEASURED), None


def _margin(data: Dataset, **options: Any) -> Answered:
    from verify.ask.margin import margin

    found = margin(data, **options)
    return found.to_dict(), str(found.found.evidence), found.certificate


def _equilibria(
    data: Dataset, opt: Optimizer, starts: int = 12, seed: int = 0, certify: bool = False
) -> Answered:
    """The equilibria of a small set in floats: some may be missed, unless their indices say that it is so. To
    ``certify`` is to ask the checker whether they are there, are all, and which of them attract: of 3 or 4 rows that
    takes a second, of 5 several."""
    from verify.game.smooth.together import equilibria_together

    found = equilibria_together(opt, data.floats(), starts, seed)
    attracting = sum(each.attracting for each in found)
    document = {
        "equilibria": len(found),
        "attracting": attracting,
        "several": attracting > 1,
        "index": sum(each.index for each in found),
        "limits": [
            {
                "support": list(each.support),
                "weights": each.weights,
                "direction": each.drift / (each.drift @ each.drift) ** 0.5,
                "attracting": each.attracting,
            }
            for each in found
        ],
    }
    proof = _proof(data, opt, found) if certify else None
    return document, str(Verdict.MEASURED if proof is None else Verdict.CERTIFIED), proof and (lambda: proof)


def _proof(data: Dataset, opt: Optimizer, found: list[Any]) -> Any:
    """A certificate that the checker accepted of the list of all equilibria, and their stability, else None."""
    from verify.certificate import check_document
    from verify.game.smooth.certify import equilibria_certificate

    try:
        weights, words = [each.weights.tolist() for each in found], [each.stability for each in found]
        proof = equilibria_certificate(data, opt, weights, stability=words)
    except Undecided:
        return None
    return proof if check_document(proof).valid and "undetermined" not in words else None


def _judge(
    data: Any, opt: Optimizer | None, property: str, start: Any = None, weights: Any = None
) -> Answered:
    """What a property says of a case; a case that a strategy drew is judged as it is."""
    from properties.property import Case, judged
    from verify.ask.values import point

    if isinstance(data, Dataset):
        if opt is None:
            raise BadInput(
                "ask=judge: data need an [optimizer]; a property's own strategy draws cases with theirs"
            )
        if opt.scheduled:
            raise BadInput(f"schedule={opt.schedule}: properties judge steps lr (t + 2)^-decay only")
        data = Case(data, opt, point("start", start, data.d), point("weights", weights, data.n))
    found = judged(property_named(property), data)
    word = Verdict.REFUTED if found.violated else Verdict.UNDECIDED if found.vacuous else found.kind
    document = {
        "violated": found.violated, "vacuous": found.vacuous, "badness": found.badness, "detail": found.detail,
        "case": repr(data),
    }  # fmt: skip
    return document, str(word), None


def property_named(text: str) -> Any:
    """The property with this name, or in FILE.py:NAME. Raises BadInput where there is none."""
    from properties.property import Property
    from properties.registry import all_properties
    from verify.drawers import module_of, near, split

    file, name = split(text)
    if file is not None:
        found = getattr(module_of(file, "property"), name, None)
        if not isinstance(found, Property):
            raise BadInput(f"property: {file} has no Property {name}")
        return found
    known = all_properties()
    if name not in known:
        raise BadInput(
            f"property={name} is none of those that ship{near(name, list(known))}, and no FILE.py:NAME"
        )
    return known[name]


ASKS: Mapping[str, Ask] = {
    "predict": Ask("verify.ask.prediction", ("digits", "margins", "steps", "start", "work"), True, _predict),
    "simulate": Ask(
        "verify.ask.simulation", ("steps", "arithmetic", "digits", "start", "seed", "angles"), True, _simulate
    ),
    "margin": Ask("verify.ask.margin", ("norm", "weights"), False, _margin),
    "diagnose": Ask(
        "verify.ask.diagnosis",
        (
            "dtype", "recipe", "data_format", "forward", "accumulate", "gradients", "moments", "second_moments",
            "weights", "master", "rounding", "loss_scale", "kahan", "block", "step_format", "steps",
            "seed",
        ),
        True, _diagnose,
    ),
    "equilibria": Ask("verify.game.smooth.together", ("starts", "seed", "certify"), True, _equilibria),
    "judge": Ask("verify.claims", ("property", "start", "weights"), True, _judge),
}  # fmt: skip
