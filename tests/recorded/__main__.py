"""``python -m tests.recorded``: writes all records anew, or those of the shelves that are named."""

import shutil
import sys

from tests.recorded.shelves import SHELVES


def main(names: list[str]) -> int:
    """Prints how many lines there are of each shelf."""
    for name in names or SHELVES:
        shelf, lines = SHELVES[name], 0
        shutil.rmtree(shelf.folder, ignore_errors=True)
        shelf.folder.mkdir()
        with shelf.open() as record:
            for deed in shelf.deeds:
                text = record(deed).text()
                shelf.path(deed).write_text(text, "utf-8")
                lines += text.count("\n")
        sys.stdout.write(f"{name}: {len(shelf.deeds)} deeds, {lines:,} lines\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
