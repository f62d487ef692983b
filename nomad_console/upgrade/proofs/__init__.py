"""The claims a step is proven by, each a pure function of what is seen."""
