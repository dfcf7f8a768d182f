"""Travellers and their documents."""
