"""`make tencent`: writes the packages to `build/tencent`, and says how large they are."""

import argparse
import json
import sys
from pathlib import Path

from scripts.tencent.package import ROOT, PackageError, package


def main() -> int:
    """Package everything; 1 where the platform would refuse it."""
    parser = argparse.ArgumentParser(prog="make tencent", description=__doc__)
    parser.add_argument(
        "--environment", type=Path, help="JSON of the variables to be set, to check their size"
    )
    given = parser.parse_args().environment
    environment = json.loads(given.read_text(encoding="utf-8")) if given else None
    try:
        zips = package(ROOT / "build" / "tencent", environment)
    except PackageError as refused:
        print(f"tencent: {refused}", file=sys.stderr)
        return 1
    for path in zips:
        print(f"{path.stat().st_size / 1024:9.0f} KiB  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
