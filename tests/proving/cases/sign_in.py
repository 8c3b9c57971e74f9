"""Sign-ins that meet: two refreshes of one token, sign-out, first sign-ins, and erasure."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.proving.cases.erasing import ERASE, closed_order, left_of, whole_customer
from tests.proving.cases.stage import Direct, Scene, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.shop import TABLE, Answer, Buyer, Shop

REFRESH = "POST /v1/login/refresh"


def signs_in(shop: Shop, user: str) -> Answer:
    """POST /v1/login with a fresh code of this person's."""
    asked = json.dumps({"user": user}).encode()
    given = json.loads(shop.wechat.handle("POST", "/_control/codes", {}, asked).body)
    return shop.call("login", "POST /v1/login", body={"code": given["code"]})


def refreshes(shop: Shop, token: str) -> Answer:
    """POST /v1/login/refresh."""
    return shop.call("login", REFRESH, body={"refresh_token": token})


def signs_out(shop: Shop, token: str) -> Answer:
    """POST /v1/logout of one sign-in."""
    headers = {"authorization": f"Bearer {token}"}
    return shop.call("login", "POST /v1/logout", headers=headers, body={"everywhere": False})


def refresh_and_refresh(shop: Shop) -> Scene:
    """One token, sent twice at once: one successor, told twice, and it is good."""
    token = str(signs_in(shop, "wang").body["refresh_token"])
    told: list[str] = []

    def expect(answers: list[Answer]) -> Sequence[str]:
        lines = [*statuses([200, 200])(answers)]
        told[:] = [str((one.body or {}).get("refresh_token")) for one in answers]
        return lines if len(set(told)) == 1 else [*lines, "one token has two successors"]

    def finish(shop: Shop) -> Sequence[str]:
        found = [refreshes(shop, one).status for one in (told[0], token, told[0])]
        # The successor is good once; a token from before it ends the whole sign-in.
        return () if found == [200, 401, 401] else [f"used, reused and used again: {found}"]

    return Scene([lambda: refreshes(shop, token)] * 2, expect, finish)


def refresh_and_sign_out(shop: Shop) -> Scene:
    """Whoever comes first, nothing of the sign-in is good afterwards."""
    begun = signs_in(shop, "wang").body
    told: list[str] = []

    def expect(answers: list[Answer]) -> Sequence[str]:
        refreshed, left = answers
        told[:] = [str((refreshed.body or {}).get("refresh_token", begun["refresh_token"]))]
        good = refreshed.status in {200, 401} and left.status == 204
        return () if good else [f"answers {refreshed} {left}"]

    def finish(shop: Shop) -> Sequence[str]:
        return () if refreshes(shop, told[0]).status == 401 else ["signed out, and still in"]

    return Scene(
        [
            lambda: refreshes(shop, begun["refresh_token"]),
            lambda: signs_out(shop, begun["access_token"]),
        ],
        expect,
        finish,
    )


def first_and_first(shop: Shop) -> Scene:
    """A new person signs in twice at once: one customer."""

    def expect(answers: list[Answer]) -> Sequence[str]:
        lines = [*statuses([200, 200])(answers)]
        told = [(one.body or {}).get("customer", {}) for one in answers]
        if len({one.get("id") for one in told}) != 1:
            lines.append(f"two customers: {told}")
        return lines

    def finish(shop: Shop) -> Sequence[str]:
        return _one_customer_each(shop)

    return Scene([lambda: signs_in(shop, "new")] * 2, expect, finish)


def sign_in_and_erasure(shop: Shop) -> Scene:
    """The old customer, who then is gone, or a new one; and nothing of the person is left."""
    wang, _ = _somebody(shop)
    told: list[dict[str, Any]] = []

    def expect(answers: list[Answer]) -> Sequence[str]:
        signed, erased = answers
        told[:] = [signed.body or {}]
        good = (signed.status, erased.status) == (200, 204)
        return () if good else [f"answers {signed} {erased}"]

    def finish(shop: Shop) -> Sequence[str]:
        is_old = told[0]["customer"]["id"] == wang.customer_id
        again = refreshes(shop, told[0]["refresh_token"]).status
        lines = [] if again == (401 if is_old else 200) else [f"refresh answered {again}"]
        return [*lines, *left_of(shop, wang.customer_id), *_one_customer_each(shop)]

    return Scene(
        [lambda: signs_in(shop, "wang"), lambda: shop.call("privacy", ERASE, wang)],
        expect,
        finish,
    )


