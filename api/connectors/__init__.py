"""Every other system, each behind a module of its own."""
