"""Which number of a training step is in which format: formats by role.

    data            the rows, as they are stored;
    forward         the margin of a sample, and the weight of its loss that goes backward;
    accumulate      the sums on the way: of a margin over the features, of a gradient over the samples;
    gradients       the gradient that the rule is given;
    moments         the rule's states of degree 1, m of Adam;
    second_moments  its other states, v of Adam;
    weights         w as the forward pass sees it;
    master          w as the step changes it; where it is no other than ``weights``, there is one w only.

The step itself computes in ``arithmetic``, the shortest format that contains those of what it reads and writes, or a
longer one that is asked for: no number is lost on the way in, and each is rounded on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from verify.drawers import near
from verify.errors import BadInput
from verify.numbers.formats import BLOCKWISE, FORMATS, Blockwise, Format, format_named

ROLES = (
    "data", "forward", "accumulate", "gradients", "moments", "second_moments", "weights", "master",
)  # fmt: skip
STATES = ("moments", "second_moments")

# What is stored from step to step, and may be rounded at random.
STORED = (*STATES, "weights", "master")
MODES = ("nearest", "stochastic")

# As torch's GradScaler: the factor in the beginning, and after how many finite gradients it is doubled.
FIRST_SCALE, GROWTH_STEPS = 65536, 2000
LARGEST_SCALE = 2**100


@dataclass(frozen=True)
class Roles:
    """A format a role; ``stochastic`` names the roles that round at random, to the number below or above with such
    probabilities that the mean is right. ``loss_scale`` multiplies the loss, and the gradient is divided by it before
    the step: a number, "dynamic" (halved where a gradient is not finite, whose step is left out), or 0 for none.
    ``kahan``: w keeps what rounding took from it, in its own format, and adds it to the next update. ``block``: so many
    entries of a state in a blockwise format share a largest size. ``step`` is what the step computes in, where that
    is longer than it need be: fused kernels take states in a short format to float32, and round each once. ``called``
    is the recipe's name."""

    data: Format
    forward: Format
    accumulate: Format
    gradients: Format
    moments: Format | Blockwise
    second_moments: Format | Blockwise
    weights: Format
    master: Format
    stochastic: frozenset[str] = frozenset()
    loss_scale: Fraction | str = Fraction(0)
    kahan: bool = False
    block: int = 256
    step: Format | None = None
    called: str = ""

    @classmethod
    def of(cls, given: str | Format | Roles) -> Roles:
        """All roles in one format, or roles as they are."""
        if isinstance(given, Roles):
            return given
        form = format_named(given)
        return cls(**dict.fromkeys(ROLES, form))  # type: ignore[arg-type]

    @property
    def uniform(self) -> Format | None:
        """The one format of all roles, None where there are several or anything is done beside rounding."""
        form = self.master
        same = all(getattr(self, role) == form for role in ROLES)
        plain = not (self.stochastic or self.loss_scale or self.kahan or self.step)
        return form if same and plain else None

    @property
    def name(self) -> str:
        """The recipe's or the one format's name, or what is in which."""
        if self.called:
            return self.called
        if self.uniform is not None:
            return self.uniform.name
        by_form: dict[str, list[str]] = {}
        for role, form in self.forms().items():
            by_form.setdefault(form, []).append(role.replace("_", " "))
        told = [f"{form} ({', '.join(roles)})" for form, roles in by_form.items()]
        extra = [f"loss scale {self.loss_scale}"] * bool(self.loss_scale) + ["Kahan sums"] * self.kahan
        computed = [] if self.step is None else [f"steps computed in {self.step.name}"]
        return ", ".join([*told, *extra, *computed])

    @property
    def has_master(self) -> bool:
        """Whether the step changes another w than the forward pass sees."""
        return self.master != self.weights

    def forms(self) -> dict[str, str]:
        """The format of each role by name, with its rounding where that is at random."""
        return {
            role: getattr(self, role).name + (" stochastic" if role in self.stochastic else "")
            for role in ROLES
        }

    @cached_property
    def arithmetic(self) -> Format:
        """What a step computes in. A state in a blockwise format is computed with in float32 at least, and what rounds
        at random comes from longer numbers than it goes to."""
        needed = [self.gradients, self.master]
        for role in STATES:
            form = getattr(self, role)
            needed.append(FORMATS["float32"] if isinstance(form, Blockwise) else form)
        for role in self.stochastic:
            form = getattr(self, role)
            if isinstance(form, Format):
                needed.append(FORMATS["float32" if 2 * form.bits + 2 <= 24 else "float64"])
        if self.step is not None:
            short = next((form for form in needed if not contains(self.step, form)), None)
            if short is not None:
                raise BadInput(
                    f"step_format={self.step.name}: it cannot hold {short.name}, which a step reads or writes"
                )
            return self.step
        candidates = sorted({*needed, FORMATS["float32"], FORMATS["float64"]}, key=lambda form: form.bits)
        return next(form for form in candidates if all(contains(form, other) for other in needed))

    @cached_property
    def real(self) -> Any:
        """The NumPy type that all values are held in."""
        forms = [form for role in ROLES if isinstance(form := getattr(self, role), Format)]
        return (
            np.float64 if any(form.real is np.float64 for form in [*forms, self.arithmetic]) else np.float32
        )

    def of_state(self, degree: Fraction | int) -> str:
        """The role of a state of that degree."""
        return "moments" if degree == 1 else "second_moments"

    @property
    def bytes_per_parameter(self) -> float:
        """What a parameter takes of weights, master weights, what Kahan sums keep, and the gradient; states come by
        ``state_bytes``."""
        kept = [self.weights, self.gradients, *[self.master] * (self.has_master + self.kahan)]
        return sum(size(form, self.block) for form in kept)

    def state_bytes(self, degree: Fraction | int) -> float:
        """What a parameter takes of a state of that degree."""
        return size(getattr(self, self.of_state(degree)), self.block)


