"""How images arrive."""
