"""Limits that keep the code in small pieces, and the tree of tests beside the tree of modules."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nomad_console"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAST_RESORT = PACKAGE / "cli" / "arguments.py"  # where a bug becomes exit code 70
MODULE_LINES, CLASS_LINES, APP_LINES, FUNCTION_LINES = 400, 200, 150, 50


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_modules_classes_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    too_long = []
    if text.count("\n") > MODULE_LINES:
        too_long.append(f"{names(path)} has {text.count(chr(10))} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            limit = APP_LINES if "App" in bases else CLASS_LINES
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = FUNCTION_LINES
        else:
            continue
        lines = (node.end_lineno or 0) - node.lineno + 1
        if lines > limit:
            too_long.append(f"{names(path)}:{node.lineno}: {node.name} has {lines} lines")
    assert too_long == []


def test_every_module_has_its_test_file_and_every_test_file_its_module() -> None:
    modules = {
        path.relative_to(PACKAGE).with_name(f"test_{path.name}")
        for path in MODULES
        if path.name not in {"__init__.py", "__main__.py"}
    }
    tests = {path.relative_to(ROOT / "tests/unit") for path in ROOT.glob("tests/unit/**/test_*.py")}
    assert sorted(map(str, modules - tests)) == []
    assert sorted(map(str, tests - modules)) == []


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_no_bare_exception_and_no_lint_exception_without_its_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    everything = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type
            assert caught is not None, f"{names(path)}:{node.lineno}: except without a type"
            if isinstance(caught, ast.Name) and caught.id == "Exception":
                everything.append(f"{names(path)}:{node.lineno}: which failure is expected here?")
    assert everything == [] or (path == LAST_RESORT and len(everything) == 1)
    for number, line in enumerate(text.splitlines(), 1):
        for word in ("# noqa", "# type: ignore"):
            if word in line:
                reason = line.split(word, 1)[1].partition(" ")[2].lstrip("—-# ")
                reason = reason.partition(" ")[2] if word == "# noqa" else reason
                assert len(reason) > len("why"), f"{names(path)}:{number}: {word} without a reason"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("nomad_console.upgrade", ("textual", "httpx", "asyncio", "boto3")),
        ("nomad_console.preflight", ("textual", "httpx", "asyncio", "boto3")),
        ("nomad_console.simulator", ("textual", "httpx", "starlette", "boto3")),
        (
            "nomad_console.cli.arguments",
            ("textual", "httpx", "requests", "boto3", "msgspec", "starlette", "asyncio"),
        ),
    ],
)
def test_importing_a_package_loads_nothing_it_must_not_know(
    module: str, absent: tuple[str, ...]
) -> None:
    code = f"import sys, {module}; print(*[n for n in {absent!r} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert run.stdout.split() == []


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_only_operations_and_clients_know_a_write(path: Path) -> None:
    """The writing methods of the clients are called in operations and nowhere else."""
    if path.parent.name in {"clients", "operations"} or "simulator" in path.parts:
        return
    writes = {"drain", "set_eligibility", "evaluate_job", "stop_allocation", "register"}
    writes |= {"deregister", "open_session", "renew_session", "end_session", "acquire", "release"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            assert not (node.func.attr in writes and name in {"nomad", "consul", "elb"}), (
                f"{names(path)}:{node.lineno}: {name}.{node.func.attr} writes outside operations"
            )
