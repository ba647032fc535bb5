"""The optimizers of torch and optax, the rules that they are, and the conventions in which they are those."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Implementation:
    """A target with its keywords, its rule, the variants in which it agrees, and how many cases it is held in."""

    target: str
    rule: str
    variants: tuple[str, ...] = ()
    kwargs: str = ""
    cases: int = 60

    @property
    def text(self) -> str:
        return self.target + (f", {self.kwargs}" if self.kwargs else "")


TORCH = [
    Implementation("torch.optim:Adam", "adam"),
    Implementation("torch.optim:Adam", "adamw", ("coupled",)),
    Implementation("torch.optim:AdamW", "adamw"),
    Implementation("torch.optim:Adam", "amsgrad", (), "amsgrad=True"),
    Implementation("torch.optim:SGD", "momentum", ("undampened-first",)),
    Implementation("torch.optim:SGD", "momentum", (), "nesterov=True"),
    Implementation("torch.optim:RMSprop", "rmsprop"),
    Implementation("torch.optim:NAdam", "nadam", ("nadam-schedule",)),
    Implementation("torch.optim:Adagrad", "adagrad"),
]
OPTAX = [
    Implementation("optax:adam", "adam"),
    Implementation("optax:adamw", "adamw"),
    Implementation("optax:amsgrad", "amsgrad", ("maximum-of-corrected",)),
    Implementation("optax:nadam", "nadam", ("nadam-corrected",)),
    Implementation("optax:lion", "lion"),
    Implementation("optax:sgd", "momentum"),
    Implementation("optax:sgd", "momentum", (), "nesterov=True"),
    Implementation("optax:rmsprop", "rmsprop", ("eps-inside",)),
    Implementation("optax:adagrad", "adagrad", ("eps-inside", "v-starts-at-0.1")),
    Implementation("optax:adabelief", "adabelief", (), "eps_root=0.0"),
]
ALL = [*TORCH, *OPTAX]
# Of these the parameters are matrices.
MUON = [
    Implementation("torch.optim:Muon", "muon-ns", ("bfloat16-products", "eps-maximum", "factor-of-rows")),
    # Each step is traced anew, in a quarter of a second.
    Implementation("optax.contrib:muon", "muon-ns", ("factor-of-columns", "nadam-corrected"), cases=12),
]

# What torch offers beside its plain loops, and which of its optimizers have it.
FOREACH = [each for each in TORCH if "nesterov" not in each.kwargs]
FUSED = [each for each in TORCH if each.target.rpartition(":")[2] in ("Adam", "AdamW", "Adagrad")]
FORMATS = ("float64", "bfloat16", "float16")

# Faults that are seen in the pinned versions: target, rule, variants, keywords, format, and what is seen.
SEEN = [
    (Implementation("torch.optim:SGD", "momentum", ("undampened-first",), "fused=True"), "float32", "failed: Type"),
    (Implementation("torch.optim:SGD", "gd", (), "fused=True"), "bfloat16", "the target moves by 0, the rule by -"),
    (Implementation("torch.optim:SGD", "gd", (), "fused=True"), "float16", "the target moves by 0, the rule by -"),
    (Implementation("torch.optim:SGD", "momentum", (), "nesterov=True, foreach=True"), "float32", "changed in place"),
    (Implementation("torch.optim:NAdam", "nadam", ("nadam-schedule",)), "float64", "the target moves by"),
]  # fmt: skip
