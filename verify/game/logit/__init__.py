"""Decoupled weight decay: where it and the mean update balance."""
