"""
A table of your own
===================

Text labels, names of columns, an intercept, columns of different units: what was read is exact, and the answer names
the features.
"""

import numpy as np

import marginproof

draw = np.random.default_rng(3)
table = {name: draw.normal(size=30).round(3) for name in ("age", "dose", "score")}
outcome = np.where(table["dose"] - 0.5 * table["score"] + 0.1 > 0, "sick", "well")

answer = marginproof.predict(
    table, outcome, "gd", positive="sick", intercept=True, standardize=True, steps=0, digits=6
)
print(answer)
assert list(answer.names) == ["age", "dose", "score", "intercept"]

# %%
# What cannot be is refused in one line, with the value.
for optimizer, column in (("Adam", table["age"]), ("gd", [float("nan")] * 30)):
    try:
        marginproof.predict({**table, "age": column}, outcome, optimizer, positive="sick")
    except marginproof.BadInput as error:
        print(error)
