import ast
import subprocess
import sys

import pytest

from tests.proving.mutants import DoesNotApplyError, SeededBug
from tests.proving.seeded_bugs import BUGS
from tests.proving.template import ROOT

TOY = "tests/unit/proving/toy.py"
SOURCE = """
class Stock:
    def take(self, n):
        if self.left < n:
            raise SoldOut(self.name, n)
        write(self, n, condition=self.left >= n, token=key)
        return True

def take(n):
    return n >= 1
"""


def mutate(function: str, find: str, replace: str, times: int = 1) -> str:
    bug = SeededBug("bug", "x.py", function, find, replace, (), times)
    return ast.unparse(bug.apply(ast.parse(SOURCE)))


def test_a_statement_is_removed() -> None:
    assert "pass" in mutate("Stock.take", "raise SoldOut(*ANY)", "")
    assert "SoldOut" not in mutate("Stock.take", "raise SoldOut(*ANY)", "")


def test_an_argument_is_dropped_and_the_others_are_kept() -> None:
    changed = mutate("Stock.take", "write(*__a, condition=ANY, **__rest)", "write(*__a, **__rest)")
    assert "write(self, n, token=key)" in changed


def test_an_expression_is_replaced_with_what_was_found() -> None:
    assert "condition=self.left > n" in mutate("Stock", "__x >= __y", "__x > __y")
    assert "if not self.left < n" in mutate("Stock.take", "self.left < __n", "not self.left < __n")


@pytest.mark.parametrize(
    ("function", "find"),
    [("Stock.give", "ANY"), ("Stock.take", "raise Other(ANY)"), ("", "self.left")],
)
def test_a_patch_that_no_longer_applies_is_an_error(function: str, find: str) -> None:
    with pytest.raises(DoesNotApplyError):
        mutate(function, find, "0")


def test_the_bug_is_in_the_imported_module_and_not_on_disk() -> None:
    code = f"""
from tests.proving import mutants
bug = mutants.SeededBug("b", "{TOY}", "careful", "Stock.units >= 1", "Stock.units >= 0", ())
bug.check()
mutants.install(bug)
from tests.proving.world import World
from tests.unit.proving import toy
with World(seed=1, tables=toy.TABLES) as world:
    world.engine.put("toy", toy.stock(0))
    print(toy.careful({{}}, None))
"""
    before = (ROOT / TOY).read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "201"
    assert (ROOT / TOY).read_bytes() == before


def test_every_declared_bug_still_applies() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    for bug in BUGS:
        bug.check()
