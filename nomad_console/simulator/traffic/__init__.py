"""Requests to every service, through the front door, counted."""
