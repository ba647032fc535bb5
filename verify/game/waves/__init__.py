"""Constant steps: travelling waves."""
