"""A large adjustment that two others approve at once, or whose approval is interrupted."""

from collections.abc import Callable, Sequence

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.calendar import business_day
from shop.store import staff
from tests.proving.cases.coupon_cases import gift_page
from tests.proving.cases.stage import Direct, Scene, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.crash import Story
from tests.proving.interleave import Encounter, Outcomes
from tests.proving.invariants import tables_of
from tests.proving.shop import Answer, Moment, Shop

SKU, PIECES, DELTA = "p-office-1", 5_000, -4_000
APPROVE = "POST /v1/admin/approvals/{approval_id}/approve"
REFUSE = "POST /v1/admin/approvals/{approval_id}/refuse"


class Office:
    """A shop with an operator who asks, unless told, and two owners who decide."""

    def __init__(self, shop: Shop, asks: str = "asker") -> None:
        self.shop = shop
        self._ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
        shop.put_product("p-office", [(12_800, PIECES, None)])
        for name, role in (("asker", "operator"), ("one", "owner"), ("two", "owner")):
            staff.create(name, role, "no password opens this", b"", shop.now)
        asked = self.send(
            asks, "POST /v1/admin/stock/{sku_id}/adjustments", "ask",
            {"delta": DELTA, "reason": "盘亏"}, folder="merchandise", sku_id=SKU,
        )  # fmt: skip
        assert asked.status == 201, asked
        self.approval_id = str(asked.body["approval_id"])
        self.begin: Moment = shop.moment()

    def send(
        self,
        who: str,
        route: str,
        key: str,
        body: object = None,
        *,
        folder: str = "staff",
        **path: str,
    ) -> Answer:
        """A call of one of them."""
        token = issue_staff(self._ring, who, "s", now=self.shop.now, jti=who)
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
        return self.shop.call(folder, route, path=path, body=body, headers=headers)

    def decide(self, who: str, route: str = APPROVE) -> Answer:
        """One of them decides; always under the same key of theirs."""
        reason = {"reason": "已核对"}
        return self.send(who, route, f"by-{who}", reason, approval_id=self.approval_id)

    def broken(self, expected: tuple[int, int, int], traces: int = 2) -> list[str]:
        """What is wrong with stock and the day's log once all is decided."""
        lines = []
        if self.shop.stock(SKU) != expected:
            lines.append(f"stock {self.shop.stock(SKU)}, not {expected}")
        trace = [one.route for one in staff.audits(business_day(self.shop.now))]
        if len(trace) != traces:
            lines.append(f"audited {trace}")
        return lines


DONE = (PIECES + DELTA, 0, PIECES + DELTA)
PENDING_SECONDS = 7 * 86_400
UNTOUCHED = (PIECES, 0, PIECES)


def both_approve(office: Office) -> Encounter:
    """Two others approve at once: one does, the other is told that it was decided."""
    return _meeting(office, "two approvals", APPROVE, lambda _: DONE)


def approve_and_refuse(office: Office) -> Encounter:
    """One approves while another refuses: whoever comes first decides."""
    return _meeting(
        office,
        "approval and refusal",
        REFUSE,
        lambda answers: DONE if answers[0].status == 200 else UNTOUCHED,
    )


def _meeting(
    office: Office,
    name: str,
    second: str,
    expected: Callable[[list[Answer]], tuple[int, int, int]],
) -> Encounter:
    def check(outcomes: Outcomes) -> list[str]:
        answers = [one for one in outcomes if isinstance(one, Answer)]
        if sorted(one.status for one in answers) != [200, 409]:
            return [f"answers {outcomes}"]
        return office.broken(expected(answers))

    return Encounter(
        name,
        lambda: office.shop.back_to(office.begin, fresh=False),
        [lambda: office.decide("one"), lambda: office.decide("two", second)],
        check,
    )


def interrupted(office: Office) -> Story:
    """The approval's process dies anywhere; the same request is sent again."""
    return Story(
        "approval",
        lambda: office.shop.back_to(office.begin, fresh=False),
        lambda: office.decide("one"),
        lambda: office.decide("one"),
        lambda: office.broken(DONE),
    )


def _both(shop: Shop) -> Scene:
    """Two others approve at once: the stock is changed once."""
    office = Office(shop)
    return Scene(
        [lambda: office.decide("one"), lambda: office.decide("two")],
        statuses([200, 409]),
        lambda _: office.broken(DONE),
    )


def _either(shop: Shop) -> Scene:
    """One approves while another refuses: who comes first decides."""
    office = Office(shop)

    def expect(answers: list[Answer]) -> Sequence[str]:
        lines = statuses([200, 409])(answers)
        return [*lines, *office.broken(DONE if answers[0].status == 200 else UNTOUCHED)]

    return Scene([lambda: office.decide("one"), lambda: office.decide("two", REFUSE)], expect)


def _gift(shop: Shop) -> Scene:
    """The pages of a gift that waits for a second person are refused."""
    give = gift_page(shop, "wang", "li", allowed=False)

    def finish(shop: Shop) -> Sequence[str]:
        return [f"{one['id']} was given" for one in tables_of(shop).claims]

    return Scene([give, give], statuses([409, 409]), finish)


def _own(shop: Shop) -> Scene:
    """Who asked approves, as an owner by now, while another looks: it is not theirs to approve."""
    office = Office(shop, asks="one")

    def expect(answers: list[Answer]) -> Sequence[str]:
        told = [(one.status, one.body.get("code")) for one in answers]
        return () if told == [(403, "second_person_needed")] * 2 else [f"answers {told}"]

    decide = [lambda: office.decide("one")] * 2
    return Scene(decide, expect, lambda _: office.broken(UNTOUCHED, traces=1))


def _late(shop: Shop) -> Scene:
    """Nobody decides for a week: then it is too late for both."""
    office = Office(shop)
    shop.world.clock.advance(PENDING_SECONDS)
    return Scene(
        [lambda: office.decide("one"), lambda: office.decide("two", REFUSE)],
        statuses([409, 409]),
        lambda _: office.broken(UNTOUCHED, traces=0),
    )


def _asked_again(shop: Shop) -> Step:
    """An approval that is cut off anywhere is made by its repeat, once."""
    office = Office(shop)
    return Step(
        lambda: office.decide("one"), lambda: office.decide("one"), lambda _: office.broken(DONE)
    )


APPROVAL_PAIRS: dict[str, Direct] = {
    "approval x approval": _both,
    "approval x refusal": _either,
    "gift that waits": _gift,
    "approval of one's own": _own,
    "approval x refusal, a week later": _late,
}
APPROVAL_STEPS: dict[str, DirectStep] = {"approval": _asked_again}
