"""The file that Tencent Cloud calls: `index.main_handler`. The packager puts it beside `functions`.

Which routes and timers the package answers stands in `functions.json`, written by the packager.
"""

import sys

# Layers are unpacked to /opt; CloudBase's examples add a folder `python`.
sys.path[:0] = ["/opt", "/opt/python"]

if sys.version_info < (3, 11):
    # Tencent's newest runtime is 3.10; these two names of 3.11 are all that the shop uses.
    import datetime
    import enum

    from strenum import StrEnum

    setattr(enum, "StrEnum", StrEnum)  # noqa: B010
    setattr(datetime, "UTC", datetime.timezone.utc)  # noqa: B010, UP017

import importlib
import json
import time
from pathlib import Path

from shop.web.tencent import Entry, Event, Handler


def _handler(name: str) -> Handler:
    """A function's handler, imported with its first event: a package may hold many."""

    def handle(event: Event, context: object) -> dict[str, object]:
        answer: dict[str, object] = importlib.import_module(f"functions.{name}.app").lambda_handler(
            event, context
        )
        return answer

    return handle


_packed = json.loads(Path(__file__).with_name("functions.json").read_text(encoding="utf-8"))

main_handler = Entry(
    http=[(_handler(name), routes) for name, routes in _packed["http"].items()],
    timers={name: _handler(name) for name in _packed["timers"]},
    monotonic=time.monotonic,
)
