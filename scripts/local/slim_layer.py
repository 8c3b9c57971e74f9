"""Takes out of the built layer what no function here can use, to spare every cold start.

MiniStack unpacks the layers anew for each function process, and two files in three of the vendor
layer describe AWS services to botocore.
"""

import shutil
from pathlib import Path

SERVICES = frozenset({"dynamodb", "lambda", "s3", "secretsmanager"})


def slim(build: Path) -> int:
    """Removes the descriptions of services the functions do not speak to; again changes nothing.

    Args:
        build: What ``sam build`` wrote.

    Returns:
        How many services were removed.
    """
    described = build.glob("*/python/botocore/data/*/")
    needless = [folder for folder in described if folder.name not in SERVICES]
    for folder in needless:
        shutil.rmtree(folder)
    return len(needless)
