"""One profile for all generated cases: the same ones on every run, and no deadline, as compilation takes seconds.

And one thread for sums, as in the command (verify/cli): results are then the same on any number of cores.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("marginproof", derandomize=True, deadline=None)
settings.load_profile("marginproof")
