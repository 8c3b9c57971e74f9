"""`python -m scripts.openapi` writes the document; `--check` only says whether it is current."""

import importlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.openapi.document import document
from shop.web.api import Api, Route

ROOT = Path(__file__).parents[2]
FILE = ROOT / "functions" / "meta" / "openapi.json"


def routes() -> dict[str, Iterable[Route]]:
    """The routes of every function that has any, by its folder."""
    found: dict[str, Iterable[Route]] = {}
    for app in sorted((ROOT / "functions").glob("*/app.py")):
        api = getattr(importlib.import_module(f"functions.{app.parent.name}.app"), "api", None)
        if isinstance(api, Api):
            found[app.parent.name] = list(api.routes.values())
    return found


def rendered() -> str:
    """The document as it should stand in the file."""
    return json.dumps(document(routes()), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write or check; 1 when `--check` finds the file stale."""
    text = rendered()
    if "--check" in sys.argv[1:]:
        current = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print("current" if current else "stale: run `python -m scripts.openapi`")
        return 0 if current else 1
    FILE.write_text(text, encoding="utf-8")
    print(f"wrote {FILE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
