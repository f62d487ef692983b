"""`python -m nomad_console`."""

from nomad_console.cli.arguments import program

if __name__ == "__main__":
    program()
