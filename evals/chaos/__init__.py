"""Real processes, killed and stalled at random while a crowd of travellers books, pays and cancels."""
