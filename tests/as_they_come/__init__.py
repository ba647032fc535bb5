"""Files as people have them, what is asked of each, and what other programs say."""
