"""What is wrong with a catalogue file, by line and field."""

from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.operator_cli.errors import ShopctlError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend.

    Attributes:
        line: Counted from 1.
        row: The row it is in, such as ``product p0001``; empty for the file itself.
        field: Where in the row, such as ``skus[2].price_fen``; empty for the row itself.
    """

    line: int
    row: str
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.row, self.field, self.message) if part)


@dataclass(slots=True)
class Faults:
    """Collects faults while a file is read."""

    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, row: str, name: str, message: str) -> None:
        """Notes one."""
        self.found.append(Fault(line, row, name, message))


class FaultyFileError(ShopctlError):
    """The file cannot be imported; nothing of it was sent."""

    exit_code = 5

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        rows = "\n".join(f"{file}:{fault.line}: {fault}" for fault in self.faults)
        count = len(self.faults)
        things = "1 thing" if count == 1 else f"{count} things"
        super().__init__(f"{rows}\n{things} to mend; nothing was sent.")

    def document(self) -> dict[str, Any]:
        """Every fault with its line and field."""
        return {
            "kind": type(self).__name__,
            "message": f"{len(self.faults)} faults; nothing was sent",
            "faults": [asdict(fault) for fault in self.faults],
        }
