"""Forward chaining: facts in, derived facts and the complete trace of how they came about out."""
