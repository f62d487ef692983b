"""`python -m nomad_console`."""

from nomad_console.cli.arguments import main

if __name__ == "__main__":
    raise SystemExit(main())
