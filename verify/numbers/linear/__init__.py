"""Exact and enclosed linear algebra."""
