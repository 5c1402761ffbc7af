"""What can be made of a typed expression: a value, Python, text, prose."""
