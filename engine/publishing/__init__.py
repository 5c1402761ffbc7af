"""Before a version is published: what stands in its way, and how many people must have looked at it."""
