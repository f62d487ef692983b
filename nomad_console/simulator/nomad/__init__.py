"""Nomad's core: what its servers and clients do, as plain objects on a timeline."""
