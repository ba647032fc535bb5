"""Data, loss and order of samples: what a step of an optimizer sees, and where it goes at frozen gradients."""
