"""Limits of an optimizer that is code: its traits and its epoch map are measured, and nothing is more than that."""
