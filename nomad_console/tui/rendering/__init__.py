"""Rows, lines and documents made from a snapshot, without Textual."""
