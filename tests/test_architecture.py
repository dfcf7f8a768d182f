"""The import table: a package imports only to its right."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FOUNDATION = {"domain", "core"}
PORTS = {
    *(
        "providers.flights.base",
        "providers.llm.base",
        "providers.llm.asking",
        "providers.messaging.base",
        "providers.identity.base",
    ),
    "providers.payments.base",
    "providers.calendar.base",
}
CHAIN = ("graph", "agents", "tools", "services", "db")


def right_of(package: str) -> set[str]:
    """What stands to the right of a package in the chain, with the rooms and ports that everybody there may use."""
    return FOUNDATION | PORTS | {"understanding"} | set(CHAIN[CHAIN.index(package) + 1 :])


ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "domain": set(),
    "understanding": FOUNDATION,
    "providers": FOUNDATION,
    "providers.llm": FOUNDATION | {"understanding"},
    "providers.sandbox": FOUNDATION | {"db.session"},
    "db": FOUNDATION,
    "prompts": set(),
    "services": right_of("services"),
    "tools": right_of("tools") | {"prompts"},
    "agents": right_of("agents") | {"prompts"},
    "graph": right_of("graph") | {"prompts"},
    "jobs": right_of("services") | {"services"},
    "api": right_of("graph") | {"graph"},
    "terminal": FOUNDATION,
    "commands": FOUNDATION,
    "evals": FOUNDATION | {"understanding", "providers", "db"},
}
ASSEMBLERS = {"api/app.py", "cli.py", "commands/doctor.py", "commands/operator.py", "commands/start.py"}
"""The only files that may reach everywhere, because they put the parts together."""

PACKAGES = {name.split(".")[0] for name in ALLOWED} | {"cli", "widget", "tests"}


def imports_of(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] in PACKAGES}


def find_forbidden(path: str, source: str) -> list[str]:
    """The imports of a file that point to the left."""
    module = path.removesuffix(".py").replace("/", ".")
    rules = max((name for name in ALLOWED if _is_within(module, name)), key=len, default=None)
    if path in ASSEMBLERS or rules is None:
        return [f"{path} -> {name}" for name in imports_of(source) if _is_within(name, "tests")]
    own = rules.split(".")[0] if rules != "providers" else "providers"
    allowed = ALLOWED[rules] | {own}
    return [f"{path} -> {name}" for name in imports_of(source) if not any(_is_within(name, each) for each in allowed)]


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def our_files() -> Iterable[Path]:
    roots = sorted({name.split(".")[0] for name in ALLOWED})
    modules = [ROOT / "cli.py", ROOT / "terminal.py"]
    return [*modules, *(path for root in roots for path in (ROOT / root).rglob("*.py"))]


def test_every_import_points_to_the_right() -> None:
    files = list(our_files())
    assert len(files) > 60
    forbidden = [
        edge for path in files for edge in find_forbidden(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
    assert forbidden == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("domain/offers.py", "from core.clock import clock"),
        ("services/flights/search.py", "from tools.flights import search_flights"),
        ("services/flights/search.py", "from providers.sandbox.timetable import SandboxTimetable"),
        ("tools/flights.py", "import graph.state"),
        ("understanding/places.py", "from db.session import Transactions"),
        ("api/routes/chat.py", "from providers.llm.groq import create_groq_models"),
        ("core/clock.py", "from domain.money import Money"),
        ("api/app.py", "from tests.support.models import offline_models"),
    ],
)
def test_a_forbidden_import_is_found(path: str, source: str) -> None:
    assert find_forbidden(path, source) == [f"{path} -> {next(iter(imports_of(source)))}"]


def test_every_package_is_listed_for_installation() -> None:
    listed = (ROOT / "pyproject.toml").read_text()
    packages = {str(path.parent.relative_to(ROOT)).replace("/", ".") for path in our_files() if path.parent != ROOT}
    assert [name for name in sorted(packages) if f'"{name}"' not in listed] == []
