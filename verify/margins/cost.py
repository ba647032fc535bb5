"""Whether the max margins of a data set take seconds, estimated before they are begun."""

from __future__ import annotations

from verify.data.dataset import Dataset

# Seconds for the three of them that are spent without being asked for.
WITHOUT_ASKING = 20.0

# Microseconds for each entry of the data, which are brought to integers and multiplied exactly; and for each product of
# a solve of as many equations as the support may have rows, and bit of an entry. (2,000 x 500 decimals of six digits
# took 24 s, 500 x 2,000 counts 9 s, 20,000 x 50 decimals 5 s.)
ENTRY, PRODUCT = 5.0, 0.006


def seconds(data: Dataset) -> float:
    """For the l1, l2 and linf margins together, to a factor of 3 or so."""
    n, d = data.n, data.d
    bits = max(entry.numerator.bit_length() + entry.denominator.bit_length() for entry in data.rows[0])
    return (ENTRY * n * d + PRODUCT * min(n, d) ** 3 * bits) / 1e6


def affordable(data: Dataset) -> bool:
    """Whether all three are solved without being asked for."""
    return seconds(data) <= WITHOUT_ASKING
