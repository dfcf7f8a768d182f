"""How well and how fast the assistant works."""
