"""What the tests of staff accounts share: a clock, accounts, one request."""

from functions.staff.app import lambda_handler
from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.store import staff
from tests.integration.functions.calls import NOW, Answer, call

RING = KeyRing("1", {"1": bytes(32)})
ADD = "POST /v1/admin/staff"
LIST = "GET /v1/admin/staff"
LI = {"username": "xiaoli", "role": "operator", "reason": "入职"}


class Clock:
    """The hour, moved by hand."""

    now = NOW


def account(name: str, role: str, at: int = NOW) -> str:
    """An open account without the price of a real sign-in; its token."""
    staff.create(name, role, "no password opens this", b"", NOW)
    return issue_staff(RING, name, "s", now=at, jti="j")


def send(token: str, route: str, body: object = None, key: str = "", **path: str) -> Answer:
    """Send one request to the staff function."""
    headers = {"idempotency-key": key} if key else {}
    return call(lambda_handler, route, body=body, path=path, token=token, headers=headers)
