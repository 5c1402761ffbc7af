"""What became of a plan: results read, levels estimated, alerts, a new plan proposed, the way back."""
