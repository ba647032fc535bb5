"""What a step of Inc-Adam costs: compiled against C, NumPy and torch; balls against mpmath and against flint alone;
the diagnosis of a format against the float64 run.

All contenders for one line take the same steps on the same Gaussian rows, end at the same w (checked), and take
turns.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from flint import arb
from timing import Row, least

from verify.data import load
from verify.diagnose import diagnose
from verify.diagnose.recipes import recipe
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.numbers.systems.mpf import MPF
from verify.optimizers import optimizer
from verify.optimizers.roles import Roles
from verify.optimizers.trajectory import iterates, trajectory
from verify.problem.interpreted import interpreted
from verify.simulate import simulate

SIZES = ((10, 50), (150, 5), (1000, 200))
# Small steps, so that the plain loops see no underflow: it would slow them down.
LR, BETA1, BETA2 = Fraction(1, 1000), Fraction(9, 10), Fraction(999, 1000)
OPT = optimizer("adam", lr=LR, beta1=BETA1, beta2=BETA2)
BITS = 256

Run = Callable[[int], Any]  # steps to w


def gaussian(n: int, d: int) -> Any:
    return load(f"gaussian:n={n},d={d},seed=0")


def adam_library() -> Any:
    """adam.c, None without gcc."""
    if shutil.which("gcc") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "adam.so"
        source = Path(__file__).with_name("adam.c")
        flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], check=True)
        return ctypes.CDLL(str(library))


def c_loop(X: Any, name: str) -> Run | None:
    """The loop of that name in adam.c, None without gcc."""
    library = adam_library()
    if library is None:
        return None
    loop = getattr(library, name)
    real, vector = ctypes.c_double, np.ctypeslib.ndpointer(np.float64, flags="C")
    loop.argtypes = [vector, *[ctypes.c_long] * 3, *[real] * 3, *[vector] * 3]
    loop.restype = None

    def run(steps: int) -> Any:
        w, m, v = np.zeros((3, X.shape[1]))
        loop(X, *X.shape, steps, float(LR), float(BETA1), float(BETA2), w, m, v)
        return w

    return run


def numpy_loop(X: Any) -> Run:
    b1, b2, lr = float(BETA1), float(BETA2), float(LR)

    def run(steps: int) -> Any:
        w, m, v = np.zeros((3, X.shape[1]))
        for t in range(steps):
            x = X[t % len(X)]
            g = -x / (1 + np.exp(x @ w))
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g * g
            w = w - lr / np.sqrt(t + 2) * m / np.sqrt(v)
        return w

    return run


def torch_loop(X: Any) -> Run | None:
    """torch.optim.Adam, its gradients by autograd, its bias correction undone by the learning rate; None without
    torch."""
    try:
        import torch
    except ImportError:
        return None
    rows = torch.tensor(X)
    b1, b2, lr = float(BETA1), float(BETA2), float(LR)

    def run(steps: int) -> Any:
        w = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
        adam = torch.optim.Adam([w], lr=lr, betas=(b1, b2), eps=0.0)
        for t in range(steps):
            adam.zero_grad()
            torch.nn.functional.softplus(-(rows[t % len(rows)] @ w)).backward()
            adam.param_groups[0]["lr"] = (
                lr * (t + 2) ** -0.5 * (1 - b1 ** (t + 1)) / (1 - b2 ** (t + 1)) ** 0.5
            )
            adam.step()
        return w.detach().numpy()

    return run


def floats(large: bool) -> list[Row]:
    """Microseconds a step in float64, and ratios to the C loop of the same arithmetic."""
    rows = []
    for n, d in SIZES:
        X = gaussian(n, d).floats()
        steps = 50_000_000 // (d + 50)
        # The slow ones take fewer steps: a step costs them the same early and late.
        contenders: dict[str, tuple[Run | None, int]] = {
            "ours": (lambda steps, X=X: trajectory(X, OPT, [steps]).weights[0], steps),
            "C": (c_loop(X, "log_scale"), steps),
            "plain C": (c_loop(X, "plain"), steps),
            "NumPy": (numpy_loop(X), steps // 100),
            "torch": (torch_loop(X), steps // 1000),
        }
        here = {name: (run, count) for name, (run, count) in contenders.items() if run is not None}
        for run, _ in here.values():
            np.testing.assert_allclose(run(300), trajectory(X, OPT, [300]).weights[0], rtol=1e-8)
        calls = {name: lambda run=run, count=count: run(count) for name, (run, count) in here.items()}
        times = least(calls, 25 if large else 10)
        micro = {name: 1e6 * times[name] / count for name, (_, count) in here.items()}
        row: Row = {"N x d": f"{n} x {d}"}
        row |= {f"{name} us": micro.get(name, "absent") for name in contenders}
        for over in ("ours / C", "ours / plain C", "NumPy / ours", "torch / ours"):
            above, below = over.split(" / ")
            row[over] = micro[above] / micro[below] if {above, below} <= micro.keys() else "absent"
        rows.append(row)
    return rows


def flint_loop(X: list[list[arb]]) -> Run:
    """The steps written out on flint's balls: the least that they cost from Python."""

    def run(steps: int) -> list[arb]:
        d = len(X[0])
        b1, b2, lr = (ball(value) for value in (BETA1, BETA2, LR))
        a1, a2 = 1 - b1, 1 - b2
        w, m, v = ([arb(0)] * d for _ in range(3))
        for t in range(steps):
            x = X[t % len(X)]
            z = x[0] * w[0]
            for k in range(1, d):
                z = z + x[k] * w[k]
            c, eta = -1 / (1 + z.exp()), lr / arb(t + 2).sqrt()
            for k in range(d):
                g = c * x[k]
                m[k] = mk = b1 * m[k] + a1 * g
                v[k] = vk = b2 * v[k] + a2 * g * g
                w[k] = w[k] - eta * (mk / vk.sqrt())
        return w

    return run


