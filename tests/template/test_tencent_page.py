"""What the page on Tencent Cloud tells of memory and time is what the template gives."""

import re

from tests.proving.template import ROOT, Template

PAGE = (ROOT / "docs" / "tencent.md").read_text(encoding="utf-8")
FUNCTIONS = Template((ROOT / "template.yaml").read_text(encoding="utf-8"), {}).resources(
    "AWS::Serverless::Function"
)
ORDINARY = (512, 28)
NOT_THERE = {"outbox", "dead_letters"}
"""They follow the table's stream and its queue, which stay at AWS."""


def given() -> dict[str, tuple[int, int]]:
    """Memory and seconds by function; Globals fill in what a function does not say."""
    return {
        str(one["CodeUri"]).rstrip("/").rpartition("/")[2]: (
            int(one.get("MemorySize", 512)),
            int(one.get("Timeout", 20)),
        )
        for one in FUNCTIONS.values()
    }


def test_settings_are_those_of_the_template() -> None:
    rows = re.findall(r"^ +\| (\w+) \| ([0-9,]+) \| ([0-9]+) \|$", PAGE, re.MULTILINE)
    told = {name: (int(memory.replace(",", "")), int(seconds)) for name, memory, seconds in rows}
    needed = {
        name: (memory, seconds)
        for name, (memory, seconds) in given().items()
        if name not in NOT_THERE and (memory > ORDINARY[0] or seconds not in {20, ORDINARY[1]})
    }
    assert told == needed
