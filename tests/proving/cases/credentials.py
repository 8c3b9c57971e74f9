"""Sign-ins with something wrong: passwords, one-time codes and refresh tokens that open nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pyotp

from shop.crypto.sessions import REFRESH_SECONDS
from tests.proving.cases.sign_in import refreshes, signs_in
from tests.proving.shop import TABLE, Answer, Moment, Shop

LOGIN = "POST /v1/admin/login"
CLOSE = "POST /v1/admin/staff/{username}/disable"
STEP_SECONDS = 30
TRIES = 5
Wrong = Callable[[Shop], Iterator[str]]


class Door:
    """The first account of a shop at the staff's door."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.first = shop.world.secrets["yunpu/staff-bootstrap"]

    def code(self, seconds: int = 0) -> str:
        """The one-time code of now, or of so many seconds later."""
        return str(pyotp.TOTP(self.first["totp_secret"]).at(self.shop.now + seconds))

    def knocks(self, *, password: str = "", code: str = "") -> Answer:
        """Signs in, with what is right where nothing is told."""
        body = {
            "username": self.first["username"],
            "password": password or self.first["password"],
            "code": code or self.code(),
        }
        return self.shop.call("staff", LOGIN, body=body)


def _is(label: str, answer: Answer, status: int) -> Iterator[str]:
    if answer.status != status:
        yield f"{label}: {answer}, not {status}"


def _passwords(shop: Shop) -> Iterator[str]:
    yield from _is("wrong password", Door(shop).knocks(password="not-this-one"), 401)


def _codes(shop: Shop) -> Iterator[str]:
    door = Door(shop)
    code = door.code()
    other = str(int(code[:1]) + 1)[-1:] + code[1:]
    yield from _is("wrong code", door.knocks(code=other), 401)
    yield from _is("old code", door.knocks(code=door.code(-3 * STEP_SECONDS)), 401)
    yield from _is("early code", door.knocks(code=door.code(3 * STEP_SECONDS)), 401)
    yield from _is("right", door.knocks(code=code), 200)
    yield from _is("the same code again", door.knocks(code=code), 401)
    yield from _is("an earlier code", door.knocks(code=door.code(-STEP_SECONDS)), 401)


def _tries(shop: Shop) -> Iterator[str]:
    door = Door(shop)
    for _ in range(TRIES):
        yield from _is("a guess", door.knocks(password="guessed"), 401)
    yield from _is("right, after five guesses", door.knocks(), 429)


def _closed(shop: Shop) -> Iterator[str]:
    """An account that is closed opens nothing any more, though its token lives."""
    from shop.store import staff
    from shop.store.writes import apply

    door = Door(shop)
    token = str(door.knocks().body["access_token"])
    headers = {"authorization": f"Bearer {token}"}
    look = "GET /v1/admin/work"
    yield from _is("open", shop.call("fulfilment", look, headers=headers), 200)
    apply(staff.close_account(door.first["username"], shop.now))
    yield from _is("closed, by its token", shop.call("fulfilment", look, headers=headers), 403)
    shop.world.clock.advance(2 * STEP_SECONDS)
    yield from _is("closed, at the door", door.knocks(), 401)


def _reset(shop: Shop) -> Iterator[str]:
    """New secrets end the sign-ins that were made with the old ones."""
    from shop.store import staff, staff_secrets
    from shop.store.writes import apply

    door = Door(shop)
    token = str(door.knocks().body["access_token"])
    row = staff.account(door.first["username"])
    assert row
    apply(staff_secrets.reset_account(door.first["username"], "none", row.totp, shop.now))
    headers = {"authorization": f"Bearer {token}"}
    answer = shop.call("fulfilment", "GET /v1/admin/work", headers=headers)
    yield from _is("reset, by an old token", answer, 403)


def _refreshes(shop: Shop) -> Iterator[str]:
    wang, li = (str(signs_in(shop, who).body["refresh_token"]) for who in ("wang", "li"))
    version, customer, session, generation, mac = wang.split(".")
    other = li.split(".")
    for name, parts in {
        "another's id": (version, other[1], session, generation, mac),
        "another's sign-in": (version, customer, other[2], generation, mac),
        "a later one": (version, customer, session, str(int(generation) + 1), mac),
        "an unknown key": ("k9", customer, session, generation, mac),
        "another's mac": (version, customer, session, generation, other[4]),
        "no mac": (version, customer, session, generation, "A" * len(mac)),
    }.items():
        before = sorted(str(item) for item in shop.world.engine.items(TABLE))
        yield from _is(f"refresh token with {name}", refreshes(shop, ".".join(parts)), 401)
        if sorted(str(item) for item in shop.world.engine.items(TABLE)) != before:
            yield f"refresh token with {name}: changed something"
    shop.world.clock.advance(REFRESH_SECONDS)
    yield from _is("refresh token, a month later", refreshes(shop, wang), 401)


WRONG: dict[str, Wrong] = {
    "staff passwords": _passwords,
    "staff codes": _codes,
    "staff tries": _tries,
    "staff closed": _closed,
    "staff reset": _reset,
    "refresh tokens": _refreshes,
}
"""What is wrong to what tries it and tells what came of it."""


def played(shop: Shop, moment: Moment, name: str) -> Iterator[str]:
    """One of them, from this moment on and a moment later than any token was issued."""
    shop.back_to(replace(moment, now=moment.now + 1), fresh=False)
    yield from WRONG[name](shop)
