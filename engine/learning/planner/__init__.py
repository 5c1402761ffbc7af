"""The search for the best set of items: the program of one person, its bounds, and how it is solved and checked."""
