"""Measurements against named peers in one run: ratios, never limits that a slow machine could break."""
