"""What tells one local shop from another: where it lives, its ports and its payment windows."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STACK = "yunpu-local"
REGION = "cn-north-1"
API_ID = "yunpu"


@dataclass(frozen=True)
class Profile:
    """One local shop; two of them can be up at once.

    Attributes:
        name: Folder under ``build/``.
        first_port: The cloud's port; the emulators take the ones after it. If one is taken, the
            next free one is used.
        pay_window_seconds: How long an ordinary order waits for its payment.
        flash_pay_window_seconds: The same for a flash sale's order.
    """

    name: str
    first_port: int
    pay_window_seconds: int
    flash_pay_window_seconds: int

    @property
    def folder(self) -> Path:
        """Everything this shop writes."""
        return ROOT / "build" / self.name

    @property
    def state(self) -> Path:
        """What survives a clean stop."""
        return self.folder / "state"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.folder / "logs"

    @property
    def built(self) -> Path:
        """What ``sam build`` writes."""
        return self.folder / "sam"

    @property
    def run(self) -> Path:
        """Locks of the running processes."""
        return self.folder / "run"

    @property
    def keys(self) -> Path:
        """The providers' keys, readable by the owner only; they belong to the state."""
        return self.state / "providers"

    @property
    def shop_file(self) -> Path:
        """Where the shop is and how to get in, for the demo and ``shopctl``."""
        return self.folder / "shop.json"


PROFILES = {
    "local": Profile("local", 4566, 900, 300),
    # WeChat Pay raises a shorter time_expire than one minute.
    "demo": Profile("demo", 4666, 60, 300),
    # Their shops are opened by scripts/drills.
    "deploy-drill": Profile("deploy-drill", 4766, 900, 300),
    "restore-drill": Profile("restore-drill", 4866, 900, 300),
}
