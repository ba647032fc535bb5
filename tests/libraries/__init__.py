"""Tests that need torch and optax: `make test-libraries`."""
