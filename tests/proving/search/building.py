"""Builds an index of the generated catalogue in a process of its own, and says what it took."""

import json
import resource
import sys
import time
from pathlib import Path

from shop.search.build import build
from tests.proving.search.goods import catalogue, entry


def main(path: str, size: int, seed: int) -> None:
    """Prints the products, processor seconds and MiB of memory at most."""
    began = time.process_time()
    count = build(Path(path), (entry(one, seed) for one in catalogue(size, seed)))
    spent = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"products": count, "seconds": spent, "mib": most}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
