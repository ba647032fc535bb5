"""The number systems."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("numbers",
        ("test_numbers_balls.py", "test_numbers_formats.py", "test_simulate_exact.py"),
        {
            "verify/numbers/systems/balls.py": (
                ("a float comes in undeclared", "    if type(value) is int:\n", "    if type(value) is float:\n        return arb(value)\n    if type(value) is int:\n"),
                ("a rounded NumPy float is declared exact", "if type(value.value) is not float:", "if False:"),
                ("a radius dropped", "return center + arb(0, radius)", "return center"),
                ("overlapping balls are equal", "a.is_exact() and b.is_exact() and a == b", "a.overlaps(b)"),
                ("a sign guessed", "    if a.is_zero():\n        return 0\n", "    if a.contains(0):\n        return 0\n"),
                ("the root of a ball that touches 0", "if root.is_nan():", "if False:"),
                ("precision leaks", "        ctx.prec = before\n", "        pass\n"),
                ("a ladder without its cap", "            if bits >= last:", "            if bits > 8 * last:"),
                ("a last rung that depends on the first", "            if bits >= last:", "            if 2 * bits > last:"),
                ("bounds without the radius", "return middle - radius, middle + radius", "return middle, middle"),
                ("the largest for the smallest", "reduce(arb.min, values)", "reduce(arb.max, values)"),
            ),
            "verify/numbers/decimals.py": (
                ("a radius rounded to the nearest", "rounding=rounding", "rounding=ROUND_HALF_EVEN"),
                ("a radius about the wrong center", "max(high - center, center - low)", "(high - low) / 2"),
                ("ten times too wide", "if (high - low) * 10**digits > unit_of:", "if (high - low) * 10**digits > 1000 * unit_of:"),
            ),
            "verify/numbers/formats/bfloat16.py": (
                ("bfloat16 ties away from even", "0x7FFF + ((bits >> 16) & 1)", "0x8000"),
            ),
            "verify/numbers/formats/float16.py": (
                ("float16 without subnormal numbers", "if abs(x) < np.float32(2**-14):", "if abs(x) < np.float32(2**-30):"),
                ("float16 that never overflows", "if abs(normal) <= np.float32(65504)", "if abs(normal) <= np.float32(1e30)"),
            ),
            "verify/numbers/program.py": (
                ("scalars rounded as values are", "{formula if scalar or rounding is None else", "{formula if rounding is None else"),
                ("operations unrounded", "{formula if scalar or rounding is None else", "{formula if True else"),
            ),
        },
    ),
    Part("stored code",
        ("test_numbers_stored.py",),
        {
            "verify/numbers/stored.py": (
                ("captured values left out of the key", "{**outside.globals, **outside.nonlocals}", "{**outside.globals}"),
                ("the compiler's options left out of the key", "_described(tuple(sorted(thing.targetoptions.items())))", "()"),
                ("a named tuple's names left out of the key", 'getattr(kind, "fields", ())', "()"),
                ("damage not looked for", "return code if content[:DIGEST] == _digest(name, code) else None", "return code"),
                ("a file under another's name", 'hashlib.sha256(name.encode() + b"\\n" + code)', "hashlib.sha256(code)"),
                ("a folder that others write", "distrusted(folder) is not None or distrusted(folder / name) is not None", "False"),
                ("a relative folder for caches", 'base if os.path.isabs(base) else os.path.join(home, ".cache")', "base"),
            ),
        },
    ),
    Part("pieces",
        ("test_game_orders.py::test_pieces_read_functions_to_their_tolerance",),
        {
            "verify/numbers/chebyshev.py": (
                ("the ends weigh like the rest", "    C[:, [0, -1]] /= 2\n", "    pass\n"),
            ),
        },
    ),
)
