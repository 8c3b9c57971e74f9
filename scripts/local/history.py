"""What the last run of a local shop left behind: a clean stop, a crash, or nothing."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.local.profile import Profile


@dataclass(frozen=True)
class Past:
    """How the last run ended.

    Attributes:
        crashed: It did not end by a clean stop.
        clean_stop_at: The last clean stop in UTC seconds; None when there was none yet.
        items: How many items the table held then.
    """

    crashed: bool
    clean_stop_at: int | None
    items: int

    def told(self) -> str:
        """What a person should know before going on."""
        if self.clean_stop_at is None:
            if self.crashed:
                return (
                    "The last run ended without a clean stop and there had been none before: "
                    "the shop starts empty."
                )
            return "A new shop, empty."
        local = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.clean_stop_at))
        state = f"the state of {local} ({self.items} items in the table)"
        if self.crashed:
            return (
                f"The last run ended without a clean stop. Restored is {state}, the last clean "
                "stop; everything after it is lost."
            )
        return f"Goes on with {state}."


def read(profile: Profile) -> Past:
    """Reads how the last run ended."""
    stop = profile.state / "clean-stop.json"
    crashed = _running_mark(profile).exists()
    if not stop.exists():
        return Past(crashed, None, 0)
    told = json.loads(stop.read_text())
    return Past(crashed, told["at"], told["items"])


def began(profile: Profile) -> None:
    """Notes that a run has begun: from here on only a clean stop keeps what happens."""
    profile.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    _running_mark(profile).touch()


def ended(profile: Profile, items: int) -> None:
    """Notes a clean stop, with the number of items the table held."""
    content = {"at": int(time.time()), "items": items}
    (profile.state / "clean-stop.json").write_text(json.dumps(content))
    _running_mark(profile).unlink(missing_ok=True)


def _running_mark(profile: Profile) -> Path:
    return profile.state / "running"
