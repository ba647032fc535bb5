"""
A claim, hunted
===============

Claims that are known to be false are kept, and must be broken. The search draws separable data by construction,
steers towards the worst case, and shrinks what it finds.
"""

import marginproof

found = marginproof.hunt("false-per-sample-l2", cases=20, seed=0)
print(found)
assert found.violation is not None
print(found.violation.again)
