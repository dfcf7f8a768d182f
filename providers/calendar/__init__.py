"""Where trips are written down for whoever takes them."""
