"""Token buckets in the process: who asks too often is told to wait, without a store call.

Every instance counts for itself, so a limit bounds what one source or customer can take of an
instance. What must hold across instances (password tries, purchases) is counted in the
store. Whole numbers only: a bucket is counted in sixtieths of a request.
"""

from collections import OrderedDict

MOST_BUCKETS = 4_096
_REQUEST = 60


class TokenBuckets:
    """Buckets by key, each full at first and refilled evenly; the longest unused go first.

    Args:
        most: How many buckets are kept. A forgotten one is full again.
    """

    def __init__(self, most: int = MOST_BUCKETS) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def take(self, key: str, per_minute: int, now: int) -> int:
        """Take one request from a bucket.

        Args:
            key: Whose bucket.
            per_minute: Its size and what flows into it in a minute; 0 for no limit.
            now: UTC seconds.

        Returns:
            0 if there was one, else the seconds until there will be.
        """
        if not per_minute:
            return 0
        full = per_minute * _REQUEST
        level, since = self._kept.get(key, (full, now))
        level = min(full, level + max(0, now - since) * per_minute)
        wait = -(-(_REQUEST - level) // per_minute) if level < _REQUEST else 0
        self._kept[key] = (level if wait else level - _REQUEST, max(now, since))
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._kept)


def source_of(ip: str) -> str:
    """What one household has: an IPv4 address, or the first half of an IPv6 one."""
    if ":" not in ip:
        return ip
    from ipaddress import IPv6Address

    try:
        return str(IPv6Address(int(IPv6Address(ip)) >> 64 << 64))
    except ValueError:
        return ip
