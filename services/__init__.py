"""What the business does: every rule and every write. A service takes a session and never commits."""
