"""Row normalization: each class's row of the gradient over its norm."""

from __future__ import annotations

from verify.optimizers.matrices import ROWS
from verify.optimizers.rule import Rule
from verify.optimizers.rules.gd import gd

RULE = Rule("row-normalized", gd, source="Kim, Song, Yun 2026", update="linear", degree=1, matrix=ROWS)
