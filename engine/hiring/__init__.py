"""An interview evaluated whole: evidence, profile, decision and plan in one pass."""
