"""Commands that the documents quote are such that `shopctl` understands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from scripts.operator_cli.main import app

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
STANDS_FOR = {"DATE": "2026-11-22", "DAY": "20261122", "SKU": "p1-1", "SALE": "f1", "+N": "+5"}


def quoted() -> Iterator[tuple[str, str]]:
    """Each command with its page; a line that is broken in a paragraph is one line."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        spans = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        lines = [line.partition(" #")[0] for line in text.splitlines()]
        for one in (*spans, *lines):
            found = re.match(r"\s*(?:scripts/)?shopctl ([a-z].*)", " ".join(one.split()))
            if found:
                yield page.name, found[1].strip()


QUOTED = sorted(set(quoted()))


def test_there_are_commands() -> None:
    assert len(QUOTED) > 10


@pytest.mark.parametrize(("page", "line"), QUOTED)
def test_a_quoted_command_is_understood(page: str, line: str) -> None:
    words = [STANDS_FOR.get(word, word) for word in shlex.split(line)]
    command: Any = typer.main.get_command(app)
    context = typer.Context(command)
    while hasattr(command, "get_command"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{page}: {line}"
        command, words = found, words[1:]
        if not words:
            # It names the command, and does not show how to type it.
            return
        context = typer.Context(command, parent=context)
    # Understanding alone: nothing is asked and nothing sent.
    command.make_context(command.name, words, parent=context)
