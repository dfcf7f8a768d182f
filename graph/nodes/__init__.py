"""What happens in a turn, one verb a file."""
