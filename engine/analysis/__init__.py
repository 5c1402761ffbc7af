"""Looking ahead and back: what a change to a model or rule set does to the people it decides about."""
