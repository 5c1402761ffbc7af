"""The tests: a package, so that no installed `tests` can take its name."""
