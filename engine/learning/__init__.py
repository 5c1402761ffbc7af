"""Learning: the skill graph, the catalog of what can be learned, and the exact plan over both."""
