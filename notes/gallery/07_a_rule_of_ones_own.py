"""
A rule of one's own
===================

A formula, and beside it what it declares. The check proves or refutes each declaration, and only then may an engine
rest on it.
"""

from marginproof import Decay, Rule, State, check_rule, predict


def sign_momentum(num):
    def step(g, seen, s, h):
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return num.sign(m), s._replace(m=m)

    return step


declared = {"source": "this page", "hyper": (Decay("beta1", "9/10"),), "batch": 1}
mine = Rule("mine", sign_momentum, states=(State("m", degree=1),), update="sign", degree=0, **declared)
checked = check_rule(mine)
print(checked)
assert checked.ok

# %%
# The same formula with a false declaration: m is of degree 1 in the gradients, and a sign is not smooth.
wrong = Rule("wrong", sign_momentum, states=(State("m", degree=2),), update="smooth", degree=1, **declared)
refused = check_rule(wrong)
print([trait.trait for trait in refused.traits if not trait.ok])
assert not refused.ok

# %%
# At the full batch it goes where sign descent goes: to the l_inf max margin.
print(predict([[1, -4, -1], [3, -3, 5], [4, -1, -4]], optimizer=mine, batch_size="full", steps=0, digits=6))
