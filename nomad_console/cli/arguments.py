"""The command line, parsed without importing anything heavy."""


def main() -> int:
    return 0
