"""Locally a function also finds the emulator's packages; on AWS it has its layers alone."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = [
    ROOT / "layers" / name / "requirements.txt"
    for name in ("vendor", "regions", "merchandise", "search")
]
OWN = {"shop"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_everything_the_functions_import_is_in_a_layer() -> None:
    files = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "shop").rglob("*.py")]
    names = {name for file in files for name in imported(file)}
    distributions = packages_distributions()
    text = "".join(lock.read_text("utf-8") for lock in LOCKS)
    locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    third_party = names - OWN - set(sys.stdlib_module_names)
    assert third_party
    missing = {
        name
        for name in third_party
        if not {one.lower().replace("_", "-") for one in distributions.get(name, [])} & locked
    }
    assert missing == set()


def test_no_lock_file_names_a_place_to_load_from() -> None:
    for lock in [*LOCKS, *(ROOT / "scripts" / "requirements").glob("*.txt")]:
        text = lock.read_text("utf-8")
        for word in ("--index", "--extra-index", "--find-links", "--trusted-host", "://"):
            assert word not in text, lock.name
        assert "--hash=sha256:" in text, lock.name
