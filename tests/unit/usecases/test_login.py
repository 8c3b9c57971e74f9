"""Customers sign in, refresh and sign out: one customer a person, one successor a token."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import pytest

from shop.crypto import sessions
from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import unseal
from shop.domain.customer import Identity
from shop.domain.ids import CustomerId
from shop.errors import UnauthenticatedError, UnavailableError
from shop.store import customers, erasure
from shop.store.table import session_key
from shop.store.writes import Write, apply, together, update
from shop.usecases import login
from shop.usecases.login import GRACE_SECONDS, SignedIn
from tests.unit.table import Table

ROOTS = {"1": bytes(range(32)), "2": bytes(32)}
RING, NEWER = KeyRing("1", ROOTS), KeyRing("2", ROOTS)
NOW = 1_790_000_000
MONTH = 30 * 86_400


@dataclass
class WeChat:
    """Tells who sent a code: the code's own text is the openid."""

    unionid: str = ""

    def identify(self, code: str) -> Identity:
        return Identity(code, self.unionid)


class Dice:
    """Bytes that differ each time; it is noted how many were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self._numbers: Iterator[int] = count(1)

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return next(self._numbers).to_bytes(size, "little")


DICE = Dice()


def sign_in(
    who: str = "o-wang", ring: KeyRing = RING, now: int = NOW, unionid: str = ""
) -> SignedIn:
    return login.sign_in(who, WeChat(unionid), ring, DICE, now=now)


def who(told: SignedIn, ring: KeyRing = RING, now: int = NOW) -> sessions.CustomerSession:
    return sessions.customer_of(ring, told.access_token, now=now)


def refused(token: str, now: int = NOW, ring: KeyRing = RING) -> bool:
    try:
        login.refresh(token, ring, DICE, now=now)
    except UnauthenticatedError:
        return True
    return False


def test_a_first_sign_in_makes_the_customer_and_a_second_finds_them() -> None:
    first = sign_in()
    assert (first.is_new, len(first.customer_id)) == (True, 11)
    again = sign_in(now=NOW + 9)
    assert (again.is_new, again.customer_id) == (False, first.customer_id)
    assert sign_in("o-li").customer_id != first.customer_id


def test_what_the_client_is_told_is_good_for_as_long_as_it_is_told() -> None:
    told = sign_in()
    assert (told.expires_in, told.refresh_expires_in) == (600, MONTH)
    session = who(told)
    assert (session.customer_id, session.openid) == (told.customer_id, "o-wang")
    presented = sessions.read_refresh(RING, told.refresh_token)
    assert presented == sessions.RefreshToken(told.customer_id, session.session_id, 1)


def test_every_sign_in_and_token_has_a_number_of_its_own() -> None:
    first, again = sign_in(), sign_in()
    assert who(first).session_id != who(again).session_id
    assert first.access_token != again.access_token
    assert DICE.asked
    assert set(DICE.asked) == {16}


def test_who_a_customer_is_in_the_world_outside_is_kept_sealed(table: Table) -> None:
    told = sign_in(unionid="u-wang")
    row = customers.customer(told.customer_id)
    assert row is not None
    whose = told.customer_id.encode()
    assert unseal(RING, "openid", row.openid, whose) == b"o-wang"
    assert unseal(RING, "pii", row.unionid, whose) == b"u-wang"
    assert (int(row.created_at), int(row.seen_at)) == (NOW, NOW)
    assert "wang" not in str(table.rows())


def test_a_later_sign_in_notes_when_and_a_unionid_that_is_told_only_then() -> None:
    told = sign_in()
    row = customers.customer(told.customer_id)
    assert row is not None
    assert row.unionid is None
    sign_in(now=NOW + 9, unionid="u-wang")
    sign_in(now=NOW + 10)
    row = customers.customer(told.customer_id)
    assert row is not None
    assert (int(row.created_at), int(row.seen_at)) == (NOW, NOW + 10)
    assert unseal(RING, "pii", row.unionid, told.customer_id.encode()) == b"u-wang"


def test_a_customer_is_found_under_every_listed_key() -> None:
    old = sign_in(ring=KeyRing("1", {"1": ROOTS["1"]}))
    assert sign_in(ring=NEWER).customer_id == old.customer_id
    # From then on the newer key alone is enough.
    assert sign_in(ring=KeyRing("2", {"2": ROOTS["2"]})).customer_id == old.customer_id
    new = sign_in("o-li", ring=NEWER)
    for version, root in ROOTS.items():
        assert sign_in("o-li", ring=KeyRing(version, {version: root})).customer_id == (
            new.customer_id
        )


def test_the_codes_of_an_openid_begin_with_the_current_keys() -> None:
    codes = login.openid_macs(RING, "o-wang")
    assert codes == list(reversed(login.openid_macs(NEWER, "o-wang")))
    assert len(set(codes)) == 2
    assert not any(set(code) & set("=+/") for code in codes)


def test_a_token_is_exchanged_for_its_successor_and_a_fresh_access_token() -> None:
    told = sign_in()
    later = login.refresh(told.refresh_token, RING, DICE, now=NOW + 100)
    assert (later.customer_id, later.is_new) == (told.customer_id, False)
    assert (later.expires_in, later.refresh_expires_in) == (600, MONTH)
    assert who(later, now=NOW + 600) == sessions.CustomerSession(
        told.customer_id, who(told).session_id, "o-wang", NOW + 100
    )
    assert sessions.read_refresh(RING, later.refresh_token).generation == 2
    last = login.refresh(later.refresh_token, RING, DICE, now=NOW + 200)
    assert sessions.read_refresh(RING, last.refresh_token).generation == 3


def test_a_lost_answer_is_told_again_for_a_minute() -> None:
    told = sign_in()
    once = login.refresh(told.refresh_token, RING, DICE, now=NOW + 100)
    again = login.refresh(told.refresh_token, RING, DICE, now=NOW + 100 + GRACE_SECONDS)
    assert again.refresh_token == once.refresh_token
    assert again.refresh_expires_in == MONTH - GRACE_SECONDS
    assert not refused(once.refresh_token, NOW + 300)


def test_after_that_minute_the_sign_in_ends() -> None:
    told = sign_in()
    once = login.refresh(told.refresh_token, RING, DICE, now=NOW)
    assert refused(told.refresh_token, NOW + GRACE_SECONDS + 1)
    assert refused(once.refresh_token, NOW + GRACE_SECONDS + 1)


def test_a_token_from_before_the_last_ends_the_sign_in_at_once() -> None:
    first = sign_in()
    other = sign_in()
    second = login.refresh(first.refresh_token, RING, DICE, now=NOW)
    third = login.refresh(second.refresh_token, RING, DICE, now=NOW)
    assert refused(first.refresh_token)
    assert refused(third.refresh_token)
    assert not refused(other.refresh_token)


def test_a_successor_is_found_whatever_key_made_it() -> None:
    told = sign_in()
    once = login.refresh(told.refresh_token, NEWER, DICE, now=NOW)
    assert once.refresh_token.startswith("2.")
    again = login.refresh(told.refresh_token, RING, DICE, now=NOW + 1)
    assert again.refresh_token == once.refresh_token


def test_a_token_ends_after_a_month_without_use() -> None:
    told, other = sign_in(), sign_in()
    assert not refused(told.refresh_token, NOW + MONTH - 1)
    assert refused(other.refresh_token, NOW + MONTH)


def test_a_successor_that_has_ended_is_not_told_again() -> None:
    told = sign_in()
    session = who(told).session_id
    login.refresh(told.refresh_token, RING, DICE, now=NOW)
    row = customers.SessionRow(*session_key(told.customer_id, session))
    apply(update(row, [customers.SessionRow.expires_at.set(NOW + 5)]))
    assert refused(told.refresh_token, NOW + 5)


def test_a_token_that_is_not_ours_ends_nothing() -> None:
    told = sign_in()
    stranger = sessions.refresh_token(KeyRing("1", {"1": b"x" * 32}), told.customer_id, "s", 1)
    assert refused(stranger)
    assert not refused(told.refresh_token)


def test_a_sign_in_that_never_was_is_refused() -> None:
    told = sign_in()
    assert refused(sessions.refresh_token(RING, told.customer_id, "another", 1))
    assert refused(sessions.refresh_token(RING, CustomerId("nobody"), "another", 1))


def test_signing_out_ends_this_sign_in_or_all() -> None:
    one, two, three = sign_in(), sign_in(), sign_in()
    li = sign_in("o-li")
    login.sign_out(who(one), everywhere=False)
    assert refused(one.refresh_token)
    login.sign_out(who(one), everywhere=False)
    assert not refused(two.refresh_token)
    login.sign_out(who(two), everywhere=True)
    assert refused(three.refresh_token)
    assert not refused(li.refresh_token)


def test_a_route_that_asks_stops_at_sign_out() -> None:
    told = sign_in()
    login.require_alive(who(told), now=NOW + MONTH - 1)
    with pytest.raises(UnauthenticatedError):
        login.require_alive(who(told), now=NOW + MONTH)
    login.sign_out(who(told), everywhere=False)
    with pytest.raises(UnauthenticatedError):
        login.require_alive(who(told), now=NOW)


def test_whoever_was_erased_signs_in_as_somebody_new() -> None:
    old = sign_in()
    together(erasure.begin(old.customer_id, login.openid_macs(RING, "o-wang"), NOW, NOW + 60))
    new = sign_in()
    assert new.is_new
    assert new.customer_id != old.customer_id
    assert sign_in().customer_id == new.customer_id


def test_an_openid_that_still_leads_to_the_erased_leads_to_somebody_new() -> None:
    old = sign_in()
    # The erasure knew one key only, so that the other's code is left.
    left = KeyRing("1", {"1": ROOTS["1"]})
    together(erasure.begin(old.customer_id, login.openid_macs(left, "o-wang"), NOW, NOW + 60))
    new = sign_in()
    assert (new.is_new, new.customer_id != old.customer_id) == (True, True)
    assert sign_in(ring=NEWER).customer_id == sign_in().customer_id == new.customer_id


def test_a_sign_in_gives_up_where_the_store_refuses_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []

    def refuse(writes: list[object]) -> tuple[None, ...]:
        tried.append(len(writes))
        return (None,) * len(writes)

    monkeypatch.setattr(login, "_refused", refuse)
    with pytest.raises(UnavailableError):
        sign_in()
    assert len(tried) == 4


def test_an_answer_that_was_lost_is_not_signed_in_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(writes: Sequence[Write]) -> None:
        together(writes)
        together(writes)

    monkeypatch.setattr(login, "together", twice)
    told = sign_in()
    assert told.is_new
    assert not refused(told.refresh_token)
