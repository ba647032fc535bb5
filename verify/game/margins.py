"""The max margins and the sign game of one data set, each solved at most once, and only if asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable, Vector, require_separable
from verify.game.signs.sign_limit import SignLimit, sign_limit
from verify.margins import Margin, Norm
from verify.margins.maximum import finished
from verify.margins.polyhedral import Optimum, solve
from verify.margins.rows import Rows


@dataclass
class Margins:
    """What has been solved on ``data``; each question raises NotSeparable if no w separates them."""

    data: Dataset
    solved: dict[str, Any] = field(default_factory=dict)

    def separator(self) -> Vector:
        """A w with x_i.w > 0 for all i."""
        if "separator" not in self.solved:
            self.solved["separator"] = require_separable(self.data)
        found: Vector = self.solved["separator"]
        return found

    def of(self, norm: Norm) -> Margin:
        """The max margin in a norm."""
        if norm not in self.solved:
            program = self._linf_program() if norm == "linf" else None
            self.solved[norm] = finished(self.data, norm, self._rows(), program)
            self.solved.setdefault("separator", self.solved[norm].direction)
        found: Margin = self.solved[norm]
        return found

    def sign_limit(self) -> SignLimit:
        """The equilibrium of the sign game, whose first program is that of the l_inf margin."""
        if "sign" not in self.solved:
            found = sign_limit(self.data, self._linf_program())
            if found is None:
                raise NotSeparable(self.data, self._linf_program().c.fractions())
            self.solved["sign"] = found
        known: SignLimit = self.solved["sign"]
        return known

    def _rows(self) -> Rows:
        if "rows" not in self.solved:
            self.solved["rows"] = Rows.of(self.data)
        rows: Rows = self.solved["rows"]
        return rows

    def _linf_program(self) -> Optimum:
        if "program" not in self.solved:
            self.solved["program"] = solve(self._rows(), "linf")
        program: Optimum = self.solved["program"]
        return program
