"""The Makefile's targets are all run when asked, and `distclean` leaves no environment behind."""

import re
from pathlib import Path

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")


def words_after(start: str) -> set[str]:
    found = re.search(rf"^{re.escape(start)}(.*)$", MAKEFILE, re.MULTILINE)
    assert found, start
    return set(found[1].split())


def test_every_target_is_phony() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    assert words_after(".PHONY: ") == targets


def test_distclean_removes_every_environment_that_setup_makes() -> None:
    made = words_after("setup: ## make all environments; the other targets make those they need\n")
    environments = {
        ".venv" if name == "dev" else f".venv-{name}" for name in made - {"@scripts/setup"}
    }
    assert environments <= words_after(
        "distclean: clean ## also remove the environments\n\t@rm -rf "
    )
