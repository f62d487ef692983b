"""A cluster in a box, over real loopback HTTP."""
