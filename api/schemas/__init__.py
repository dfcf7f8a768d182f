"""What endpoints take and give, by noun."""
