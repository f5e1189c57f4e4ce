"""Which way imports point: edges know the services, services know sources and stores, all know the domain."""

import ast
import sys
from pathlib import Path

import pytest

import profitsync

PACKAGE = Path(profitsync.__file__).parent
BASE = {"errors", "config", "secrets", "logs", "redaction", "hands", "__init__"}  # plain modules for anybody
ALLOWED = {
    "domain": {"domain"},
    "stores": {"stores", "domain"},
    "sources": {"sources", "domain", "bootstrap", "stores"},
    "services": {"services", "sources", "stores", "domain", "bootstrap", "sandbox"},
    "sandbox": {"sandbox", "bootstrap"},
    "api": {"api", "services", "domain", "bootstrap", "stores"},
    "cli": {"cli", "api", "services", "sandbox", "domain", "bootstrap", "stores"},
}


def _imports(path: Path) -> set[str]:
    """Every module a file imports, inside functions too; typing-only imports count as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _files(layer: str) -> list[Path]:
    return sorted((PACKAGE / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    reached = {
        (path.name, name.split(".")[1] if "." in name else "__init__")
        for path in _files(layer)
        for name in _imports(path)
        if name.split(".")[0] == "profitsync"
    }

    assert {(file, part) for file, part in reached if part not in ALLOWED[layer] | BASE} == set()
    assert reached


def test_the_server_is_loaded_by_its_command_alone() -> None:
    imports = {path.name: _imports(path) for path in _files("cli")}

    assert [file for file, names in imports.items() if any("profitsync.api" in name for name in names)] == [
        "serve.py"
    ]


def test_the_domain_imports_nothing_but_the_standard_library_and_msgspec() -> None:
    outside = {name.split(".")[0] for path in _files("domain") for name in _imports(path)}

    assert outside - set(sys.stdlib_module_names) <= {"profitsync", "msgspec"}


def test_the_domain_does_no_io_and_reads_no_clock() -> None:
    names = {name.split(".")[0] for path in _files("domain") for name in _imports(path)}

    assert not names & {"os", "time", "io", "pathlib", "logging", "socket", "random", "subprocess"}


def test_every_layer_is_guarded() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == set(ALLOWED)
