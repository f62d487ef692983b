"""The README's tables of what was held to what, made anew: `python -m tests.contract`."""

import re
import sys
from pathlib import Path

import pytest

from tests.support.statements import MATRIX, Matrix

README = Path(__file__).parent.parent.parent / "README.md"
PLACE = re.compile(r"(?<=<!-- statements -->\n).*?(?=<!-- /statements -->)", re.DOTALL)


class Kept:
    """The matrix of a run, taken when it ends."""

    matrix = Matrix.empty()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.matrix = session.config.stash.get(MATRIX, self.matrix)


def main() -> int:
    kept = Kept()
    code = pytest.main(["-q", "-m", "statement", str(Path(__file__).parent)], plugins=[kept])
    if code == pytest.ExitCode.OK:
        text = README.read_text(encoding="utf-8")
        tables = f"\n{kept.matrix.markdown()}\n\n"
        README.write_text(PLACE.sub(lambda _: tables, text), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
