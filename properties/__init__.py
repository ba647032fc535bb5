"""Property tests of the claims: strategies for separable data, properties, and the engine that runs them.

Use in your own tests: ``@given(separable(n=(2, 6), d=3))``; or one claim's properties on your own data:
``run(property, cases=100, strategy=...)``.
"""

from properties.property import Case, Judgement, Property, case, vacuous, within
from properties.run import Outcome, Tally, Violation, keep, kept, run

__all__ = [
    "Case",
    "Judgement",
    "Outcome",
    "Property",
    "Tally",
    "Violation",
    "case",
    "keep",
    "kept",
    "run",
    "vacuous",
    "within",
]
