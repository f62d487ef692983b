"""The edge: a Traefik on every machine that runs one."""
