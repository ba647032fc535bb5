"""The JSON Schema (2020-12) of what each command writes with --json. Further fields may be added to any object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.data.text import show
from verify.drawers import near
from verify.errors import BadInput

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
# A number that is not rounded: a decimal, or p/q in lowest terms.
EXACT: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(/[0-9]+)?$"}
WORD: Schema = {"enum": ["formal", "proved", "certified", "tested", "measured", "refuted", "undecided"]}


def many(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def maybe(item: Schema) -> Schema:
    """It, or null."""
    return {"anyOf": [item, {"type": "null"}]}


def keyed(item: Schema) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": item}


def record(fields: dict[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """An object with these fields, all but the optional ones required."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
    }


VECTOR, STEP, STEPS = many(NUMBER), maybe(WHOLE), keyed(WHOLE)
ENTRIES = many({"anyOf": [NUMBER, EXACT, {"type": "null"}]})
EVIDENCE = many(record({"kind": WORD, "scope": TEXT, "detail": TEXT}))

READING = record(
    {"how": many(TEXT), "options": keyed(ANYTHING), "shifts": many(EXACT), "factors": many(EXACT)},
    optional=("shifts", "factors"),
)
# A row by its number; of several classes a sample with the class that it is held against.
ROW: Schema = {"anyOf": [WHOLE, {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}]}
DATA = {
    "shape": many(WHOLE),
    "samples": WHOLE,
    "names": many(TEXT),
    "data": TEXT,
    "reading": READING,
    "version": TEXT,
}
OPTIMIZER = {
    "optimizer": TEXT, "hyperparameters": keyed(EXACT), "lr": EXACT, "schedule": TEXT, "decay": EXACT, "loss": TEXT,
    "batch_size": WHOLE, "order": TEXT, "eps": EXACT, "eps_place": TEXT, "bias_correction": TRUTH,
    "weight_decay": EXACT,
}  # fmt: skip


def asked(**more: Schema) -> Schema:
    """What was asked of an optimizer, on data."""
    return record(OPTIMIZER | DATA | more)


