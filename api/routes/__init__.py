"""Endpoints by noun."""
