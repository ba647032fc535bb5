"""
One data set, three directions
==============================

Gradient descent goes to the l2 max margin, full-batch Adam to the l_inf one, per-sample Adam to neither. The angles
are those between the limit directions, which come from the margin game and not from long runs.
"""

import matplotlib.pyplot as plt
import numpy as np

import marginproof

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]  # each row already carries its label

asked = {
    "gd": {},
    "adam, full batch": {"batch_size": "full"},
    "adam, by samples": {"batch_size": 1, "beta2": "99/100"},
}
direction = {}
for name, options in asked.items():
    answer = marginproof.predict(
        rows, optimizer=name.split(",")[0], steps=0, margins="none", digits=6, **options
    )
    direction[name] = np.asarray(answer.limits[0].direction, dtype=float)
    print(f"{name:18} {answer.word:10} {direction[name].round(4)}")

# %%
# The first two are max margins, exactly; the third lies several degrees from either.


def degrees(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


for norm, name in (("l2", "gd"), ("linf", "adam, full batch")):
    margin = marginproof.max_margin(rows, norm=norm)
    exact = np.asarray(margin.direction, dtype=float)
    print(norm, float(margin), margin.exactness())
    assert degrees(exact / np.linalg.norm(exact), direction[name]) < 1e-3

apart = [degrees(direction["adam, by samples"], direction[name]) for name in ("gd", "adam, full batch")]
print("per-sample Adam is", *(f"{angle:.1f} degrees" for angle in apart), "from them")
assert min(apart) > 3

# %%
figure, ax = plt.subplots(layout="constrained")
for place, (name, entries) in enumerate(direction.items()):
    ax.bar(np.arange(3) + 0.27 * (place - 1), entries, 0.25, label=name)
ax.set_xticks(range(3), ["x0", "x1", "x2"])
ax.set_ylabel("entry of the limit direction, unit l2 norm")
_ = figure.legend(loc="outside upper center", ncols=3)
