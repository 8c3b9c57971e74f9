"""A rotated key: what the old one sealed is sealed anew, met by changes and cut off anywhere."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal
from shop.domain.messages import MessageKind
from shop.store import messages
from tests.proving.cases.erasing import ERASE, closed_order, left_of, rows_of, whole_customer
from tests.proving.cases.stage import Direct, Scene
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.shop import TABLE, Answer, Buyer, Shop, forget_process

NAMES = "yunpu/token-keys"
SECOND = base64.b64encode(bytes(range(32))).decode()
ADDRESSES, ONE = "GET /v1/me/addresses", "PUT /v1/me/addresses/{address_id}"
LASTING = (
    ("C#", "C", ("ph", "u", "o")),
    ("C#", "A", ("b",)),
    ("C#", "O#", ("a",)),
    ("C#", "N#", ("o",)),
)


def rotate(shop: Shop) -> None:
    """A second root key seals from now on; the first still opens."""
    keys = {**shop.world.secrets[NAMES]["keys"], "k2": SECOND}
    shop.world.secrets[NAMES] = {"current": "k2", "keys": keys}
    forget_process()


def retire(shop: Shop) -> None:
    """The first root key is gone."""
    shop.world.secrets[NAMES] = {"current": "k2", "keys": {"k2": SECOND}}
    forget_process()


def versions(shop: Shop) -> list[str]:
    """The key versions of everything sealed that lasts, written down a second time."""
    return [
        base64.b64decode(item[name]["B"])[:1].decode()
        for item in shop.world.engine.items(TABLE)
        for partition, sort, names in LASTING
        if item["PK"]["S"].startswith(partition) and item["SK"]["S"].startswith(sort)
        for name in names
        if name in item
    ]


@dataclass
class Keeper:
    """Seals anew, a few rows at a time, going on where it ended."""

    shop: Shop
    rows: int = 7
    runs: list[Any] = field(default_factory=list)

    def run(self) -> None:
        """The whole table."""
        from shop.usecases import reseal

        ring = KeyRing.of(self.shop.world.secrets[NAMES])
        after = None
        with mock.patch.object(reseal, "PAGE_ROWS", self.rows):
            while True:
                self.runs.append(reseal.run(ring, after, lambda: False))
                after = self.runs[-1].after
                if after is None:
                    return

    @property
    def resealed(self) -> int:
        """Values in all."""
        return sum(one.resealed for one in self.runs)


def somebody(shop: Shop) -> tuple[Buyer, str]:
    """A customer with one of everything that is sealed, from before a rotation."""
    wang = whole_customer(shop, "wang", coupon=False)
    number = closed_order(shop, wang, remark="x")
    ring = KeyRing.of(shop.world.secrets[NAMES])
    box = seal(ring, "subscription", wang.openid.encode(), wang.customer_id.encode())
    messages.allow(wang.customer_id, next(iter(MessageKind)), box, "r-1", shop.now)
    rotate(shop)
    return wang, number


def reseal_and_change(shop: Shop) -> Scene:
    """An address is corrected while the book is sealed anew: the correction stays."""
    wang, _ = somebody(shop)
    book = shop.call("account", ADDRESSES, wang).body["items"]
    fields = ("name", "phone", "province", "city", "district")
    changed = {name: book[0][name] for name in fields} | {"detail": "新街 9 号", "is_default": True}
    path = {"address_id": book[0]["id"]}

    def change() -> Answer:
        return shop.call("account", ONE, wang, path=path, body=changed)

    def finish(shop: Shop) -> Sequence[str]:
        back = shop.sign_in("wang")
        found = shop.call("account", ADDRESSES, back).body["items"][0]["detail"]
        lines = [] if found == "新街 9 号" else [f"the address is {found}"]
        return lines + ([] if set(versions(shop)) == {"2"} else [f"left under {versions(shop)}"])

    return Scene([lambda: Keeper(shop, 1_000).run(), change], finish=finish)


def reseal_and_erasure(shop: Shop) -> Scene:
    """Nothing of an erased person comes back by being sealed anew."""
    wang, _ = somebody(shop)
    return Scene(
        [lambda: Keeper(shop, 1_000).run(), lambda: shop.call("privacy", ERASE, wang)],
        finish=lambda shop: left_of(shop, wang.customer_id),
    )


def resealing(shop: Shop) -> Step:
    """Cut off anywhere and begun again, everything is under the new key and opens with it."""
    wang, number = somebody(shop)

    def finish(shop: Shop) -> Sequence[str]:
        lines = [] if set(versions(shop)) == {"2"} else [f"left under {versions(shop)}"]
        held = rows_of(shop, wang.customer_id)
        order = [one for one in held if one["SK"]["S"] == f"O#{number}"]
        return lines if order and "a" in order[0] else [*lines, "the order lost its address"]

    keeper = Keeper(shop)
    return Step(keeper.run, keeper.run, finish)


SEALING_PAIRS: dict[str, Direct] = {
    "resealing x address change": reseal_and_change,
    "resealing x erasure": reseal_and_erasure,
}
SEALING_STEPS: dict[str, DirectStep] = {"resealing": resealing}
