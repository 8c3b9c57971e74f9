"""What is owed when the schedule fires, and the ways in which schedules go wrong."""

from collections.abc import Callable
from contextlib import suppress
from random import Random

from shop.errors import UnavailableError
from tests.proving.aftermath import PAST_DUE_SECONDS
from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import (
    COUPON,
    LIMITED,
    PLENTY,
    SALE,
    cut_short,
    flash_ordered,
    ordered,
    paid,
)
from tests.proving.faults import Killed, Kind
from tests.proving.seam import Call
from tests.proving.shop import TABLE, Shop, forget_process
from tests.proving.sizes import Item

BACKUP_HOST = "api2.mch.weixin.qq.com"
"""Where the shop turns to when WeChat Pay's first host fails."""
PERIOD_SECONDS = 60
PERIODS_TO_HEAL = 2
NOTICE_SECONDS = 20
"""How long WeChat may take to tell of a refund that it has accepted."""
HTTP_TROUBLES = (Kind.BROKEN, Kind.UNSENT, Kind.LOST, Kind.SLOW, Kind.GARBAGE, Kind.TOO_MANY)
STORE_TROUBLES = (Kind.THROTTLED, Kind.LOST, Kind.CONFLICT, Kind.PARTIAL)

Timeline = Callable[[Shop, Random], None]


def owed(shop: Shop) -> None:
    """One of each kind of work that the schedule does, and all of it overdue."""
    shop.world.http.emulators[BACKUP_HOST] = shop.pay
    people = [shop.buyer(f"owed{number}") for number in range(8)]
    ordered(shop, people[0], PLENTY, 2)
    ordered(shop, people[1], LIMITED, 2)
    claim_id = str(claim(shop, people[2], COUPON, "once").body["claim_id"])
    token = shop.quote_token(people[2], {PLENTY: 1}, (claim_id,))
    assert shop.place(people[2], token).status == 201
    unheard = ordered(shop, people[3])
    assert unheard.payment
    assert shop.pay_now(people[3], unheard.payment, notify=False) == 200
    flash_ordered(shop, people[4])
    ticket = shop.ticket(people[5], SALE)
    cut_short(shop, lambda: shop.place_flash(people[5], SALE, ticket), "PutItem")
    refunded = paid(shop, people[6], ordered(shop, people[6]), told=True)
    cut_short(shop, lambda: shop.cancel(people[6], refunded), "http")
    half = ordered(shop, people[7]).order_no
    cut_short(shop, lambda: shop.cancel(people[7], half), "http")
    forget_process()
    shop.pump()
    shop.world.clock.advance(PAST_DUE_SECONDS)


def fire(shop: Shop) -> None:
    """The schedule fires once; what the function dies of is the platform's to bear."""
    try:
        shop.sweep()
    except Killed:
        forget_process()
    except UnavailableError:
        # The store did not answer: the run ends as failed, and the next one begins anew.
        return


def heal(shop: Shop) -> None:
    """Two periods with everything well, and what the providers then have to tell."""
    for _ in range(PERIODS_TO_HEAL):
        shop.world.clock.advance(PERIOD_SECONDS)
        shop.sweep()
        shop.deliver_due()
        shop.pump()
    shop.world.clock.advance(NOTICE_SECONDS)
    shop.deliver_due()
    shop.pump()


# -------------------------------------------------------------------- what goes wrong


def on_time(shop: Shop, _: Random) -> None:
    fire(shop)


def missed(shop: Shop, dice: Random) -> None:
    """The schedule does not fire for a while, up to a day; the stream is another trigger."""
    shop.pump()
    shop.world.clock.advance(PERIOD_SECONDS * dice.choice((1, 2, 7, 60, 1_440)))


def late(shop: Shop, dice: Random) -> None:
    for _ in range(3):
        shop.world.clock.advance(PERIOD_SECONDS + dice.randrange(PERIOD_SECONDS))
        fire(shop)


def doubled(shop: Shop, dice: Random) -> None:
    for _ in range(3):
        for _ in range(dice.randint(2, 3)):
            fire(shop)
        shop.world.clock.advance(PERIOD_SECONDS)


def killed(shop: Shop, dice: Random) -> None:
    """Each run for a while dies at some call."""
    for _ in range(3):
        at, kind = dice.randrange(60), dice.choice((Kind.KILLED_BEFORE, Kind.KILLED_AFTER))
        shop.world.faults.at({at: kind})
        fire(shop)
        shop.world.clock.advance(PERIOD_SECONDS)


def provider_down(shop: Shop, dice: Random) -> None:
    """WeChat Pay fails in one way for some periods."""
    kind = dice.choice(HTTP_TROUBLES)
    _outage(shop, lambda _, call: kind if call.kind == "http" else None, dice.randint(1, 5))


def provider_shaky(shop: Shop, dice: Random) -> None:
    """WeChat Pay and the store fail now and then, in every way."""
    shop.world.faults.randomly(dice.randrange(2**32), 0.3, HTTP_TROUBLES + STORE_TROUBLES)
    for _ in range(dice.randint(1, 4)):
        fire(shop)
        shop.world.clock.advance(PERIOD_SECONDS)


def store_down(shop: Shop, dice: Random) -> None:
    """The store is throttled for some periods."""
    _outage(
        shop, lambda _, call: Kind.THROTTLED if call.kind == "store" else None, dice.randint(1, 3)
    )


def clock_back(shop: Shop, dice: Random) -> None:
    """The clock of the function's machine is set back, and right again."""
    clock, back = shop.world.clock, dice.randint(1, 1_800)
    clock.move_to(clock.now - back)
    fire(shop)
    clock.advance(back)


def poisoned(shop: Shop, dice: Random) -> None:
    """One order's row cannot be read: the same run does all the others.

    Raises:
        AssertionError: It did not.
    """
    forget_process()
    waiting = _overdue(shop)
    if not waiting:
        return
    bad = dice.choice(waiting)
    engine, key = shop.world.engine, {name: bad[name] for name in ("PK", "SK")}
    engine.put(TABLE, {**bad, "b": {"B": "AAAA"}})
    # A run that dies of it is known by what it left.
    with suppress(Exception):
        fire(shop)
    left = [one["SK"]["S"] for one in _overdue(shop) if one["SK"] != bad["SK"]]
    engine.put(TABLE, {**(engine.image(TABLE, key) or bad), "b": bad["b"]})
    assert not left, f"behind {bad['SK']['S']}, which cannot be read, {left} were not done"


def _overdue(shop: Shop) -> list[Item]:
    """Orders that the due index shows now, by number."""
    items = (one for one in shop.world.engine.items(TABLE) if one["SK"]["S"].startswith("O#"))
    due = [one for one in items if "due" in one and int(one["due"]["N"]) <= shop.now]
    return sorted(due, key=lambda one: str(one["SK"]["S"]))


TIMELINES: dict[str, Timeline] = {
    one.__name__: one
    for one in (
        on_time,
        missed,
        late,
        doubled,
        killed,
        provider_down,
        provider_shaky,
        store_down,
        clock_back,
        poisoned,
    )
}


def mixed(shop: Shop, dice: Random) -> None:
    """Several of them, one after the other."""
    for _ in range(dice.randint(2, 5)):
        TIMELINES[dice.choice(list(TIMELINES))](shop, dice)
        shop.world.faults.none()


def _outage(shop: Shop, choose: Callable[[int, Call], Kind | None], periods: int) -> None:
    shop.world.faults.when(choose)
    for _ in range(periods):
        fire(shop)
        shop.world.clock.advance(PERIOD_SECONDS)