def refresh_and_erasure(shop: Shop) -> Scene:
    """The erased are signed out, even if new tokens were on their way."""
    wang, token = _somebody(shop)
    told: list[str] = []

    def expect(answers: list[Answer]) -> Sequence[str]:
        refreshed, erased = answers
        told[:] = [str((refreshed.body or {}).get("refresh_token", token))]
        good = refreshed.status in {200, 401} and erased.status == 204
        return () if good else [f"answers {refreshed} {erased}"]

    def finish(shop: Shop) -> Sequence[str]:
        lines = left_of(shop, wang.customer_id)
        return lines if refreshes(shop, told[0]).status == 401 else [*lines, "erased, and still in"]

    return Scene(
        [lambda: refreshes(shop, token), lambda: shop.call("privacy", ERASE, wang)],
        expect,
        finish,
    )


def _somebody(shop: Shop) -> tuple[Buyer, str]:
    """A customer with something of every kind and one order that is over; their refresh token."""
    wang = whole_customer(shop, "wang", coupon=False)
    closed_order(shop, wang, remark="x")
    return wang, str(signs_in(shop, "wang").body["refresh_token"])


def _one_customer_each(shop: Shop) -> Sequence[str]:
    """Every openid leads to one customer who is there."""
    items = list(shop.world.engine.items(TABLE))
    led = {item["c"]["S"] for item in items if item["PK"]["S"].startswith("I#")}
    there = {item["PK"]["S"][2:] for item in items if item["SK"]["S"] == "C" and "ca" in item}
    return [f"{one} is led to, and not there" for one in sorted(led - there)]


# -------------------------------------------------------------------- steps that are cut short


def signing_in(shop: Shop) -> Step:
    """A first sign-in is cut off; the client brings another code."""

    def finish(shop: Shop) -> Sequence[str]:
        items = shop.world.engine.items(TABLE)
        made = sum(item["SK"]["S"] == "C" and "ca" in item for item in items)
        lines = [*_one_customer_each(shop)]
        return lines if made == 1 else [*lines, f"{made} customers"]

    def again() -> Answer:
        return signs_in(shop, "new")

    return Step(again, again, finish)


def refreshing(shop: Shop) -> Step:
    """A refresh whose answer is lost: the same token is good again, and the sign-in lives on."""
    token = str(signs_in(shop, "wang").body["refresh_token"])
    told: list[Answer] = []

    def again() -> Answer:
        told[:] = [refreshes(shop, token)]
        return told[0]

    def finish(shop: Shop) -> Sequence[str]:
        if told[0].status != 200:
            return [f"signed out: {told[0]}"]
        good = refreshes(shop, told[0].body["refresh_token"]).status
        return () if good == 200 else [f"the successor answered {good}"]

    return Step(again, again, finish)


def _erasure(again: Callable[[Shop, Buyer], object]) -> DirectStep:
    def direct(shop: Shop) -> Step:
        wang, _ = _somebody(shop)

        def finish(shop: Shop) -> Sequence[str]:
            return [*left_of(shop, wang.customer_id), *_one_customer_each(shop)]

        return Step(lambda: shop.call("privacy", ERASE, wang), lambda: again(shop, wang), finish)

    return direct


SIGN_IN_PAIRS: dict[str, Direct] = {
    "refresh x refresh, one token": refresh_and_refresh,
    "refresh x sign-out": refresh_and_sign_out,
    "refresh x erasure": refresh_and_erasure,
    "sign-in x sign-in, new": first_and_first,
    "sign-in x erasure": sign_in_and_erasure,
}
SIGN_IN_STEPS: dict[str, DirectStep] = {
    "sign-in, new": signing_in,
    "refresh": refreshing,
    "erasure": _erasure(lambda shop, wang: shop.call("privacy", ERASE, wang)),
}
