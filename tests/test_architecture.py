"""The shape of the code: import contracts, sizes, and what must not stand in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "shippers", "elastic")
MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 60
TEXT_SUFFIXES = {".py", ".md", ".cfg", ".toml", ".yml", ".yaml", ".sh", ".json", ".txt", ""}

# Modules that decide: values in, values out. They take clocks and random sources as arguments.
PURE = (
    "app/detection/geometry.py",
    "app/detection/layouts",
    "app/service/redaction.py",
    "app/service/gunicorn_conf.py",
    "shippers/backoff.py",
    "shippers/batch.py",
    "shippers/bulk.py",
    "shippers/ledger.py",
    "shippers/files/bounds.py",
    "shippers/files/frame.py",
    "shippers/files/names.py",
    "shippers/files/siblings.py",
    "shippers/metricsets/nvml.py",
    "shippers/metricsets/rates.py",
    "elastic/node/query",
    "elastic/node/bulk.py",
)
IMPURE_MODULES = {"os", "time", "random", "socket", "logging", "subprocess", "requests"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, lines) of every function in a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_module_and_no_function_is_too_long() -> None:
    long_modules = {
        str(path.relative_to(ROOT)): lines
        for path in modules(*PACKAGES, "training")
        if (lines := len(path.read_text("utf-8").splitlines())) > MOST_MODULE_LINES
    }
    long_functions = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path in modules(*PACKAGES, "training", "tests")
        for name, lines in functions(path)
        if lines > MOST_FUNCTION_LINES
    }
    assert not long_modules
    assert not long_functions


def test_most_functions_are_taken_in_at_a_glance() -> None:
    sizes = sorted(lines for path in modules(*PACKAGES) for _, lines in functions(path))
    assert sizes[len(sizes) // 2] <= 10, "the median function"
    assert sizes[len(sizes) * 9 // 10] <= 32, "nine in ten functions"


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_touches_nothing(name: str) -> None:
    path = ROOT / name
    files = modules(name) if path.is_dir() else [path]
    assert files
    for file in files:
        assert not imported(file) & IMPURE_MODULES, file


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in modules(*PACKAGES)
        if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent


def test_the_maps_in_the_package_docstrings_are_whole() -> None:
    for package in (path for path in modules(*PACKAGES) if path.name == "__init__.py"):
        text = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
        inside = {p.stem for p in package.parent.glob("*.py")} - {"__init__", "__main__"}
        missing = {name for name in inside if not re.search(rf"\b{name}\b", text)}
        assert not missing, f"{package.relative_to(ROOT)} does not name {sorted(missing)}"


def test_nothing_is_left_undone_and_no_machine_is_named() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    machine = re.compile(r"(?<![\w.~])/(work|root|farm|home)/\w")
    found = []
    for path in tracked():
        if path.suffix not in TEXT_SUFFIXES or path == Path(__file__):
            continue
        text = path.read_text("utf-8", "replace")
        found += [
            f"{path.relative_to(ROOT)}: {m[0]}" for rule in (marks, machine) for m in rule.finditer(text)
        ]
    assert not found
