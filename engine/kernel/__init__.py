"""Values that every floor of the engine shares: diagnostics, sources, documents and decimals."""
