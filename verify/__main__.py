"""``python -m verify`` is the command ``marginproof``."""

from verify.cli import main

main()
