"""What the tests of staff routes share: the first account, a clock, one request."""

from collections.abc import Mapping
from typing import Any

from pyotp import TOTP

from shop.crypto.keyring import KeyRing
from tests.integration.conftest import SECRETS
from tests.integration.functions.calls import Answer, call
from tests.proving.template import folder_of, load_handler

RING = KeyRing("1", {"1": bytes(32)})
FIRST: Any = SECRETS["yunpu/staff-bootstrap"]


class Clock:
    """The hour, moved by hand."""

    def __init__(self, now: int) -> None:
        self.now = now


def sign_in(clock: Clock, **other: str) -> Answer:
    """Sign the first account in, with some credentials changed."""
    given = {
        "username": FIRST["username"],
        "password": FIRST["password"],
        "code": TOTP(FIRST["totp_secret"]).at(clock.now),
    }
    return send("", "POST /v1/admin/login", given | other)


def send(token: str, route: str, body: object = None, key: str = "", **path: str) -> Answer:
    """Send one request to the function that the template deploys for the route."""
    headers = {"idempotency-key": key} if key else {}

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        return dict(load_handler(folder_of(route))(dict(event), context))

    return call(handler, route, body=body, path=path, token=token, headers=headers)
