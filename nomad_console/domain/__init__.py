"""Frozen records and pure functions over them."""
