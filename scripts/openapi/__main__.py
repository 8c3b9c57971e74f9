"""`python -m scripts.openapi` writes the document; `--check` only says whether it is current."""

import importlib
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from scripts.openapi.document import document
from shop.web.api import Api, Route

ROOT = Path(__file__).parents[2]
FILE = ROOT / "functions" / "meta" / "openapi.json"


def routes() -> dict[str, list[Route]]:
    """The routes of every function that has any, by its folder."""
    return {name: list(app.api.routes.values()) for name, app in _apps().items()}


def rendered() -> str:
    """The document as it should stand in the file."""
    summaries = {name: str(app.__doc__).partition("\n")[0] for name, app in _apps().items()}
    return json.dumps(document(routes(), summaries), ensure_ascii=False, indent=1) + "\n"


@cache
def _apps() -> dict[str, ModuleType]:
    folders = [app.parent.name for app in sorted((ROOT / "functions").glob("*/app.py"))]
    apps = {name: importlib.import_module(f"functions.{name}.app") for name in folders}
    return {name: app for name, app in apps.items() if isinstance(getattr(app, "api", None), Api)}


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
