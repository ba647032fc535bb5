"""Studies: many questions in one, asked on many cores, kept in a ledger, shown on a page.

`spec` reads what a study asks for, `plan` counts and makes its items, `item` answers one, `sweep` has them all answered
and kept in the `ledger`, and `report` makes the page.
"""
