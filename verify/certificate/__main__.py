"""``python -m verify.certificate FILE ...``: check certificates with nothing but this folder.

Certificates about balls need python-flint besides, and ``verify.numbers.systems.balls``, which fences it off.
"""

from __future__ import annotations

import os
import sys

from verify.certificate.check import check_files


def main(paths: list[str]) -> int:
    """One line for each certificate; 0 if all are valid, 1 if one is not, 2 if one cannot be read."""
    if not paths:
        print("usage: python -m verify.certificate FILE ...", file=sys.stderr)
        return 2
    try:
        return check_files(paths)[1]
    except BrokenPipeError:  # nobody reads on; nor may the interpreter try to write at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
