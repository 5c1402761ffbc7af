"""The use cases of the service: one verb, one module."""
