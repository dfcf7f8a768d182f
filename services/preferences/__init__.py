"""How a user likes to fly."""
