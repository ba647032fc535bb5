"""LaTeX of expressions as one writes them by hand: terms with a plus sign first."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter


class _Printer(LatexPrinter):  # type: ignore[misc]  # sympy has no type annotations
    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        terms = super()._as_ordered_terms(expr, order=order)
        return sorted(terms, key=lambda term: (_is_rest(term), bool(term.could_extract_minus_sign())))

    def _print_Indexed(self, expr: Any) -> str:
        return f"{self._print(expr.base)}_{{{','.join(map(self._print, expr.indices))}}}"

    def _needs_mul_brackets(self, expr: Any, first: bool = False, last: bool = False) -> bool:
        """sympy puts whatever contains a Mod in brackets; here only the Mod itself has them."""
        plain = expr.xreplace({m: sympy.Symbol("x") for m in expr.atoms(sympy.Mod)})
        return bool(super()._needs_mul_brackets(plain, first=first, last=last))

    def _print_Mod(self, expr: Any, exp: Any = None) -> str:
        lag = rf"\left({self._bare(expr)}\right)"
        return rf"{lag}^{{{exp}}}" if exp is not None else lag

    def _bare(self, expr: Any) -> str:
        value, size = expr.args
        inner = self._print(value)
        return (
            rf"({inner}) \bmod {self._print(size)}" if value.is_Add else rf"{inner} \bmod {self._print(size)}"
        )

    def _print_Pow(self, expr: Any) -> str:
        if isinstance(expr.exp, sympy.Mod):
            return f"{self.parenthesize(expr.base, 100)}^{{{self._bare(expr.exp)}}}"
        return str(super()._print_Pow(expr))

    def _print_sign(self, expr: Any, exp: Any = None) -> str:
        return rf"\mathrm{{sign}}\left({self._print(expr.args[0])}\right)" + (f"^{{{exp}}}" if exp else "")

    def _print_KroneckerDelta(self, expr: Any, exp: Any = None) -> str:
        row, column = map(self._print, expr.args)
        return rf"[{row}{{=}}{column}]"

    def _print_Limit(self, expr: Any) -> str:
        inside, variable, to, side = expr.args
        arrow = "" if to is sympy.oo else f"^{side}"
        shown = rf"\left({self._print(inside)}\right)" if inside.is_Add else self._print(inside)
        return rf"\lim_{{{self._print(variable)} \to {self._print(to)}{arrow}}} {shown}"

    def _print_Sum(self, expr: Any) -> str:
        ranges = "".join(
            rf"\sum_{{{self._print(k)}={self._print(low)}}}^{{{self._print(high)}}} "
            for k, low, high in reversed(expr.limits)
        )
        inner = self._print(expr.function)
        return ranges + (rf"\left({inner}\right)" if expr.function.is_Add else inner)


def _is_rest(term: Any) -> bool:
    """Whether it is the O(...) of an expansion, which stands last."""
    return getattr(term.func, "__name__", "") == "O"


def tex(expression: Any) -> str:
    """The expression in LaTeX."""
    return str(_Printer().doprint(sympy.sympify(expression)))
