"""One profile for all generated cases: the same ones on every run, and no deadline, as compilation takes seconds."""

from hypothesis import settings

settings.register_profile("marginproof", derandomize=True, deadline=None)
settings.load_profile("marginproof")
