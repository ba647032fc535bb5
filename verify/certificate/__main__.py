"""``python -m verify.certificate FILE ...``: check certificates with nothing but this folder."""

from __future__ import annotations

import sys

from verify.certificate.check import check_file


def main(paths: list[str]) -> int:
    """One line for each certificate; 0 if all are valid, 1 if one is not, 2 if one cannot be read."""
    if not paths:
        print("usage: python -m verify.certificate FILE ...", file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            checked = check_file(path)
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            return 2
        print(checked.line())
        status = status if checked.valid else 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
