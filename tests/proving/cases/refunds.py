"""Refunds by line: meetings of two, and steps that are cut short."""

from collections.abc import Callable, Sequence

from tests.proving.cases.counter import Counter
from tests.proving.cases.stage import (
    LIMITED,
    PLENTY,
    SPREAD_SALE,
    Direct,
    Scene,
    ends,
    flash_ordered,
    notice,
    paid,
    statuses,
    swept,
)
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.events import stream_event
from tests.proving.invariants import tables_of
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

# -------------------------------------------------------------------- scenes


def bought(shop: Shop, buyer: Buyer) -> str:
    """The number of a paid order of three pieces of one SKU and two of a limited one."""
    placed = shop.place(buyer, shop.quote_token(buyer, {PLENTY: 3, LIMITED: 2}))
    number = paid(shop, buyer, placed, told=True)
    shop.pump()
    return number


def states(*expected: Sequence[str]) -> Callable[[Shop], Sequence[str]]:
    """At rest the refunds stand in one of these ways, in order of their numbers."""

    def finish(shop: Shop) -> Sequence[str]:
        found = [row["st"] for row in sorted(tables_of(shop).refunds, key=lambda r: r["sequence"])]
        return () if found in [list(one) for one in expected] else [f"refunds {found}"]

    return finish


def ask_and_ask(shop: Shop) -> Scene:
    """Two requests want the same pieces: one gets them."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    return Scene(
        [
            lambda: counter.ask(wang, number, {1: 2}, "a"),
            lambda: counter.ask(wang, number, {1: 2, 2: 1}, "b"),
        ],
        statuses([201, 409]),
        finish=states(["REQUESTED"]),
    )


def ask_and_ask_one_key(shop: Shop) -> Scene:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)

    def expect(answers: list[Answer]) -> Sequence[str]:
        numbers = {answer.body.get("refund_no") for answer in answers}
        return () if len(numbers) == 1 else [f"one key made {numbers}"]

    ask = [lambda: counter.ask(wang, number, {1: 1})] * 2
    return Scene(ask, expect, finish=states(["REQUESTED"]))


def ask_and_cancel(shop: Shop) -> Scene:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    return Scene(
        [lambda: counter.ask(wang, number, {1: 1}), lambda: shop.cancel(wang, number)],
        finish=ends(number, "CLOSED"),
    )


def _requested(shop: Shop) -> tuple[Buyer, Counter, str, str]:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    return wang, counter, number, counter.asked(wang, number, {1: 2, 2: 1})


def approve_and_refuse(shop: Shop) -> Scene:
    _, counter, _, refund_no = _requested(shop)
    return Scene(
        [
            lambda: counter.decide(refund_no),
            lambda: counter.decide(refund_no, "refuse", who="two"),
        ],
        statuses([200, 409]),
        finish=states(["SUCCESS"], ["REFUSED"]),
    )


def approve_and_cancel(shop: Shop) -> Scene:
    """The buyer cancels what staff are about to refund in part."""
    wang, counter, number, refund_no = _requested(shop)
    return Scene(
        [lambda: counter.decide(refund_no), lambda: shop.cancel(wang, number)],
        finish=ends(number, "CLOSED"),
    )


def approve_and_ship(shop: Shop) -> Scene:
    """Pieces are stopped or shipped, never both: what left the house does not return to it."""
    from shop.domain.ids import CustomerId
    from shop.usecases import fulfil

    wang, counter, number, refund_no = _requested(shop)

    def ship() -> Answer:
        fulfil.ship(
            CustomerId(wang.customer_id), number, "shunfeng", "SF1000000001", actor="li",
            now=shop.now,
        )  # fmt: skip
        return Answer(200, {"stopped": _stopped(shop, number)})

    def expect(answers: list[Answer]) -> Sequence[str]:
        left_behind, stopped = answers[1].body["stopped"], _stopped(shop, number)
        if stopped != left_behind:
            return [f"shipped without {left_behind} pieces, {stopped} are stopped"]
        return statuses([200, 200])(answers)

    return Scene([lambda: counter.decide(refund_no), ship], expect, finish=states(["SUCCESS"]))


def _stopped(shop: Shop, order_no: str) -> int:
    order = next(one for one in tables_of(shop).orders if one.number == order_no)
    return sum(stopped for _, _, stopped, _ in order.book.lines)


def ask_and_refuse(shop: Shop) -> Scene:
    """A refusal puts pieces back while others are asked for: neither forgets the other."""
    wang, counter, number, refund_no = _requested(shop)
    return Scene(
        [
            lambda: counter.decide(refund_no, "refuse"),
            lambda: counter.ask(wang, number, {2: 1}, "b"),
        ],
        statuses([200, 201]),
        finish=states(["REFUSED", "REQUESTED"]),
    )


def ask_and_create(shop: Shop) -> Scene:
    """Buyer and staff want the last pieces back at once."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    return Scene(
        [
            lambda: counter.ask(wang, number, {1: 3}),
            lambda: counter.create(number, {1: 1, 2: 2}),
        ],
        statuses([201, 409]),
    )


