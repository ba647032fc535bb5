"""How far margins have grown after any number of steps, whether the weights converge or not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Property, case, clause, stated, trial
from properties.cases import Choose, runs
from properties.choices import batch_sizes, betas
from properties.property import Judge
from properties.strategies import any_separable
from verify.claims.hypotheses import (
    AT_REST,
    BELOW,
    BETA1,
    BETAS,
    CYCLIC,
    EITHER,
    EPOCHS,
    EXPONENTIAL,
    FROM_ZERO,
    FULL_BATCH,
    PLAIN,
    SEPARABLE,
    SIZES,
    VANISHING,
)
from verify.claims.instances import GAUSSIAN, SMALL_GAUSSIAN, on
from verify.claims.judges.at_any_time import adam_grows, grows, keeps_pace, signum_grows
from verify.derive.topics import growth, growth_steps
from verify.losses import LOSSES
from verify.optimizers import Optimizer, optimizer


def either_loss(draw: DrawFn) -> str:
    return draw(st.sampled_from(["exponential", "logistic"]))


def steady_adam(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam with steps that are small for its memory."""
    beta1, beta2 = draw(betas())
    lr = Fraction(1, 100 * draw(st.integers(1, 100)))
    return replace(usual("adam", either_loss(draw)).at(beta1=beta1, beta2=beta2), lr=lr)


def steady_signum(draw: DrawFn, n: int) -> Optimizer:
    """Signum by batches of one size, with steps that are small for its memory."""
    beta = Fraction(draw(st.sampled_from(["0", "1/10", "1/2", "4/5", "9/10"])))
    size = draw(batch_sizes(n).filter(lambda size: n % (size or n) == 0))
    lr = Fraction(1, 10 * draw(st.integers(1, 100)))
    return replace(optimizer("signum", beta1=beta, batch_size=size, lr=lr), loss=LOSSES[either_loss(draw)])


def without_memory(draw: DrawFn, n: int) -> Optimizer:
    """A rule without memory at the full batch, on a loss."""
    name = draw(st.sampled_from(["signgd", "ngd", "adam-proxy"]))
    return replace(chosen(name, either_loss(draw))(draw, n), decay=Fraction(draw(st.integers(0, 4)), 4))


def small_steps(profile: str) -> list[Case]:
    """One sample, where the shortfall of the start is all that there is; and Gaussian rows."""
    one = case([[1]], "adam", beta1="1/2", beta2="1/2", batch_size="full", lr="1/10000", loss="exponential")
    opt = replace(usual("adam", "exponential"), lr=Fraction(1, 1000))
    return [one, *on(SMALL_GAUSSIAN, opts=(opt,))(profile)]


def chosen(name: str, loss: str) -> Choose:
    """The rule at the full batch with some step sizes, on a loss."""

    def choose(draw: DrawFn, n: int) -> Optimizer:
        lr, decay = Fraction(1, draw(st.integers(1, 100))), Fraction(draw(st.integers(0, 4)), 4)
        return replace(usual(name, loss), lr=lr, decay=decay)

    return choose


def usual(name: str, loss: str) -> Optimizer:
    """The rule at the full batch with its usual step sizes, on a loss."""
    return replace(optimizer(name, batch_size="full"), loss=LOSSES[loss])


def growing(name: str, loss: str = "exponential") -> Property:
    """The bound for a rule on a loss, and what is not enough."""
    false: dict[str, Judge] = {"three times the pace": partial(grows, pace=3.0)}
    if name != "adam-proxy":  # whose pace is far from sharp
        false["no constant"] = partial(grows, constant="none")
    named = on(SMALL_GAUSSIAN, opts=(usual(name, loss),))
    return trial(f"finite-time-{name}-{loss}", runs(chosen(name, loss), any_separable((1, 5), (1, 4))), grows,
                 false, named=named)  # fmt: skip


