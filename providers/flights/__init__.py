"""Where flight offers come from."""
