"""What is recorded: shelves of deeds, each with the shop that its deeds are done in."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from shop.domain.listing import Sort
from shop.domain.search import Asked
from shop.domain.staff_roles import Role
from shop.search.build import build
from shop.search.engine import SqliteSearch
from shop.web.api import Auth
from tests.proving import hostile, people
from tests.proving.aftermath import rest
from tests.proving.bench_rows.deeds import ALL, Stage
from tests.proving.cases import bill_differences, follow_faults, wechatpay_faults
from tests.proving.cases.bill_files import WHOLE
from tests.proving.cases.coupon_misuse import misuses
from tests.proving.cases.credentials import WRONG, played
from tests.proving.cases.fulfilment import FULFILMENT_STEPS
from tests.proving.cases.provider_faults import Bench, Cell, Wire
from tests.proving.cases.stage import furnish
from tests.proving.cases.steps import STEPS, DirectStep
from tests.proving.fuzz import Fuzz
from tests.proving.rows.r02 import MEETINGS
from tests.proving.rows.r03 import ALL_STEPS
from tests.proving.rows.r08 import books_of, next_morning, trade
from tests.proving.search.goods import catalogue
from tests.proving.search.goods import entry as entry_of
from tests.proving.search.queries import KINDS, judged
from tests.proving.shop import COURIER_HOST, PAY_HOST, WECHAT_HOST, Shop
from tests.proving.template import load_handler
from tests.recorded.guest import Guest
from tests.recorded.journal import Journal, Notes
from tests.recorded.matters import heard, lasting, odd, of_visits
from tests.recorded.shoppers import SHOPPERS
from tests.recorded.staff import STAFF

HERE = Path(__file__).parent
SEED = 20_261_122
PRODUCTS, QUERIES = 300, 4
"""Products of the index that is searched, and queries of each kind."""
SPOILED = 5
"""Spoiled requests of each route."""
Recorder = Callable[[str], Notes]
"""Does the deed of this name and returns what was heard."""
DOCUMENT = "GET /v1/openapi.json"
"""Answers with a document that is kept and compared already."""


Faults = tuple[str, DirectStep, Callable[[str], Sequence[str]]]
"""The host of a provider, a step that asks it, and what can strike a call of one of its routes."""
FAULTS: dict[str, Faults] = {
    **{
        f"WeChat Pay, {name}": (PAY_HOST, STEPS[name], wechatpay_faults.kinds)
        for name in wechatpay_faults.WHERE
    },
    **{
        f"WeChat, {name}": (WECHAT_HOST, step, follow_faults.kinds_at_wechat)
        for name, step in FULFILMENT_STEPS.items()
    },
    **{
        f"Kuaidi100, {name}": (COURIER_HOST, step, follow_faults.kinds_at_courier)
        for name, step in follow_faults.OF_COURIERS.items()
    },
}
VISITS = {**SHOPPERS, **STAFF}
COUPONS, EVERY = "coupons", "every difference"


@dataclass(frozen=True)
class Shelf:
    """Deeds that are done in one shop, each from the same moment.

    Attributes:
        name: The folder of their records.
        deeds: Their names.
        open: The shop they are done in.
    """

    name: str
    deeds: Sequence[str]
    open: Callable[[], AbstractContextManager[Recorder]]

    @property
    def folder(self) -> Path:
        """Where the records are kept."""
        return HERE / self.name

    def path(self, deed: str) -> Path:
        """Where the record of a deed is kept."""
        return self.folder / f"{re.sub(r'[^a-zA-Z0-9]+', '-', deed).strip('-')}.yaml"


@contextmanager
def _steps() -> Iterator[Recorder]:
    """Steps that change stock, quota or money, each twice, as a client on a bad network does."""
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()

        def record(name: str) -> Journal:
            shop.back_to(base)
            step = ALL_STEPS[name](shop)
            shop.pump()
            journal = Journal(shop)
            with journal.listening():
                step.step()
                journal.note(then="the same again")
                step.again()
            return journal

        yield record


@contextmanager
def _meetings() -> Iterator[Recorder]:
    """Requests about the same thing, one after the other, in either order, and what is left."""
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()

        def record(name: str) -> Journal:
            journal = Journal(shop, lasting)
            for order in (1, -1):
                shop.back_to(base)
                scene = MEETINGS[name](shop)
                shop.pump()
                journal.note(tried="in this order" if order == 1 else "the other way round")
                with journal.listening():
                    for request in scene.requests[::order]:
                        request()
                    rest(shop)
            return journal

        yield record


@contextmanager
def _bills() -> Iterator[Recorder]:
    """A morning's comparison with bills that are wrong as a whole, or in every single way."""
    with Shop(seed=SEED, lean=True) as shop:
        trade(shop)
        evening = shop.moment()

        def record(name: str) -> Journal:
            shop.back_to(evening)
            journal = Journal(shop)
            with ExitStack() as stack:
                if name == EVERY:
                    books = books_of(shop)
                    for inject in bill_differences.ALL:
                        inject(books)
                    stack.enter_context(books.written())
                    next_morning(shop)
                else:
                    next_morning(shop)
                    stack.enter_context(WHOLE[name][0](shop))
                stack.enter_context(journal.listening())
                shop.reconcile()
            return journal

        yield record


