"""A customer's addresses: up to 20, at most one of them the default.

An address is made once per idempotency key: its id is derived from the key, and a deleted one
leaves a stone for 7 days, so that a late repetition does not bring it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shop.domain.address import Address
from shop.errors import ConflictError, NotFoundError, TooManyRequestsError, ValidationError

MOST_ADDRESSES = 20
MOST_ENTRIES = 100
KEPT_SECONDS = 7 * 86_400
_PAUSE_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Entry:
    """One address, or where one was.

    Attributes:
        address: None once deleted.
        fingerprint: Of the request that made it.
        at: UTC seconds of its making; of its deletion once deleted.
    """

    address: Address | None
    fingerprint: str
    at: int


@dataclass(frozen=True, slots=True)
class AddressBook:
    """All entries by id. Changes return another book; an equal one means nothing changed."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    default_id: str | None = None

    def addresses(self) -> list[tuple[str, Address]]:
        """The addresses by id: the default first, then the newest first."""
        live = [(one, kept.address) for one, kept in self.entries.items() if kept.address]
        return sorted(live, key=lambda row: self.place(row[0]))

    def place(self, address_id: str) -> tuple[int, int, str]:
        """Where one of the addresses stands among them."""
        return int(address_id != self.default_id), -self.entries[address_id].at, address_id

    def get(self, address_id: str) -> Address:
        """One address.

        Raises:
            NotFoundError: There is none with this id, or no more.
        """
        entry = self.entries.get(address_id)
        if entry is None or entry.address is None:
            raise NotFoundError
        return entry.address

    def known(self, address_ids: Sequence[str], fingerprint: str) -> str | None:
        """The id among these that an earlier send of the same request made.

        Raises:
            ValidationError: `idempotency_key_reused`: another request made it.
            NotFoundError: It was made and deleted.
        """
        for address_id in address_ids:
            entry = self.entries.get(address_id)
            if entry is None:
                continue
            if entry.fingerprint != fingerprint:
                raise ValidationError("idempotency_key_reused", "同一请求编号对应了不同的内容")
            self.get(address_id)
            return address_id
        return None

    def added(
        self, address_id: str, address: Address, fingerprint: str, *, is_default: bool, now: int
    ) -> "AddressBook":
        """With one more address; stones older than `KEPT_SECONDS` go.

        Raises:
            ConflictError: `address_limit_reached`.
            TooManyRequestsError: Too many were made and deleted within some days.
        """
        kept = {
            one: entry
            for one, entry in self.entries.items()
            if entry.address or now - entry.at <= KEPT_SECONDS
        }
        if sum(entry.address is not None for entry in kept.values()) >= MOST_ADDRESSES:
            raise ConflictError("address_limit_reached", f"最多保存{MOST_ADDRESSES}个收货地址")
        if len(kept) >= MOST_ENTRIES:
            raise TooManyRequestsError(_PAUSE_SECONDS)
        entries = {**kept, address_id: Entry(address, fingerprint, now)}
        return AddressBook(entries, address_id if is_default else self.default_id)

    def changed(self, address_id: str, address: Address, *, is_default: bool) -> "AddressBook":
        """With another content for one address.

        Raises:
            NotFoundError: There is none with this id.
        """
        self.get(address_id)
        entry = replace(self.entries[address_id], address=address)
        return AddressBook(
            {**self.entries, address_id: entry}, self._default(address_id, is_default)
        )

    def removed(self, address_id: str, now: int) -> "AddressBook":
        """Without one address; removed already is fine.

        Raises:
            NotFoundError: There was none with this id.
        """
        entry = self.entries.get(address_id)
        if entry is None:
            raise NotFoundError
        if entry.address is None:
            return self
        stone = Entry(None, entry.fingerprint, now)
        return AddressBook({**self.entries, address_id: stone}, self._default(address_id, False))

    def _default(self, address_id: str, is_default: bool) -> str | None:
        if is_default:
            return address_id
        return None if self.default_id == address_id else self.default_id
