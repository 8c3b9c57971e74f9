import io
import json
from pathlib import Path

from rich.console import Console

from scripts.demo.report import Report, Section
from scripts.drills.stages import Stages


def walked(tmp_path: Path, *, breaks: bool, right: bool) -> tuple[int, dict[str, object]]:
    stages = Stages(Report("here"), Console(file=io.StringIO()))

    def first(section: Section) -> None:
        section.exactly("sum", 2, 2 if right else 3)
        if breaks:
            raise OSError("gone")

    stages.walk("1", "first", first)
    stages.walk("2", "second", lambda section: section.exactly("sum", 1, 1))
    code = stages.finish(tmp_path / "out.json")
    return code, json.loads((tmp_path / "out.json").read_text("utf-8"))


def test_all_right_is_zero(tmp_path: Path) -> None:
    assert walked(tmp_path, breaks=False, right=True)[0] == 0


def test_a_wrong_figure_is_not(tmp_path: Path) -> None:
    code, report = walked(tmp_path, breaks=False, right=False)
    assert (code, report["wrong"]) == (1, 1)


def test_what_comes_after_a_broken_stage_is_not_reached(tmp_path: Path) -> None:
    code, report = walked(tmp_path, breaks=True, right=True)
    sections = report["sections"]
    assert isinstance(sections, list)
    assert code == 1
    assert [one["error"] for one in sections] == ["OSError: gone", "not reached"]