PLACE = 19.5
SCOPE = (SEPARABLE, FULL_BATCH, FROM_ZERO)
DATA = any_separable((1, 5), (1, 4))
CLAIM = stated(
    "finite-time-margins",
    "Margins after any number of steps, without any convergence of the weights",
    "this project; limits of steepest descent: Gunasekar, Lee, Soudry, Srebro 2018",
    clause(
        r"Sign descent on the exponential loss has $\gamma_\infty \tau_t \le \min_i z_i + \log N + \frac{D^2}{8} "
        r"\sum_{s<t} \eta_s^2$ after every step, $D = \max \|x_i - x_j\|_1$.",
        (*SCOPE, EXPONENTIAL),
        growing("signgd"),
        theorems=("sign_descent_margin",),
    ),
    clause(
        r"Normalized GD has the same with $\gamma_2$, and $D$ in the $\ell_2$ norm.",
        (*SCOPE, EXPONENTIAL),
        growing("ngd"),
        theorems=("normalized_descent_margin",),
    ),
    clause(
        r"AdamProxy has $\frac{\gamma_\infty^2}{N R} \tau_t \le \min_i z_i + \log N + \frac{D^2}{8 N} "
        r"\sum_{s<t} \eta_s^2$, $R = \max_i \|x_i\|_1$.",
        (*SCOPE, EXPONENTIAL),
        growing("adam-proxy"),
        theorems=("proxy_margin",),
    ),
    clause(
        r"For the logistic loss sign descent has it with $\log(2^N - 1)$ in the place of $\log N$, and $D$ of the sums "
        r"over subsets of rows.",
        SCOPE,
        growing("signgd", "logistic"),
        theorems=("logistic_sign_descent_margin",),
    ),
    clause(
        r"So has normalized GD, with $\gamma_2$ and $D$ in the $\ell_2$ norm.",
        SCOPE,
        growing("ngd", "logistic"),
        theorems=("logistic_normalized_descent_margin",),
    ),
    clause(
        r"So has AdamProxy, with its pace and $\frac{D^2}{8 N}$ as above.",
        SCOPE,
        growing("adam-proxy", "logistic"),
        theorems=("logistic_proxy_margin",),
    ),
    clause(
        r"GD has it with either loss, with the length of its path, $\sum_{s<t} \|w_{s+1} - w_s\|_2$, in the place of "
        r"$\tau_t$, and the squares of these lengths in the place of $\eta_s^2$.",
        (*SCOPE, growth_steps.EXPONENTIAL, growth.LENGTH),
        growing("gd"), growing("gd", "logistic"),
        chains=("growth-bounds",),
    ),
    clause(
        r"Full-batch Adam has $\gamma_\infty \sum_{s<t} \eta_s \frac{A_1}{A_2} \le \min_i z_i + \Phi_0 + "
        r"\frac{C^2 D^2}{8} \sum_{s<t} \eta_s^2 + \kappa R \sum_{s<t} \eta_s (E_1 (\frac1{A_2} + \frac C{A_1}) + E_2 "
        r"\frac{A_1}{A_2^2})$, with the constants of the chain adam-growth, for either loss.",
        (*SCOPE, EITHER, *BETAS, BELOW, PLAIN, AT_REST),
        trial("finite-time-adam", runs(steady_adam, DATA), adam_grows,
              {"tau on the left": partial(adam_grows, whole=True),
               "ten times the pace": partial(adam_grows, pace=10.0)}, named=small_steps),
        chains=("adam-growth",),
    ),
    clause(
        r"Signum by $B$ batches has after every epoch $\gamma_\infty \tau \le \min_i z_i + \Phi_0 + \frac{D^2}{8} "
        r"\sum_r \eta_r^2 + \kappa R \sum_r \eta_r L_r$, $\eta_r$ the length of an epoch, with $L_r$ of the chain "
        r"signum-growth, for either loss.",
        (SEPARABLE, BETA1, CYCLIC, SIZES, EPOCHS, EITHER, AT_REST),
        trial("finite-time-signum", runs(steady_signum, DATA), signum_grows,
              {"three times the pace": partial(signum_grows, pace=3.0)},
              named=on(GAUSSIAN, opts=(optimizer("signum", batch_size=2, lr=Fraction(1, 1000), loss="exponential"),))),
        chains=("signum-growth",),
    ),
    clause(
        r"So $\liminf_t \min_i z_i/\tau_t$ is at least $\gamma_\infty$ for sign descent, $\gamma_2$ for normalized GD "
        r"and $\gamma_\infty^2/(N R)$ for AdamProxy, for either loss; of others full-batch-linf, signum-bound.",
        (SEPARABLE, FULL_BATCH, FROM_ZERO, growth_steps.EXPONENTIAL, growth.LENGTH, VANISHING),
        trial("keeps-pace", runs(without_memory, DATA), keeps_pace,
              {"three times the pace": partial(keeps_pace, pace=3.0)}),
        chains=("growth-bounds", "growth-rates:rate"),
    ),
)  # fmt: skip
