"""Access and refresh tokens: ours, of this kind, in time, and nothing else."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal_text
from shop.crypto.sessions import (
    ACCESS_SECONDS,
    LEEWAY_SECONDS,
    CustomerSession,
    RefreshToken,
    StaffSession,
    customer_of,
    issue_customer,
    issue_staff,
    read_refresh,
    refresh_token,
    staff_of,
    token_hash,
)
from shop.domain.ids import CustomerId
from shop.errors import UnauthenticatedError
from tests.proving.forged_tokens import forged

NOW = 1_790_000_000
ROOTS = {"1": bytes(range(32)), "2": bytes(32)}
RING = KeyRing("1", ROOTS)
WANG = CustomerId("wang")
TOKEN = issue_customer(RING, WANG, "s-1", "o-wang", now=NOW, jti="j-1")
STAFF = issue_staff(RING, "li", "s-2", now=NOW, jti="j-2")
REFRESH = refresh_token(RING, WANG, "s-1", 3)
Look = Callable[..., object]


def refused(look: Callable[[], object]) -> bool:
    try:
        look()
    except UnauthenticatedError as error:
        return error.code == "unauthenticated"
    return False


def test_a_token_says_who_is_calling() -> None:
    assert customer_of(RING, TOKEN, now=NOW) == CustomerSession(WANG, "s-1", "o-wang", NOW)
    assert staff_of(RING, STAFF, now=NOW) == StaffSession("li", "s-2", NOW)


def test_a_token_carries_what_the_contract_says_and_no_openid() -> None:
    claims: dict[str, Any] = jwt.decode(TOKEN, options={"verify_signature": False})
    sealed = claims.pop("oid")
    assert "o-wang" not in TOKEN + sealed
    assert claims == {
        "sub": "wang", "sid": "s-1", "jti": "j-1", "iss": "yunpu", "aud": "customer", "iat": NOW,
        "exp": NOW + ACCESS_SECONDS,
    }  # fmt: skip
    assert jwt.decode(STAFF, options={"verify_signature": False}) == {
        "sub": "li", "sid": "s-2", "jti": "j-2", "iss": "yunpu", "aud": "staff", "iat": NOW,
        "exp": NOW + ACCESS_SECONDS,
    }  # fmt: skip
    assert jwt.get_unverified_header(TOKEN) == {"alg": "HS256", "typ": "JWT", "kid": "1"}


@pytest.mark.parametrize(("token", "look"), [(TOKEN, customer_of), (STAFF, staff_of)])
def test_a_token_is_good_for_ten_minutes(token: str, look: Look) -> None:
    assert ACCESS_SECONDS == 600
    assert look(RING, token, now=NOW + ACCESS_SECONDS - 1)
    assert refused(lambda: look(RING, token, now=NOW + ACCESS_SECONDS))
    assert look(RING, token, now=NOW - LEEWAY_SECONDS)
    assert refused(lambda: look(RING, token, now=NOW - LEEWAY_SECONDS - 1))


def test_a_token_is_good_while_its_key_is_listed() -> None:
    newer = KeyRing("2", ROOTS)
    assert customer_of(newer, TOKEN, now=NOW).openid == "o-wang"
    assert refused(lambda: customer_of(KeyRing("2", {"2": ROOTS["2"]}), TOKEN, now=NOW))


FORGED = {
    (audience, name): headers["authorization"].removeprefix("Bearer ")
    for audience, genuine in (("customer", TOKEN), ("staff", STAFF))
    for name, headers in forged(RING, audience, genuine, NOW).items()
    if headers.get("authorization", "").startswith("Bearer ")
}


@pytest.mark.parametrize("which", sorted(FORGED))
def test_a_forged_token_is_refused(which: tuple[str, str]) -> None:
    look = customer_of if which[0] == "customer" else staff_of
    assert refused(lambda: look(RING, FORGED[which], now=NOW))


def signed(audience: str = "customer", **changes: Any) -> str:
    claims: dict[str, Any] = jwt.decode(TOKEN, options={"verify_signature": False})
    bent = {name: one for name, one in {**claims, **changes}.items() if one is not None}
    key = RING.derive(f"access-{audience}")
    return jwt.encode(bent, key, algorithm="HS256", headers={"kid": "1"})


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": float(NOW)},
        {"exp": str(NOW + 10)},
        {"iat": "x"},
        {"exp": None},
        {"oid": None},
        {"oid": seal_text(RING, "openid", b"o-wang", b"li")},
        {"oid": seal_text(RING, "pii", b"o-wang", b"wang")},
        {"oid": "x"},
    ],
)
def test_claims_of_another_form_are_refused(changes: dict[str, Any]) -> None:
    assert refused(lambda: customer_of(RING, signed(**changes), now=NOW))


def test_a_token_may_live_shorter_than_ours_and_not_longer() -> None:
    assert customer_of(RING, signed(exp=NOW + 10), now=NOW)
    assert refused(lambda: customer_of(RING, signed(exp=NOW + ACCESS_SECONDS + 1), now=NOW))


@pytest.mark.parametrize(
    "header", [b"", b"x", b"{}", b"[]", b"{", b'{"kid":{}}', b"7", b"[" * 100_000]
)
def test_a_header_of_another_form_is_refused(header: bytes) -> None:
    front = base64.urlsafe_b64encode(header).decode()
    token = f"{front}.{TOKEN.partition('.')[2]}"
    assert refused(lambda: customer_of(RING, token, now=NOW))
    assert refused(lambda: staff_of(RING, token, now=NOW))


@pytest.mark.parametrize("length", range(4))
def test_a_header_is_read_whatever_its_length(length: int) -> None:
    extra = {"kid": "1", "x": "y" * length}
    claims = jwt.decode(STAFF, options={"verify_signature": False})
    token = jwt.encode(claims, RING.derive("access-staff"), algorithm="HS256", headers=extra)
    assert staff_of(RING, token, now=NOW).username == "li"


def test_a_refresh_token_says_whose_it_is_and_which() -> None:
    assert read_refresh(RING, REFRESH) == RefreshToken(WANG, "s-1", 3)
    old = refresh_token(RING, WANG, "s-1", 3, "2")
    assert old != REFRESH
    assert old.startswith("2.wang.s-1.3.")
    assert read_refresh(RING, old) == RefreshToken(WANG, "s-1", 3)
    assert read_refresh(KeyRing("2", ROOTS), REFRESH) == RefreshToken(WANG, "s-1", 3)


def test_a_refresh_token_is_the_same_whenever_it_is_made() -> None:
    assert refresh_token(RING, WANG, "s-1", 3) == REFRESH
    mac = RING.mac("refresh", b"1.wang.s-1.3")
    code = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert f"1.wang.s-1.3.{code}" == REFRESH
    assert len({refresh_token(RING, WANG, "s-1", at) for at in range(9)}) == 9


LEFT, _, CODE = REFRESH.rpartition(".")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "....",
        LEFT,
        f"{LEFT}.",
        f"{REFRESH}.x",
        f"{LEFT}.{CODE[:-1]}",
        f"{LEFT}.{CODE}=",
        f"{LEFT}.{CODE[::-1]}",
        f"2.wang.s-1.3.{CODE}",
        f"3.wang.s-1.3.{CODE}",
        f"1.li.s-1.3.{CODE}",
        f"1.wang.s-2.3.{CODE}",
        f"1.wang.s-1.4.{CODE}",
        f"1.wang.s-1.x.{CODE}",
        f"1.wang.s-1.-3.{CODE}",
        f"1.wang.s-1.٣.{CODE}",
        f"1.wang.s-1.03.{CODE}",
        f"1.wang.s 1.3.{CODE}",
        refresh_token(KeyRing("1", {"1": b"x" * 32}), WANG, "s-1", 3),
        refresh_token(KeyRing("3", {"3": ROOTS["1"]}), WANG, "s-1", 3),
    ],
)
def test_a_refresh_token_that_is_not_ours_is_refused(token: str) -> None:
    assert refused(lambda: read_refresh(RING, token))


def test_a_generation_that_is_no_number_is_refused_though_it_were_signed() -> None:
    body = "1.wang.s-1.x3"
    code = base64.urlsafe_b64encode(RING.mac("refresh", body.encode())).rstrip(b"=").decode()
    assert refused(lambda: read_refresh(RING, f"{body}.{code}"))


def test_half_of_a_hash_is_kept_of_a_token() -> None:
    assert token_hash(REFRESH) == hashlib.sha256(REFRESH.encode()).digest()[:16]


def test_the_library_still_signs_for_others_as_it_should() -> None:
    customer_of(RING, TOKEN, now=NOW)
    assert (
        json.dumps(jwt.decode(jwt.encode({"a": 1}, b"k" * 32), b"k" * 32, ["HS256"])) == '{"a": 1}'
    )
