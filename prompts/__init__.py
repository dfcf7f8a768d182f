"""What agents are told, as text a travel manager can read."""