def contains(form: Format, other: Format) -> bool:
    """Whether every number of ``other`` that is not too large is one of ``form``."""
    return form.bits >= other.bits and form.lowest <= other.lowest


def size(form: Format | Blockwise, block: int) -> float:
    """Bytes an entry: sign, exponent and significand, whose first bit is not stored; or a code and a share of the
    block's largest size, a float32."""
    if isinstance(form, Blockwise):
        return 1 + 4 / block
    exponent_bits = (2 - form.lowest).bit_length()
    return (exponent_bits + form.bits) / 8


def roles_of(
    dtype: str | Format | Roles | None = None,
    given: Mapping[str, str | Format | None] | None = None,
    *,
    rounding: tuple[str, ...] = (),
    loss_scale: Any = None,
    kahan: bool | None = None,
    block: int | None = None,
    step: str | Format | None = None,
) -> Roles:
    """Roles from the format of all (float32 if there is none, or roles to begin with) and those of some, by role.

    ``rounding`` are MODE or ROLE=MODE. A ``weights`` that is given without ``master`` is the only w. Raises BadInput,
    in one line, for what no role takes.
    """
    roles = Roles.of("float32" if dtype is None else dtype)
    changed: dict[str, Any] = {
        role: _form(role, name) for role, name in (given or {}).items() if name is not None
    }
    if "weights" in changed and "master" not in changed and not roles.has_master:
        changed["master"] = changed["weights"]
    if changed or rounding or not (loss_scale is kahan is block is None):
        roles = replace(roles, **changed, called="")
    for asked in rounding:
        roles = replace(roles, stochastic=_stochastic(roles, asked))
    if block is not None:
        if not 1 <= block <= 1 << 20:
            raise BadInput(f"block={block} is outside [1, 2^20]")
        roles = replace(roles, block=block)
    if step is not None:
        roles = replace(roles, step=format_named(step), called="")
        _ = roles.arithmetic  # where that cannot be, it is said now
    if loss_scale is not None:
        roles = replace(roles, loss_scale=_scale(loss_scale))
    return roles if kahan is None else replace(roles, kahan=bool(kahan))


def _form(role: str, given: str | Format) -> Format | Blockwise:
    if isinstance(given, str) and given in BLOCKWISE:
        if role in STATES:
            return BLOCKWISE[given]
        raise BadInput(
            f"{role}={given}: it stores states only; of the roles these are {' and '.join(STATES)}"
        )
    return format_named(given)


def _stochastic(roles: Roles, asked: str) -> frozenset[str]:
    role, told, mode = asked.rpartition("=")
    role = role.replace("-", "_")
    if mode not in MODES:
        raise BadInput(f"rounding={asked:.60}: {mode:.40} is none of {', '.join(MODES)}")
    if told and role not in STORED:
        raise BadInput(
            f"rounding={asked:.60}: {role:.40} is none of {', '.join(STORED)}, which are kept from step to step"
            f"{near(role, STORED)}"
        )
    named = {role} if told else set(STORED)
    if "weights" in named and not roles.has_master:
        named.add("master")
    return frozenset(roles.stochastic | named if mode == "stochastic" else roles.stochastic - named)


def _scale(given: Any) -> Fraction | str:
    if given == "dynamic":
        return "dynamic"
    try:
        scale = Fraction(given)
    except (TypeError, ValueError, ZeroDivisionError):
        raise BadInput(f"loss_scale={given!s:.40} is neither a number nor dynamic") from None
    if not 0 <= scale <= LARGEST_SCALE:
        raise BadInput(f"loss_scale={given!s:.40} is outside [0, 2^100]")
    return scale