def balls(large: bool) -> list[Row]:
    """Microseconds a step with enclosures at 256 bits, beside mpmath at the same and flint written out."""
    rows = []
    for n, d in SIZES:
        data, steps = gaussian(n, d), max(500, 20_000 // d)
        X = [[ball(entry) for entry in row] for row in data.rows]

        def interpret(num: Any, data: Any = data, steps: int = steps) -> Any:
            (last,) = interpreted(data.rows, OPT, [steps], num)
            return last.w

        with precision(BITS), mpmath.workprec(BITS):
            flint_run = flint_loop(X)
            for ours, alone in zip(interpret(BALLS), flint_run(steps), strict=True):
                assert ours.overlaps(alone)
            times = least(
                {
                    "balls": lambda: interpret(BALLS),
                    "flint alone": lambda run=flint_run, steps=steps: run(steps),
                    "mpmath": lambda: interpret(MPF),
                },
                5 if large else 3,
            )
        row: Row = {"N x d": f"{n} x {d}", "mpmath on": mpmath.libmp.BACKEND}
        row |= {f"{name} us": 1e6 * seconds / steps for name, seconds in times.items()}
        row["mpmath / balls"] = times["mpmath"] / times["balls"]
        row["balls / flint alone"] = times["balls"] / times["flint alone"]
        rows.append(row)
    return rows


def diagnosis(large: bool) -> list[Row]:
    """Seconds of a diagnosis in float16 beside the float64 run of the same steps."""
    return [_diagnosis(n, d, 100_000, 5 if large else 3) for n, d in SIZES]


def _diagnosis(n: int, d: int, steps: int, repeats: int) -> Row:
    data = gaussian(n, d)
    times = least(
        {
            "float64 run": lambda: simulate(data, OPT, steps),
            "float16 diagnosis": lambda: diagnose(data, OPT, "float16", steps, certified_steps=0),
        },
        repeats,
    )
    row: Row = {"N x d": f"{n} x {d}", "steps": steps}
    row |= {f"{name} s": seconds for name, seconds in times.items()}
    row["diagnosis / run"] = times["float16 diagnosis"] / times["float64 run"]
    return row


FORMATS = ("bfloat16", "float8_e4m3")
RUN_RECIPES = ("bf16-master", "bf16-stochastic", "8bit-states")


def formats(large: bool) -> list[Row]:
    """Microseconds a step in float64 and in emulated formats, by role too."""
    roles = {name: Roles.of(name) for name in FORMATS} | {name: recipe(name) for name in RUN_RECIPES}
    rows = []
    for n, d in SIZES:
        X, steps = gaussian(n, d).floats(), 2_000_000 // (d + 50)
        calls: dict[str, Callable[[], Any]] = {
            name: lambda X=X, steps=steps, each=each: list(iterates(X, OPT, [steps], dtype=each))
            for name, each in {"float64": None, **roles}.items()
        }
        times = least(calls, 10 if large else 5)
        row: Row = {"N x d": f"{n} x {d}", "float64 us": 1e6 * times["float64"] / steps}
        rows.append(row | {f"{name} / float64": times[name] / times["float64"] for name in roles})
    return rows


def digits(large: bool) -> list[Row]:
    """A long run enclosed to 30 digits, at the precision that it found for itself."""
    data, steps = gaussian(10, 50), 100_000 if large else 5_000
    start = time.process_time()
    run = simulate(data, optimizer("adam"), steps, "ball", 30)
    spent = time.process_time() - start
    return [
        {"N x d": "10 x 50", "steps": steps, "digits": run.digits, "bits": run.bits, "processor s": spent}
    ]


TABLES = {
    "A step of Inc-Adam in float64": floats,
    f"A step of Inc-Adam at {BITS} bits": balls,
    "Diagnosis of float16 beside the float64 run": diagnosis,
    "A step in emulated formats beside float64": formats,
    "Inc-Adam to 30 certified digits": digits,
}
