"""The wiring of one turn."""
