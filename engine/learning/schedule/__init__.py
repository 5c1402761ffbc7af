"""A learning plan laid out over weeks and days."""
