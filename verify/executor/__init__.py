"""Many pieces of work, on the cores of this machine or on a scheduler of Dask.

`processes` does numbered work in order, for hunts. `guarded` does one piece after the other in a process of its own,
which may be ended. `cluster` spreads pieces over the workers of Dask, each of which has such a process.
"""
