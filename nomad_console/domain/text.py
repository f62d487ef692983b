"""Strings from the cluster, made harmless for a terminal."""

import unicodedata

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    """The text on one line, without control, format (bidi, zero width) or private characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if char in "\t\n\r" else "�" if unicodedata.category(char) in _UNSAFE else char
        for char in text
    )


def duration(seconds: float) -> str:
    """`7s`, `02:41`, `1h02m`, `41d`: at most six columns."""
    whole = max(0, int(seconds))
    if whole < 60:  # noqa: PLR2004 — a minute
        return f"{whole}s"
    if whole < 3600:  # noqa: PLR2004 — an hour
        return f"{whole // 60:02}:{whole % 60:02}"
    if whole < 86_400:  # noqa: PLR2004 — a day
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d"
