"""
What a number format does to a run
==================================

Gradients on separable data go to zero, their squares twice as fast, and a number format ends somewhere. The diagnosis
runs the optimizer twice, in the format and beside it, and counts the digits that agree.
"""

import matplotlib.pyplot as plt

import marginproof

data = "gaussian:n=6,d=12,seed=0"
reports = {
    dtype: marginproof.diagnose(data, optimizer="adam", batch_size="full", dtype=dtype, steps=2000, decay=0)
    for dtype in ("float16", "bfloat16", "float32")
}
for dtype, report in reports.items():
    print(f"{dtype}: {report.recommendation}\n")

figure, axes = plt.subplots(3, 1, figsize=(6.4, 11), layout="constrained")
for ax, report in zip(axes, reports.values(), strict=True):
    report.plot(ax=ax)