@contextmanager
def _searches() -> Iterator[Recorder]:
    """Queries of every kind, in each order of the products that are found."""
    products = list(catalogue(PRODUCTS, SEED))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        build(path, (entry_of(one, SEED) for one in products))
        index = SqliteSearch(path)
        queries = judged(products, len(KINDS) * QUERIES, SEED)

        def record(name: str) -> Notes:
            notes = Notes()
            for text in [one.text for one in queries if one.kind == name]:
                for sort in Sort:
                    page = index.find(Asked(text, None, sort, "", 3))
                    found = [one.id for one in page.items]
                    notes.note(searched=text, sort=str(sort), found=found, place=page.next_after)
                first = asdict(page.items[0])
                notes.note(shown={**first, "tags": list(first["tags"])})
                notes.note(begun=text[:2], suggested=list(index.suggest(text[:2], 5)))
            return notes

        yield record


@contextmanager
def _deeds() -> Iterator[Recorder]:
    """One piece of work of each function."""
    found = {f"{one.folder} {one.name}": one for one in ALL}
    with Shop(seed=SEED, lean=True) as shop:
        stage = Stage(shop)

        def record(name: str) -> Journal:
            shop.back_to(stage.base)
            work, journal = found[name].prepare(stage), Journal(shop)
            with journal.listening():
                work()
            return journal

        yield record


@contextmanager
def _visits() -> Iterator[Recorder]:
    """Many small requests in a row."""
    with Shop(seed=SEED, lean=True) as shop:
        stage = Stage(shop)

        def record(name: str) -> Journal:
            shop.back_to(stage.base)
            journal = Journal(shop, of_visits)
            with journal.listening():
                VISITS[name](Guest(stage))
            return journal

        yield record


@contextmanager
def _routes() -> Iterator[Recorder]:
    """Each route, called by somebody who may, with a body that fits its shape."""
    found = {one.key: one for one in people.targets()}
    with Shop(seed=SEED, lean=True) as shop:
        crowd = people.populate(shop)
        moment = shop.moment()

        def record(name: str) -> Journal:
            shop.back_to(moment, fresh=False)
            one, li, journal = found[name], crowd.li, Journal(shop)
            is_staff = one.route.auth is Auth.STAFF
            token = crowd.staff[Role.OWNER] if is_staff else li.buyer.token
            headers = {"authorization": f"Bearer {token}", "idempotency-key": "recorded-1"}
            path, body = people.path_of(one.route, li.known), people.body_of(one.route, li.known)
            with journal.listening():
                shop.call(one.folder, one.key, path=path, headers=headers, body=body)
            return journal

        yield record


@contextmanager
def _spoiled() -> Iterator[Recorder]:
    """Requests of each route that are spoiled in one to three places."""
    with Shop(seed=SEED, lean=True) as shop:
        fuzz = Fuzz(shop)
        moment = shop.moment()
        found = {one.route: one for one in fuzz.targets}

        def record(name: str) -> Journal:
            journal, handler = (
                Journal(shop, heard),
                load_handler(found[name].folder),
            )
            for number in range(SPOILED):
                shop.back_to(moment, fresh=False)
                event = hostile.event_of(found[name], Random(f"{name}/{number}"), shop.now)
                with journal.listening():
                    shop.world.invoke(handler, event, name=found[name].folder)
            return journal

        yield record


@contextmanager
def _misuses() -> Iterator[Recorder]:
    """Wrong passwords, codes and tokens, and coupons in wrong hands."""
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        moment = shop.moment()

        def record(name: str) -> Journal:
            # A cold process each time: what a warm one remembers depends on the deed before.
            shop.back_to(moment)
            journal = Journal(shop, heard)
            with journal.listening():
                if name == COUPONS:
                    for tried, misuse, _ in misuses(shop):
                        journal.note(tried=tried)
                        misuse()
                else:
                    list(played(shop, moment, name))
            return journal

        yield record


@contextmanager
def _faults() -> Iterator[Recorder]:
    """A provider that fails in each of its ways at each call of a step, and what comes after."""
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        benches = {}
        for emulator, *hosts in (
            (shop.pay, PAY_HOST, wechatpay_faults.BACKUP_HOST),
            (shop.wechat, WECHAT_HOST),
            (shop.courier, COURIER_HOST),
        ):
            wire = Wire(emulator, shop.world.clock)
            shop.world.http.emulators.update(dict.fromkeys(hosts, wire))
            benches[hosts[0]] = Bench(
                shop, base, emulator, hosts[0], excused=lambda _: True, ends=lambda *_: ()
            )

        def record(name: str) -> Journal:
            host, direct, kinds = FAULTS[name]
            journal = Journal(shop, odd)
            for route in benches[host].routes(direct):
                for kind in kinds(route):
                    journal.note(tried=f"{route}: {kind}")
                    with journal.listening():
                        benches[host].try_cell(Cell(name, route, kind, lasting=False), direct)
            return journal

        yield record


_ROUTES = tuple(one.key for one in people.targets() if one.key != DOCUMENT)
SHELVES = {
    one.name: one
    for one in (
        Shelf("steps", tuple(ALL_STEPS), _steps),
        Shelf("meetings", tuple(MEETINGS), _meetings),
        Shelf("searches", tuple(one.name for one in KINDS), _searches),
        Shelf("bills", (*WHOLE, EVERY), _bills),
        Shelf("deeds", tuple(f"{one.folder} {one.name}" for one in ALL), _deeds),
        Shelf("visits", tuple(VISITS), _visits),
        Shelf("routes", _ROUTES, _routes),
        Shelf("spoiled", _ROUTES, _spoiled),
        Shelf("misuses", (*WRONG, COUPONS), _misuses),
        Shelf("faults", tuple(FAULTS), _faults),
    )
}
