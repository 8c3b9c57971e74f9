"""The groups of modules that are mutated, each judged by unit tests of its own."""

import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "shop" / "shop"
_DECLARED = Path(__file__).with_name("groups.toml")


@dataclass(frozen=True)
class Group:
    """Modules that are mutated together.

    Attributes:
        least: The mutation score that they must reach, in per cent.
        reached: What a group that is short of it has reached and may not fall below; else `least`.
        branches: The branch coverage that they must have besides, in per cent; 0 for any.
        modules: Paths below the library.
        tests: Files and folders of tests, from the repository's top.
        sample: How many of the mutants are drawn; 0 when all are tried.
        seed: What the draw depends on. A new one is due after tests were written for mutants that
            survived: a sample says nothing about the rest once tests were fitted to it.
    """

    name: str
    least: float
    reached: float
    branches: float
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    sample: int = 0
    seed: int = 0

    def hashes(self) -> dict[str, int]:
        """The checksum of each module, by its path."""
        return {module: digest(LIBRARY / module) for module in self.modules}


@cache
def groups() -> dict[str, Group]:
    """All groups by name, in the order in which they are declared.

    Raises:
        ValueError: A group names a module that does not exist.
    """
    taken: set[str] = set()
    found = {}
    for name, told in tomllib.loads(_DECLARED.read_text("utf-8")).items():
        left_out = taken | set(told.get("without", ()))
        modules = [module for module in _modules(told["modules"]) if module not in left_out]
        taken |= set(modules)
        found[name] = Group(
            name,
            told["least"],
            told.get("reached", told["least"]),
            told.get("branches", 0.0),
            tuple(modules),
            tuple(told["tests"]),
            told.get("sample", 0),
            told.get("seed", 0),
        )
    return found


def _modules(patterns: list[str]) -> Iterator[str]:
    for pattern in patterns:
        paths = [one.relative_to(LIBRARY).as_posix() for one in LIBRARY.glob(pattern)]
        if not paths:
            raise ValueError(pattern)
        yield from sorted(path for path in paths if not path.endswith("__init__.py"))


def digest(path: Path) -> int:
    """A file's CRC-32: it tells changes, and looks like no secret."""
    return zlib.crc32(path.read_bytes())
