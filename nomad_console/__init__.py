"""A full-screen operations console for HashiCorp Nomad."""
