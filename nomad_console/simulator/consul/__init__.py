"""Consul as one of its servers answers."""
