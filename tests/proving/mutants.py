"""Seeded bugs: patches on the syntax tree of shipped files, which ``make prove`` must catch.

A bug names a file, a function in it, what to find there and what to put in its place, both as
Python source. In the pattern ``ANY`` stands for any expression, a name that begins with two
underscores for any expression that the replacement takes up again, ``*__rest`` and ``**__rest``
for the remaining arguments of a call. A bug that matches any other number of times than declared
is an error, so that the list cannot rot. Files on disk are never changed: the module is compiled
from the patched tree when a child process imports it.
"""

import ast
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

from tests.proving.patterns import Pattern
from tests.proving.template import ROOT

SHOP = "layers/shop/shop"
VARIABLE = "PROVING_BUG"
Case = TypeVar("Case")


class DoesNotApplyError(Exception):
    """The patch matches the file fewer or more times than declared."""


@dataclass(frozen=True)
class SeededBug:
    """One bug and the rows of ``make prove`` that must catch it.

    ``function`` is the dotted name inside the file (``Stock.take``), empty for the whole file;
    ``replace`` empty removes the statement that was found. ``cases`` are meetings of R2 or steps
    of R3, of those that the row plays anyway: with this bug it plays no others, so that it is
    caught in seconds.
    """

    name: str
    file: str
    function: str
    find: str
    replace: str
    rows: tuple[str, ...]
    times: int = 1
    cases: tuple[str, ...] = ()

    def apply(self, tree: ast.Module) -> ast.Module:
        """Returns the tree with the bug in it.

        Raises:
            DoesNotApplyError: the function is gone or the pattern matches otherwise than declared.
        """
        scope = _scope(tree, self.function)
        if scope is None:
            raise DoesNotApplyError(f"{self.name}: no {self.function} in {self.file}")
        swap = _Swap(Pattern(self.find), self.replace)
        swap.visit(scope)
        if swap.count != self.times:
            where = f"{self.file}:{self.function}"
            raise DoesNotApplyError(
                f"{self.name}: {swap.count} matches in {where}, not {self.times}"
            )
        return ast.fix_missing_locations(tree)

    def check(self) -> None:
        """Raises ``DoesNotApplyError`` if the shipped file no longer takes the patch."""
        source = (ROOT / self.file).read_text(encoding="utf-8")
        compile(self.apply(ast.parse(source)), self.file, "exec")


def _scope(tree: ast.Module, dotted: str) -> ast.AST | None:
    found: ast.AST | None = tree
    for part in filter(None, dotted.split(".")):
        found = next(
            (
                node
                for node in ast.walk(found or tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and node.name == part
            ),
            None,
        )
        if found is None:
            return None
    return found


class _Swap(ast.NodeTransformer):
    def __init__(self, pattern: Pattern, replacement: str) -> None:
        self._pattern = pattern
        self._replacement = replacement
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        bound = self._pattern.match(node)
        if bound is None:
            return self.generic_visit(node)
        self.count += 1
        if isinstance(node, ast.stmt):
            return self._pattern.fill(self._replacement or "pass", bound)
        (statement,) = self._pattern.fill(self._replacement, bound)
        if not isinstance(statement, ast.Expr):
            raise TypeError(f"an expression cannot be replaced by {self._replacement!r}")
        return statement.value


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, bug: SeededBug) -> None:
        super().__init__(name, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        return compile(self._bug.apply(ast.parse(source)), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, bug: SeededBug) -> None:
        self._bug = bug
        self._file = (ROOT / bug.file).resolve()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or Path(spec.origin).resolve() != self._file:
            return None
        spec.loader = _Loader(fullname, spec.origin, self._bug)
        return spec


def install(bug: SeededBug) -> None:
    """Puts a bug into this process, for modules that are not imported yet."""
    sys.meta_path.insert(0, _Finder(bug))


def install_from_environment() -> None:
    """Puts the bug that ``PROVING_BUG`` names into this process, if it names one."""
    name = os.environ.get(VARIABLE)
    if name:
        install(find(name))


def hunting() -> bool:
    """Whether a bug is in place, so that the first failure says all."""
    return bool(os.environ.get(VARIABLE))


def narrowed(cases: Mapping[str, Case]) -> Mapping[str, Case]:
    """Those cases of a row that the bug in place names; all if none is in place or it names none.

    Raises:
        DoesNotApplyError: the bug names a case that the row does not have.
    """
    name = os.environ.get(VARIABLE)
    bug = find(name) if name else None
    if bug is None or not bug.cases:
        return cases
    if unknown := set(bug.cases) - set(cases):
        raise DoesNotApplyError(f"{bug.name}: no case {', '.join(sorted(unknown))}")
    return {one: cases[one] for one in bug.cases}


def find(name: str) -> SeededBug:
    """The declared bug of this name."""
    from tests.proving.seeded_bugs import BUGS

    return next(bug for bug in BUGS if bug.name == name)
