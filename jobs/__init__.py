"""What runs by itself. Nothing does yet."""
