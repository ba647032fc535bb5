"""Property tests of the claims: strategies for separable data, properties, and the engine that runs them.

Use in your own tests: ``@given(separable(n=(2, 6), d=3))``; or one claim's properties on your own data:
``run(property, cases=100, strategy=...)``.
"""

from properties.claim import Claim, Clause, clause, known_false, stated, trial
from properties.confirm import Confirmed
from properties.property import Case, Judgement, Property, case, dataset, named, vacuous, within, worst
from properties.run import Outcome, Tally, Violation, keep, kept, run

__all__ = [
    "Case", "Claim", "Clause", "Confirmed", "Judgement", "Outcome", "Property", "Tally", "Violation", "case",
    "clause", "dataset", "keep", "kept", "known_false", "named", "run", "stated", "trial", "vacuous",
    "within", "worst",
]  # fmt: skip
