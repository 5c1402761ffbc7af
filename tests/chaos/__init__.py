"""The service killed again and again under load: what it acknowledged is there, once, and its log verifies."""
