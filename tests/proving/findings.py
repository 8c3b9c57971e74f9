"""The scanners' verdict: what `scripts/scan` finds and nobody has explained.

A finding that is accepted says why in one line beside its resource or line of code; those lines are
counted, so that one that is added shows.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 1_800
EXPLAINED = {
    "template.yaml": r"\{id: CKV|ignore_checks:|^ +- [EWI]S?\d{4} #",
    "code": r"# nosec\b",
}
"""How an explanation is written down."""


@dataclass(frozen=True)
class Scanned:
    """What the scanners said."""

    scanners: int
    explained: int
    audited: bool
    wrong: list[str]


def scan() -> Scanned:
    """Runs them all; the environment that holds them is made first where it is missing."""
    subprocess.run([ROOT / "scripts" / "setup", "scan"], cwd=ROOT, check=True, timeout=SECONDS)
    done = subprocess.run(
        [ROOT / "scripts" / "scan"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = f"{done.stdout}\n{done.stderr}"
    return Scanned(
        scanners=len(re.findall(r"^== ", said, re.MULTILINE)),
        explained=explained(),
        audited="not audited" not in said,
        wrong=said.splitlines()[-20:] if done.returncode else [],
    )


def explained() -> int:
    """Lines that say why a finding is accepted."""
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    count = len(re.findall(EXPLAINED["template.yaml"], template, re.MULTILINE))
    for folder in ("functions", "layers/shop/shop", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            count += len(re.findall(EXPLAINED["code"], path.read_text(encoding="utf-8")))
    return count
