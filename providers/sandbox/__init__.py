"""The world in a box: simulated providers."""
