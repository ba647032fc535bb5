"""
A certificate, and a forgery
============================

What was decided in exact arithmetic leaves as a document, and a checker that shares no code with the solver re-derives
it. A number changed anywhere is refused, by the obligation that it breaks.
"""

import copy
import json

import marginproof

margin = marginproof.max_margin([[2, 0], [0, 1]], norm="l2")
certificate = margin.certificate()
print(json.dumps(certificate, indent=1))
verdict = marginproof.check(certificate)
assert verdict.valid

# %%
# A margin that is claimed a little larger, and a witness that shows less.
claim, witness = {**certificate["claim"], "margin_squared": "5/4"}, {"weights": ["1/2", "1/2"]}
for part, value in (("claim", claim), ("witness", witness)):
    forged = {**copy.deepcopy(certificate), part: value}
    answer = marginproof.check(forged)
    print(answer.reason)
    assert not answer.valid

# %%
# And held against other data.
print(marginproof.check(certificate, [[2, 0], [0, 2]]).reason)
