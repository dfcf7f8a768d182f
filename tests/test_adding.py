"""docs/adding.md is followed to the letter in a copy of the project; what comes of it works, and passes our tests."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding.md"
BLOCK = re.compile(r"^( *)```(\w+) (\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\s]+)`")
NEEDED = (
    *(
        "agents",
        "api",
        "commands",
        "core",
        "db",
        "domain",
        "evals",
        "graph",
        "jobs",
        "prompts",
        "providers",
        "services",
    ),
    *("tests", "tools", "understanding", "widget", "docs", "cli.py", "terminal.py", "pyproject.toml", ".env.example"),
)
SHARED = "\n## What holds for all of us\n"

VENDORS = {
    "providers/flights/tern.py": """
        from typing import Any

        from providers.flights.base import FlightProvider


        class Tern(FlightProvider):
            name, mode = "tern", "live"

            def __init__(self, http: Any, **known: Any) -> None: ...
        """,
    "providers/payments/otter.py": """
        from typing import Any

        from providers.payments.base import PaymentGateway


        class Otter(PaymentGateway):
            name = "otter"

            def __init__(self, http: Any, **known: Any) -> None: ...
        """,
    "providers/llm/acme.py": """
        from typing import Any

        from langchain_core.language_models import FakeListChatModel

        from providers.llm.base import NamedModel


        def create_acme_models(settings: Any, http: Any) -> tuple[NamedModel, NamedModel] | None:
            if settings.acme_api_key is None:
                return None
            capable, small = (NamedModel("acme", name, FakeListChatModel(responses=[])) for name in ("large", "little"))
            return capable, small
        """,
}
"""What the page leaves to whoever has the vendor."""


@dataclass(frozen=True)
class Block:
    kind: str
    path: str
    text: str


def read_blocks(page: str) -> list[Block]:
    return [Block(kind, path, textwrap.dedent(text)) for _, kind, path, text in BLOCK.findall(page)]


def write(root: Path, block: Block) -> None:
    """Do what a block says; fails where what it is to stand beside is not, or more than once, in its file."""
    path = root / block.path
    if block.kind == "json":
        catalogue, added = json.loads(path.read_text(encoding="utf-8")), json.loads(block.text)
        assert not catalogue.keys() & added.keys(), block
        path.write_text(json.dumps(catalogue | added, ensure_ascii=False), encoding="utf-8")
    elif block.kind == "diff":
        lines = block.text.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        now = path.read_text(encoding="utf-8")
        place = re.compile(f"^{re.escape(before)}", re.MULTILINE)
        assert len(place.findall(now)) == 1, f"docs/adding.md: {block.path} has not, once, just this:\n{before}"
        path.write_text(place.sub(lambda _: after, now), encoding="utf-8")
    else:
        assert not path.exists(), f"docs/adding.md: {block.path} is there already"
        path.write_text(finish(root, block), encoding="utf-8")


def finish(root: Path, block: Block) -> str:
    """A new file, with what the page only says of it."""
    if block.path.startswith("db/migrations"):
        newest = max(path.stem for path in (root / "db/migrations/versions").glob("2*.py"))
        return block.text.replace("the newest one", re.sub(r"^(\d+_\d+)_.*", r"\1", newest))
    if block.path.startswith("prompts/"):
        return block.text + SHARED + (root / "prompts/concierge.md").read_text(encoding="utf-8").partition(SHARED)[2]
    return block.text


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("screenshots"))
        else:
            shutil.copy2(source, root / name)
    return root


def test_page_added_to_a_copy_gives_a_project_that_works(page: str, copy: Path) -> None:
    blocks = read_blocks(page)
    assert len(blocks) == page.count("```") / 2 > 20
    for block in blocks:
        write(copy, block)
    for path, source in VENDORS.items():
        (copy / path).write_text(textwrap.dedent(source), encoding="utf-8")
    tests = (
        *("tests/support/added.py", "tests/agents", "tests/core/test_messages.py", "tests/graph/test_sentences.py"),
        "tests/test_settings.py::test_example_names_every_setting_with_its_default",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_and_name_of_the_page_exists(page: str) -> None:
    added = {block.path for block in read_blocks(page)} | set(VENDORS)
    prose = BLOCK.sub("", page)
    texts = [block.text for block in read_blocks(page)]
    texts += [
        path.read_text(encoding="utf-8")
        for room in NEEDED
        if room not in ("docs", "tests")
        for path in ((ROOT / room).rglob("*.*") if (ROOT / room).is_dir() else [ROOT / room])
        if path.suffix in (".py", ".js", ".tsv", ".example")
    ]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    for name in QUOTED.findall(prose):
        if "/" in name and not re.search(r"[{<]|^/", name):
            assert name in added or (ROOT / name).exists(), f"docs/adding.md: there is no {name}"
        elif re.fullmatch(r"\w+", name):
            assert name in words, f"docs/adding.md: nothing is called {name}"


def test_step_that_is_no_longer_so_is_noticed(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("one\ntwo\ntwo\n")
    write(tmp_path, Block("diff", "file.py", " one\n+and a half\n"))
    assert (tmp_path / "file.py").read_text() == "one\nand a half\ntwo\ntwo\n"
    for gone in (" three\n+four\n", "-tw\n", " two\n+three\n"):
        with pytest.raises(AssertionError, match="has not, once"):
            write(tmp_path, Block("diff", "file.py", gone))
    with pytest.raises(AssertionError, match="there already"):
        write(tmp_path, Block("python", "file.py", ""))
