"""Proofs that a log was only ever added to: entries, the tree over them, signed checkpoints."""
