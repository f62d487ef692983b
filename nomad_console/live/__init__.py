"""Feeds, store and snapshots: what the cluster looks like now."""
