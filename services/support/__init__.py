"""Travellers who want a person."""
