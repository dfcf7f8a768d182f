"""Trips in their owner's calendar: connecting it, adding a booking, and keeping what was added true."""
