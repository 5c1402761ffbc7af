"""Rule sets: documents of decisions, how they are compiled, decided by and explained."""
