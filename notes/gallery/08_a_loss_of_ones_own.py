"""
A loss of one's own
===================

The margin game rests on the exponential tail of the loss, and on nothing else of it. So the limit is the same for
every loss with such a tail; a loss without one gets no limit, and is told why.
"""

import numpy as np

from marginproof import Loss, check_loss, predict


def weight(num):
    exp = num.exp
    return lambda z: 2 / (1 + 2 * exp(z)) / 2


def log_weight(num):
    softplus, two = num.softplus, num.log(num.number(2))
    return lambda z: -softplus(z + two)


def tail(num):
    return lambda E: 1 / (2 + E)


SHIFTED = Loss("shifted-logistic", weight, log_weight, tail)  # the logistic loss at z + log 2
assert check_loss(SHIFTED).ok

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
limits = []
for loss in ("logistic", SHIFTED):
    answer = predict(rows, optimizer="adam-proxy", loss=loss, steps=0, digits=8, margins="none")
    limits.append(np.asarray(answer.limits[0].direction, float))
print(*limits, sep="\n")
assert np.allclose(*limits, atol=1e-6)


# %%
def slow(num):
    softplus = num.softplus
    return lambda z: 1 / ((1 + softplus(z)) * (1 + softplus(z)))


def log_slow(num):
    softplus, log = num.softplus, num.log
    return lambda z: -2 * log(1 + softplus(z))


answer = predict(rows, optimizer="adam-proxy", loss=Loss("polynomial", slow, log_slow, None), steps=0)
print(answer)
assert answer.word == "undecided"
assert not answer.limits
