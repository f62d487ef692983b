"""What stays for as long as the program runs is not looked at by every garbage collection."""

import gc

_YOUNG = 1


def freeze() -> None:
    """Take all that lives now out of collections, which over 50,000 rows last 0.1 s.

    Cycles that are garbage already (each answer over HTTP is one) would stay with it.
    """
    gc.collect(_YOUNG)
    gc.freeze()
