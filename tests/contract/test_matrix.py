"""The README's tables are of the statements there are."""

import re
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parent.parent / "README.md"


def test_the_readme_names_every_statement_once() -> None:
    sources = [
        path.read_text() for path in HERE.rglob("test_*.py") if path.name != "test_matrix.py"
    ]
    stated = [name for text in sources for name in re.findall(r'@statement\(\s*"([^"]+)"', text)]
    assert len(stated) == len(set(stated))
    shown = re.findall(r"^\| `([a-z0-9.-]+)` ", README.read_text(), flags=re.MULTILINE)
    assert sorted(shown) == sorted(stated), "run python -m tests.contract"
