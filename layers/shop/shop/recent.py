"""What a process has read lately, for a bounded time and number of keys."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import ClassVar, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, each good for `seconds` after it was loaded; the oldest go first."""

    _all: ClassVar[list["Recent[object, object]"]] = []

    def __init__(self, seconds: int, most: int = 512) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()
        Recent._all.append(self)  # type: ignore[arg-type]

    def get(self, key: K, now: int) -> V | None:
        """The value, while it is still good."""
        kept = self._kept.get(key)
        return kept[1] if kept and 0 <= now - kept[0] < self._seconds else None

    def keep(self, key: K, value: V, now: int) -> V:
        """Remember a value that was read now."""
        self._kept[key] = (now, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def get_or_load(self, key: K, now: int, load: Callable[[], V]) -> V:
        """The value, loaded if there is none that is still good."""
        kept = self.get(key, now)
        return kept if kept is not None else self.keep(key, load(), now)

    def drop(self, key: K) -> None:
        """Forget one value, so that the next read loads it."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget all values."""
        self._kept.clear()

    @classmethod
    def forget_all(cls) -> None:
        """A process that has read nothing yet."""
        for one in cls._all:
            one.clear()
