"""Chooses loopback ports that nobody uses."""

import socket
from collections.abc import Collection

HOST = "127.0.0.1"
TRIES = 200


class NoFreePortError(Exception):
    """None of the ports tried was free."""


def choose(wanted: int, taken: Collection[int] = ()) -> int:
    """Returns the first free port from ``wanted`` upwards that is not in ``taken``.

    Raises:
        NoFreePortError: None was free within 200 tries.
    """
    for port in range(wanted, wanted + TRIES):
        if port not in taken and is_free(port):
            return port
    raise NoFreePortError(f"no free port from {wanted} to {wanted + TRIES - 1}")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    if answers(port):
        return False
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still fading counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