def _granted(shop: Shop) -> str:
    """A refund that WeChat was not asked for yet; its stream record waits."""
    _, counter, _, refund_no = _requested(shop)
    assert counter.decide(refund_no).status == 200
    return refund_no


def send_and_chase(shop: Shop) -> Scene:
    """Stream and schedule take one refund to WeChat at once: the pieces return once."""
    _granted(shop)
    records = shop.world.engine.take_stream(TABLE)

    def send() -> object:
        return shop.world.invoke(load_handler("outbox"), stream_event(records), name="outbox")

    return Scene([send, swept(shop)], finish=states(["SUCCESS"]))


def notice_and_notice(shop: Shop) -> Scene:
    refund_no = _granted(shop)
    shop.pump()
    shop.world.clock.advance(3)
    # WeChat settles what is due whenever it is looked at; the notice then waits.
    shop.pay.ledger()
    return Scene(
        [lambda: notice(shop, refund_no)] * 2, statuses([204, 204]), finish=states(["SUCCESS"])
    )


REFUND_PAIRS: dict[str, Direct] = {
    "refund request x refund request": ask_and_ask,
    "refund request x the same request": ask_and_ask_one_key,
    "refund request x cancel": ask_and_cancel,
    "refund request x staff's refund": ask_and_create,
    "refund request x refusal of another": ask_and_refuse,
    "approval x refusal of a refund": approve_and_refuse,
    "approval of a refund x cancel": approve_and_cancel,
    "approval of a refund x ship": approve_and_ship,
    "refund by stream x by schedule": send_and_chase,
    "refund notice x refund notice": notice_and_notice,
}


# -------------------------------------------------------------------- steps


def request(shop: Shop) -> Step:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)

    def ask() -> Answer:
        return counter.ask(shop.buyer("wang"), number, {1: 2, 2: 1})

    return Step(ask, ask, states(["REQUESTED"]))


def approval(shop: Shop) -> Step:
    """Staff approve the last pieces, which closes the order; WeChat is asked from the stream."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    refund_no = counter.asked(wang, number, {1: 3, 2: 2})

    def approve() -> None:
        counter.decide(refund_no)
        shop.pump()

    return Step(approve, approve, _all(states(["SUCCESS"]), ends(number, "CLOSED")))


def approval_of_flash(shop: Shop) -> Step:
    """Units of a flash order return to their shard after the book says so."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = paid(shop, wang, flash_ordered(shop, wang, SPREAD_SALE), told=True)
    shop.pump()
    refund_no = counter.asked(wang, number, {1: 1})

    def approve() -> None:
        counter.decide(refund_no)
        shop.pump()

    return Step(approve, approve, _all(states(["SUCCESS"]), ends(number, "CLOSED")))


def staffs_own(shop: Shop) -> Step:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)

    def create() -> None:
        counter.create(number, {1: 1}, amount=5_000)
        shop.pump()

    return Step(create, create, _all(states(["SUCCESS"]), ends(number, "TO_SHIP")))


def refusal(shop: Shop) -> Step:
    _, counter, _, refund_no = _requested(shop)

    def refuse() -> Answer:
        return counter.decide(refund_no, "refuse")

    return Step(refuse, refuse, states(["REFUSED"]))


def told(shop: Shop) -> Step:
    """WeChat tells of a refund that it has made."""
    refund_no = _granted(shop)
    shop.pump()
    shop.world.clock.advance(3)

    def hear() -> None:
        shop.deliver_due()
        shop.pump()

    return Step(hear, lambda: notice(shop, refund_no), states(["SUCCESS"]))


def redirection(shop: Shop) -> Step:
    """The bank refuses; staff have WeChat send it to the shop's own card."""
    _, counter, _, refund_no = _requested(shop)
    shop.pay.faults.add({"route": "refund", "kind": "abnormal"})
    counter.decide(refund_no)
    shop.pump()
    shop.world.clock.advance(3)
    shop.deliver_due()

    def redirect() -> None:
        counter.decide(refund_no, "redirect")
        shop.pump()

    return Step(redirect, redirect, states(["SUCCESS"]))


def reopening(shop: Shop) -> Step:
    """WeChat closes a cancellation's refund; staff begin it anew, and the order closes."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    shop.pay.faults.add({"route": "refund", "kind": "refund_closed"})
    shop.cancel(wang, number)
    shop.pump()
    shop.world.clock.advance(63)
    shop.deliver_due()

    def reopen() -> None:
        counter.decide(f"{number}-1", "reopen")
        shop.pump()

    return Step(reopen, reopen, _all(states(["CLOSED", "SUCCESS"]), ends(number, "CLOSED")))


def _all(*finishes: Callable[[Shop], Sequence[str]]) -> Callable[[Shop], Sequence[str]]:
    return lambda shop: [line for finish in finishes for line in finish(shop)]


REFUND_STEPS: dict[str, DirectStep] = {
    "refund request": request,
    "refund approval, order closes": approval,
    "refund approval, flash": approval_of_flash,
    "refund by staff": staffs_own,
    "refund refusal": refusal,
    "refund notice": told,
    "refund redirected": redirection,
    "refund begun anew": reopening,
}
