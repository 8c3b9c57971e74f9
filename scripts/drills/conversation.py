"""Runs a program that asks questions, answers them, and keeps what was asked."""

import codecs
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_ASKED = re.compile(r"(?P<text>[^\n]*?)(?: \[(?P<default>[^\n]*)\])?: $")
_PIECE_BYTES = 65_536


@dataclass(frozen=True)
class Question:
    """What a program asked.

    Attributes:
        text: Without the default.
        default: What an empty answer means; None when there is no such answer.
    """

    text: str
    default: str | None

    @property
    def parameter(self) -> str:
        """The template's parameter that is asked for, or ""."""
        return self.text.removeprefix("Parameter ") if self.text.startswith("Parameter ") else ""


Answer = Callable[[Question], str]


class CommandError(Exception):
    """A command failed; the text is the end of what it printed and where the rest is."""


def converse(
    line: str, answer: Answer, folder: Path, environment: Mapping[str, str], log: Path
) -> list[Question]:
    """Runs a line of shell and answers each question as it comes.

    Args:
        line: As a person would type it.
        answer: Gives the answer to a question; "" takes the default.
        folder: Where it is typed.
        environment: All that the program sees of ours.
        log: What it printed, with the answers.

    Returns:
        The questions in their order.

    Raises:
        CommandError: The line ended with anything but 0.
    """
    asked: list[Question] = []
    told = ""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    with subprocess.Popen(
        ["/bin/bash", "-c", line],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were piped")
        while piece := os.read(process.stdout.fileno(), _PIECE_BYTES):
            told += decode(piece)
            question = _last(told)
            if question:
                asked.append(question)
                reply = answer(question) + "\n"
                told += reply
                process.stdin.write(reply.encode())
                process.stdin.flush()
    log.write_text(told, "utf-8")
    if process.returncode:
        end = "\n".join(told.splitlines()[-30:])
        raise CommandError(f"{line}: ended with {process.returncode}; all of it: {log}\n{end}")
    return asked


def _last(told: str) -> Question | None:
    """The question that waits for its answer at the end of what was printed."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told[told.rfind("\n") + 1 :])
    found = _ASKED.search(plain)
    return Question(found["text"].strip(), found["default"]) if found else None
