"""Where MiniStack unpacks the functions: in memory where there is plenty, else on disk.

Every function process has its own copy of the layers, some 900 files and 40 MB. On a slow disk,
removing fifty of them takes longer than the journeys of the demo.
"""

import hashlib
import os
import shutil
from pathlib import Path

from scripts.local.profile import ROOT, Profile

MEMORY = Path("/dev/shm")  # noqa: S108 # nosec B108 # its folder is the owner's alone
PLENTY_BYTES = 6 << 30


def prepare(profile: Profile) -> Path:
    """Makes the folder, empty and for its owner only; what an earlier run left is removed."""
    remove(profile)
    for folder in _candidates(profile):
        if folder.parent != MEMORY or _has_plenty(MEMORY):
            try:
                folder.mkdir(mode=0o700, parents=True)
            except OSError:
                continue
            return folder
    raise OSError(f"no folder can be made in {profile.folder}")


def remove(profile: Profile) -> None:
    """Removes the folder wherever it is."""
    for folder in _candidates(profile):
        shutil.rmtree(folder, ignore_errors=True)


def _candidates(profile: Profile) -> tuple[Path, Path]:
    clone = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return MEMORY / f"yunpu-{os.getuid()}-{clone}-{profile.name}", profile.folder / "tmp"


def _has_plenty(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= PLENTY_BYTES
    except OSError:
        return False
