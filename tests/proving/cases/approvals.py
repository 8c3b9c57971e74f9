"""A large adjustment that two others approve at once, or whose approval is interrupted."""

from collections.abc import Callable

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.calendar import business_day
from shop.store import staff
from tests.proving.crash import Story
from tests.proving.interleave import Encounter, Outcomes
from tests.proving.shop import Answer, Moment, Shop

SKU, PIECES, DELTA = "p1-1", 5_000, -4_000
APPROVE = "POST /v1/admin/approvals/{approval_id}/approve"
REFUSE = "POST /v1/admin/approvals/{approval_id}/refuse"


class Office:
    """A shop with an operator who asks, and two owners who decide."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.put_product("p1", [(12_800, PIECES, None)])
        ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
        self.tokens = {}
        for name, role in (("asker", "operator"), ("one", "owner"), ("two", "owner")):
            staff.create(name, role, "no password opens this", b"", shop.now)
            self.tokens[name] = issue_staff(ring, name, "s", now=shop.now, jti=name)
        asked = self.send(
            "asker", "POST /v1/admin/stock/{sku_id}/adjustments", "ask",
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
        headers = {"authorization": f"Bearer {self.tokens[who]}", "idempotency-key": key}
        return self.shop.call(folder, route, path=path, body=body, headers=headers)

    def decide(self, who: str, route: str = APPROVE) -> Answer:
        """One of them decides; always under the same key of theirs."""
        reason = {"reason": "已核对"}
        return self.send(who, route, f"by-{who}", reason, approval_id=self.approval_id)

    def broken(self, expected: tuple[int, int, int]) -> list[str]:
        """What is wrong with stock and log once all is decided."""
        lines = []
        if self.shop.stock(SKU) != expected:
            lines.append(f"stock {self.shop.stock(SKU)}, not {expected}")
        trace = [one.route for one in staff.audits(business_day(self.shop.now))]
        if len(trace) != 2:
            lines.append(f"audited {trace}")
        return lines


DONE = (PIECES + DELTA, 0, PIECES + DELTA)
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
