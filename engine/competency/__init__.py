"""Competency models: what a role needs, what shows it, and scores that say where they come from."""
