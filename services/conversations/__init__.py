"""Talking: threads, turns, runs and their events."""
