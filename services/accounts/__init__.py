"""Accounts: sign-in, sessions, profile, administration."""