WAVE = {"growth": NUMBER, "spectral_radius": maybe(NUMBER)}
METRIC = record(
    {
        "diagonal": VECTOR, "error": NUMBER, "margin": NUMBER, "steps": WHOLE, "change": NUMBER, "shrinks": NUMBER,
    }
)  # fmt: skip
LIMIT = record(
    {
        "direction": VECTOR, "radius": maybe(NUMBER), "support": many(ROW), "weights": VECTOR,
        "stability": {"enum": ["attracting", "repelling", "saddle", "undetermined"]}, "evidence": WORD,
        "slack": maybe(NUMBER), "note": TEXT, "standard_error": maybe(NUMBER), "discretization_error": maybe(NUMBER),
        "decimals": many(EXACT), "levels": many(record({"support": many(ROW), "weights": VECTOR})),
        "iterate": maybe(VECTOR), "temperature": maybe(NUMBER), "metric": maybe(METRIC), **WAVE,
    },
    optional=("decimals", *WAVE),
)  # fmt: skip
HYPOTHESIS = record({"text": TEXT, "holds": maybe(TRUTH), "how": TEXT})
STANDING = record(
    {
        "step": STEP, "tau": maybe(NUMBER), "of": {"enum": ["iterate", "increments"]}, "limit": STEP,
        "angle_to_limit": maybe(NUMBER), "angles_to_limits": many(maybe(NUMBER)), "angle_to_l1": maybe(NUMBER),
        "angle_to_l2": maybe(NUMBER), "angle_to_linf": maybe(NUMBER), "angle_to_game": maybe(NUMBER),
        "angle_to_flow": maybe(NUMBER), "min_margin": NUMBER,
    }
)  # fmt: skip
PHASE_NAME: Schema = {"enum": ["start-up", "game", "tail", "decay"]}
PHASES = many(
    record({"name": PHASE_NAME, "from_step": WHOLE, "margin": NUMBER, "how": {"enum": ["run", "foretold"]}})
)
SETTLING = maybe(
    record(
        {"limit": WHOLE, "rate": NUMBER, "power": maybe(NUMBER), "steps": STEP, "memory_steps": maybe(NUMBER)}
    )
)
RUN = maybe(
    record(
        {
            "steps": WHOLE, "tau": NUMBER, "nearest": WHOLE, "misalignment": NUMBER, "allowed": NUMBER,
            "agrees": TRUTH, "needed": STEP, "lr": NUMBER, "decay": NUMBER, "could_settle": TRUTH,
        }
    )
)  # fmt: skip
MEAN_COST = record({"given": NUMBER, "reshuffled": NUMBER, "standard_error": NUMBER})
ORDER = maybe(record({"uniform": MEAN_COST, "way": MEAN_COST, "limit": maybe(MEAN_COST), "warning": TEXT}))
TAIL = record(
    {
        "rule": TEXT,
        "update": TEXT,
        "handover_step": STEP,
        "handover_margin": maybe(NUMBER),
        "handover_foretold": maybe(TRUTH),
    }
)
PREDICT = record(
    {
        "dataset": TEXT, "optimizer": TEXT, "asked": asked(start=many(EXACT)), "limits": many(LIMIT),
        "complete": TRUTH, "temperature": maybe(NUMBER), "tail": maybe(TAIL), "note": TEXT, "word": WORD,
        "statement": TEXT, "hypotheses": many(HYPOTHESIS),
        "start": many(EXACT),
        "from_start": record(
            {
                "limit": STEP, "evidence": WORD, "enclosed_steps": STEP,
                "run": maybe(record({"evidence": WORD, "step": STEP, "why": TEXT})),
            }
        ),
        "cautions": many(TEXT), "order": ORDER,
        "at": many(STANDING), "phases": PHASES, "settling": SETTLING,
        "comparison": record(
            {
                "one_minus_cos": keyed(VECTOR), "degrees": keyed(VECTOR), "max_margin_unique": keyed(TRUTH),
                "simulation": RUN, "simulation_suited": RUN,
            }
        ),
        "shape": many(WHOLE), **WAVE,
    },
    optional=("shape", *WAVE),
)  # fmt: skip
CHANGE = record({"beta2": NUMBER, "kind": TEXT, "text": TEXT})
POINT = record(
    {"at": NUMBER, "direction": VECTOR, "support": many(ROW), "stability": TEXT, "degrees": keyed(NUMBER)}
)
PATH = record(
    {
        "dataset": TEXT, "optimizer": TEXT, "path": TEXT,
        "lines": many(
            record(
                {
                    "points": many(POINT), "changes": many(CHANGE), "begin": maybe(CHANGE), "end": maybe(CHANGE),
                    "critical": many(NUMBER),
                },
                optional=("critical",),
            )
        ),
    }
)  # fmt: skip
MARGIN = record(
    {
        "norm": TEXT, "margin": EXACT, "margin_exact": EXACT, "margin_squared_exact": EXACT,
        "margin_squared_low": EXACT, "margin_squared_high": EXACT, "direction": VECTOR,
        "direction_exact": many(EXACT), "radius_squared": EXACT, "unique": maybe(TRUTH),
        "margin_low": EXACT, "margin_high": EXACT, "dual_rank": WHOLE, "face_dimension": WHOLE,
        "support": many(ROW), "weights": many(EXACT), "metric": many(EXACT), "intercept_exact": EXACT,
        "evidence": WORD, "shape": many(WHOLE), "asked": record(DATA | {"norm": TEXT}),
    },
    optional=(
        "shape", "margin_low", "margin_high", "dual_rank", "margin_exact", "margin_squared_exact",
        "margin_squared_low", "margin_squared_high", "radius_squared", "face_dimension", "metric", "intercept_exact",
    ),
)  # fmt: skip
SIMULATE = record(
    {
        "steps": WHOLE, "arithmetic": {"enum": ["float64", "mpf", "ball"]}, "digits": WHOLE, "bits": WHOLE,
        "digits_known": WHOLE, "digits_known_of": STEPS, "weights": ENTRIES, "radius": many(EXACT),
        "direction": ENTRIES, "increment_direction": ENTRIES,
        "min_margin": {"anyOf": [NUMBER, EXACT, {"type": "null"}]},
        "at": many(STANDING), "asked": asked(steps=WHOLE, seed=WHOLE, start=many(EXACT)), "shape": many(WHOLE),
    },
    optional=("digits", "digits_known", "digits_known_of", "radius", "shape"),
)  # fmt: skip
LOCATE = record(
    {
        "dataset": TEXT, "optimizer": TEXT, "step": STEP, "tau": maybe(NUMBER), "at": many(STANDING),
        "along": many(STANDING), "phase": maybe(PHASE_NAME), "phases": PHASES, "settled": maybe(TRUTH), "why": TEXT,
        "settling": SETTLING, "min_margin": NUMBER,
        "limits": many(record({"direction": VECTOR, "stability": TEXT, "evidence": WORD})), "note": TEXT, "word": WORD,
        "asked": asked(start=many(EXACT), weights=TEXT), "shape": many(WHOLE),
    },
    optional=("shape",),
)  # fmt: skip
BY_STEP = many({"type": "array", "prefixItems": [WHOLE, maybe(NUMBER)]})
RUNAWAY = record(
    {
        "coordinates": many(WHOLE), "speed": maybe(NUMBER), "predicted_coordinates": many(WHOLE),
        "predicted_speed": maybe(NUMBER),
    }
)  # fmt: skip
DIAGNOSE = record(
    {
        "dataset": TEXT, "optimizer": TEXT, "dtype": TEXT, "eps": EXACT, "steps": WHOLE,
        "first_underflow_step": STEP, "first_nonfinite_step": STEP, "first_stalled_step": STEP,
        "first_still_step": STEP, "last_move": STEP, "frozen": STEPS, "predicted_frozen": STEPS,
        "cannot_fall": many(TEXT), "decays": keyed(TEXT), "state_roles": keyed(TEXT), "roles": keyed(TEXT),
        "called": keyed(TEXT), "roots": TRUTH,
        "without_gradient": WHOLE, "eps_step": STEP, "underflow": STEPS, "underflow_since": STEPS,
        "predicted_underflow": STEPS, "predicted_underflow_step": STEP,
        "predicted_underflow_margin": maybe(NUMBER), "reach": keyed(ANYTHING), "digits": BY_STEP,
        "wrong_signs": maybe(BY_STEP), "margins": BY_STEP, "run_margins": BY_STEP, "behind": maybe(NUMBER),
        "certified_steps": WHOLE, "reference_digits": maybe(NUMBER), "recommendation": TEXT,
        "predicted_first_still_step": STEP, "predicted_last_move": STEP, "moves_told_wrongly": STEP,
        "moves_after_still": STEP, "digits_of_data": NUMBER, "digits_lost_to_data": NUMBER,
        "safe_eps": maybe(NUMBER), "vanishing_ratio": maybe(NUMBER), "runaway": maybe(RUNAWAY),
        "stall": keyed(record({"predicted": NUMBER, "measured": NUMBER})), "bytes_per_parameter": NUMBER,
        "asked": asked(dtype=TEXT, steps=WHOLE, seed=WHOLE),
    }
)  # fmt: skip
# What the table of recipes has of each diagnosis.
IN_TABLE = (
    "roles", "digits", "digits_of_data", "digits_lost_to_data", "first_underflow_step", "predicted_underflow_step",
    "first_nonfinite_step", "first_still_step", "predicted_first_still_step", "last_move", "predicted_last_move",
    "frozen", "predicted_frozen", "cannot_fall", "safe_eps", "runaway", "bytes_per_parameter",
)  # fmt: skip
RECIPE = {"recipe": TEXT, "text": TEXT, "rounds": TEXT} | {
    name: DIAGNOSE["properties"][name] for name in IN_TABLE
}
RECIPES = record(
    {
        "dataset": TEXT,
        "optimizer": TEXT,
        "asked": asked(steps=WHOLE, seed=WHOLE),
        "recipes": many(record(RECIPE)),
    }
)
CLAIM = record(
    {
        "id": TEXT, "title": TEXT, "source": TEXT, "expected": {"enum": ["holds", "fails"]}, "verdict": WORD,
        "evidence": EVIDENCE, "clauses": many(record({"text": TEXT, "hypotheses": many(ANYTHING), "verdict": WORD})),
        "seconds": NUMBER,
    },
    optional=("clauses",),
)  # fmt: skip
ROAD = record({"passed": TRUTH, "how": TEXT})
DERIVATION = record(
    {
        "name": TEXT, "title": TEXT, "source": TEXT, "scope": TEXT, "hypotheses": many(TEXT), "conclusion": TEXT,
        "universal": TRUTH, "number_of_steps": WHOLE,
        "passed": TRUTH, "check": TRUTH, "second_road": TRUTH,
        "steps": many(
            record(
                {
                    "name": TEXT, "from": many(TEXT), "statement": TEXT, "kind": TEXT, "latex": TEXT,
                    "hypotheses": many(TEXT), "reason": TEXT, "check": ROAD, "second_road": ROAD,
                }
            )
        ),
        "measurements": many(ANYTHING), "false_variants": many(TEXT), "news": many(TEXT), "seconds": NUMBER,
    }
)  # fmt: skip
HUNT = record(
    {
        "claim": TEXT, "found": TRUTH, "cases": WHOLE, "vacuous": WHOLE, "seed": WHOLE,
        "counterexample": maybe(
            record({"property": TEXT, "case": keyed(ANYTHING), "detail": TEXT, "verdict": WORD, "evidence": EVIDENCE})
        ),
        "files": many(TEXT), "command": TEXT, "interrupted": TRUTH, "version": TEXT,
    }
)  # fmt: skip
TRAITS = many(record({"trait": TEXT, "declared": ANYTHING, "found": ANYTHING, "how": TEXT, "ok": TRUTH}))
CERTIFICATE = record(
    {"file": TEXT, "valid": maybe(TRUTH), "statement": maybe(TEXT), "obligation": TEXT, "why": TEXT}
)
CONFORM = record(
    {
        "target": TEXT, "rule": TEXT, "dtype": TEXT, "agrees": TRUTH, "cases": WHOLE, "worst": maybe(NUMBER),
        "counterexample": maybe(
            record(
                {
                    "gradients": many(many(maybe(NUMBER))), "start": VECTOR, "hyperparameters": keyed(NUMBER),
                    "differs_at_step": WHOLE, "target_update": maybe(NUMBER), "rule_update": maybe(NUMBER),
                    "bound": maybe(NUMBER), "parameters": many(WHOLE), "rows": many(WHOLE), "entry": many(WHOLE),
                    "does": TEXT, "test": TEXT,
                }
            )
        ),
        "variant": maybe(TEXT), "declared": many(TEXT),
        "states": TEXT, "states_variant": maybe(TEXT), "unjudged": NUMBER, "tried": many(TEXT), "version": TEXT,
    }
)  # fmt: skip
RULE = record(
    {
        "name": TEXT, "also": many(TEXT), "source": TEXT, "states": many(record({"name": TEXT, "degree": EXACT})),
        "hyper": many(record({"name": TEXT, "default": EXACT, "range": TEXT})), "update": TEXT, "degree": ANYTHING,
        "batch": ANYTHING, "batches": TRUTH, "reads": TEXT, "forgets": TRUTH, "blocks": TEXT, "weight_decay": EXACT,
    }
)  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "check": record({"ok": TRUTH, "certificates": many(CERTIFICATE), "version": TEXT}),
    "check-loss": record({"loss": TEXT, "ok": TRUTH, "traits": TRAITS, "version": TEXT}),
    "check-rule": record({"rule": TEXT, "ok": TRUTH, "traits": TRAITS, "version": TEXT}),
    "conform": CONFORM,
    "derive": record({"ok": TRUTH, "derivations": many(DERIVATION), "version": TEXT}),
    "diagnose": DIAGNOSE,
    "hunt": HUNT,
    "locate": LOCATE,
    "margin": MARGIN,
    "path": PATH,
    "plan": record(
        {
            "title": TEXT, "items": WHOLE, "sampled": WHOLE, "failed": WHOLE, "error": maybe(TEXT),
            "seconds_an_item": NUMBER, "jobs": WHOLE, "seconds": NUMBER, "version": TEXT,
        }
    ),
    "predict": PREDICT,
    "recipes": RECIPES,
    "rules": record({"rules": many(RULE), "version": TEXT}),
    "simulate": SIMULATE,
    "sweep": record(
        {
            "title": TEXT, "out": TEXT, "items": WHOLE, "there": WHOLE, "stale": WHOLE, "again": WHOLE,
            "ended": keyed(WHOLE), "interrupted": TRUTH, "seconds": NUMBER, "version": TEXT,
        }
    ),
    "verify": record({"ok": TRUTH, "claims": many(CLAIM), "version": TEXT}),
}  # fmt: skip


def schema(command: str) -> Schema:
    """The schema of a command's document; ``path`` is that of ``predict --path``, ``plan`` that of ``sweep --dry-run``,
    ``recipes`` that of ``diagnose --recipes``. Raises BadInput if there is none."""
    if command not in SCHEMAS:
        raise BadInput(
            f"schema={show(command)} is none of {', '.join(SCHEMAS)}{near(command, list(SCHEMAS))}"
        )
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"marginproof {command} --json",
    }
    return head | SCHEMAS[command]
