"""Finding flights."""
