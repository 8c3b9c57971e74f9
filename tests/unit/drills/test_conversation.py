import sys
from pathlib import Path

import pytest

from scripts.drills.conversation import CommandError, Question, converse

SCRIPT = """
import sys
print("Setting up:\\nnothing is asked here: ")
name = input("\\x1b[1mParameter Name\\x1b[0m [\u4e91]: ") or "\u4e91"
sure = input("Sure? [y/N]: ")
none = input("Without a default: ")
print(name, sure, none)
sys.exit(int(none))
"""


def talk(tmp_path: Path, last: str) -> tuple[list[Question], str]:
    script = tmp_path / "asks.py"
    script.write_text(SCRIPT, "utf-8")
    replies = {"Sure?": "y", "Without a default": last}
    asked = converse(
        f"{sys.executable} {script}",
        lambda question: replies.get(question.text, ""),
        tmp_path,
        {"PYTHONUTF8": "1"},
        tmp_path / "log",
    )
    return asked, (tmp_path / "log").read_text("utf-8")


def test_each_question_is_answered_once_and_kept(tmp_path: Path) -> None:
    asked, log = talk(tmp_path, "0")
    assert asked == [
        Question("Parameter Name", "云"),
        Question("Sure?", "y/N"),
        Question("Without a default", None),
    ]
    assert [one.parameter for one in asked] == ["Name", "", ""]
    assert log.endswith("云 y 0\n")


def test_a_command_that_fails_tells_its_end(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ended with 3.*\n(.*\n)*云 y 3"):
        talk(tmp_path, "3")
