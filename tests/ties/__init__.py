"""The fuzz of ties: trials, the processes that run them, contradictions, and the report (`tests/fuzz_ties.py`)."""
