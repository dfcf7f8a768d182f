"""What users are asked to agree to, and their one way to say yes."""
