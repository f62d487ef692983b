"""One module per API: bytes in, domain records out."""
