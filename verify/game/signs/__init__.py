"""Rules that move by signs: games whose drift jumps, decided in rationals."""
