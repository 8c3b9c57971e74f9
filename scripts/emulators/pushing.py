"""An emulator that pushes to the shop, again and again until the shop takes it."""

from scripts.emulators.base import Emulator
from scripts.emulators.outbox import Outbox


class PushingEmulator(Emulator):
    """What is due are pushes; a subclass makes the outbox that they wait in."""

    _outbox: Outbox

    def run_due(self) -> int:
        """Sends the pushes that are due again."""
        return self._outbox.run_due()

    def next_due(self) -> float | None:
        """When the next push is due, plan clock."""
        return self._outbox.next_due()
