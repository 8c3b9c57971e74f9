"""The whole shop inside one `World`: deployed handlers, strict providers, one virtual clock.

Everything a buyer, WeChat or the schedule does goes through the deployed handlers. Goods and sales
are set up through the use cases that the staff routes call.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from types import SimpleNamespace, TracebackType
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from scripts.emulators.keys import LocalKeys, generate
from scripts.emulators.kuaidi100.emulator import Kuaidi100
from scripts.emulators.openids import openid_for
from scripts.emulators.sf_express.emulator import SfExpress
from scripts.emulators.wechat.emulator import WeChat
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.emulator import WeChatPay
from scripts.emulators.wire import DeliveryError
from tests.proving.engine import Snapshot
from tests.proving.events import http_event, schedule_event, stream_event
from tests.proving.faults import Killed
from tests.proving.objects import Versions
from tests.proving.template import load_handler, load_template
from tests.proving.world import Chance, World

TABLE = "yunpu"
PUBLIC = "https://shop.example.com"
ROOT_KEY = "cHJvdmluZy1ncm91bmQtcm9vdC1rZXktMzItYnl0ZXM="
"""base64 of "proving-ground-root-key-32-bytes"."""
ENVIRONMENT = {
    "TABLE_NAME": TABLE,
    "PUBLIC_BASE_URL": PUBLIC,
    "SEARCH_BUCKET": "yunpu-search",
    "LABEL_BUCKET": "yunpu-labels",
    "SECRET_TOKEN_KEYS": "yunpu/token-keys",
    "SECRET_WECHAT_APP": "yunpu/wechat-app",
    "SECRET_WECHATPAY": "yunpu/wechatpay",
    "SECRET_KUAIDI100": "yunpu/kuaidi100",
    "SECRET_SF_EXPRESS": "yunpu/sf-express",
    "SECRET_STAFF_BOOTSTRAP": "yunpu/staff-bootstrap",
    "OUTBOX_FUNCTION": "arn:aws:lambda:cn-north-1:000000000000:function:outbox",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
WECHAT_HOST, PAY_HOST, COURIER_HOST, SF_HOST, LABEL_HOST = (
    "api.weixin.qq.com",
    "api.mch.weixin.qq.com",
    "poll.kuaidi100.com",
    "sfapi.sf-express.com",
    "api.kuaidi100.com",
)
ADDRESS = (
    "王小明",
    "13812345678",
    "广东省",
    "深圳市",
    "南山区",
    "科技园南区高新南一道 8 号 2 栋 501",
)


MESSAGES = "MESSAGE_TEMPLATES"
"""The setting that says which subscribe messages are sent."""
SIGN_IN_SECONDS = 400 * 86_400


_STREAM_BATCH, _STREAM_ROUNDS = 10, 300


@cache
def keys() -> LocalKeys:
    """One set of provider keys per process; they take half a second to make."""
    return generate(appid="wx0123456789abcdef", mchid="1600000001")


@dataclass(frozen=True)
class Buyer:
    """A signed-in customer."""

    customer_id: str
    openid: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What a handler answered."""

    status: int
    body: Any

    @property
    def order_no(self) -> str:
        """The number of the order in the answer."""
        return str(self.body["order"]["order_no"])

    @property
    def payment(self) -> dict[str, str] | None:
        """The payment parameters, while the order can be paid."""
        found: dict[str, str] | None = self.body.get("payment")
        return found


@dataclass(frozen=True)
class Moment:
    """Store, objects, providers, secrets and time at one moment, to come back to."""

    tables: Snapshot
    wechat: dict[str, Any]
    pay: dict[str, Any]
    courier: dict[str, Any]
    sf_express: dict[str, Any]
    secrets: dict[str, Any]
    objects: Versions
    now: float
    chance: tuple[Chance, Chance]
    messages: str


def _unsaid(**_: object) -> AbstractContextManager[SimpleNamespace]:
    return nullcontext(SimpleNamespace(add_dimension=lambda **_: None))


class Shop:
    """A shop that can be bought from, attacked and interrupted. Use it as a context manager."""

    def __init__(
        self, *, seed: int, keep: bool = False, lean: bool = False, **windows: int | str
    ) -> None:
        self.seed = seed
        made = keys()
        environment = ENVIRONMENT | {name.upper(): str(value) for name, value in windows.items()}
        secrets = {f"yunpu/{name}": value for name, value in made.shop_secrets.items()}
        secrets["yunpu/token-keys"] = {"current": "k1", "keys": {"k1": ROOT_KEY}}
        secrets["yunpu/staff-bootstrap"] = {
            "username": "owner",
            "password": "one-time-proving-password",
            "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        }
        self.world = World(
            seed=seed,
            tables=load_template().tables(TABLE),
            secrets=secrets,
            environment=environment,
            keep=keep,
            lean=lean,
        )
        clock: dict[str, Any] = {
            "now": lambda: self.world.clock.now,
            "sleep": self.world.clock.sleep,
            "rng": Random(seed),
        }
        self.wechat = WeChat(made.wechat, deliver=self._deliver, **clock)
        self.pay = WeChatPay(
            PayConfig.from_json(made.wechatpay),
            deliver=self._deliver,
            on_paid=self._tell_wechat,
            **clock,
        )
        self.courier = Kuaidi100(made.kuaidi100, deliver=self._deliver, **clock)
        self.sf_express = SfExpress(made.sf_express, **clock)
        self.world.http.emulators.update(
            {
                WECHAT_HOST: self.wechat,
                PAY_HOST: self.pay,
                COURIER_HOST: self.courier,
                SF_HOST: self.sf_express,
                LABEL_HOST: self.courier,
            }
        )
        self.delivered: list[tuple[str, int]] = []
        self._undelivered: list[dict[str, Any]] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Shop":
        self.world.__enter__()
        from shop.telemetry import logger, metrics

        logger.setLevel(ENVIRONMENT["POWERTOOLS_LOG_LEVEL"])
        # Switched off, Powertools keeps what it was given; a hundred values later it prints them.
        quiet = mock.patch.object(metrics, "flush_metrics", metrics.clear_metrics)
        self._stack.enter_context(quiet)
        # What is counted by itself is printed whether metrics are switched on or not.
        unsaid = mock.patch("shop.telemetry.single_metric", _unsaid)
        self._stack.enter_context(unsaid)
        forget_process()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self.world.__exit__(kind, error, trace)
        forget_process()

    @property
    def now(self) -> int:
        """UTC seconds."""
        return int(self.world.clock.now)

    # ------------------------------------------------------------------ moments

    def moment(self) -> Moment:
        """Everything as it is."""
        return Moment(
            self.world.snapshot(),
            _copy(self.wechat.dump()),
            _copy(self.pay.dump()),
            _copy(self.courier.dump()),
            _copy(self.sf_express.dump()),
            _copy(self.world.secrets),
            self.world.objects.moment(),
            self.world.clock.now,
            (self.world.chance(), self.pay.rng.getstate()),
            os.environ.get(MESSAGES, "{}"),
        )

    def back_to(self, moment: Moment, *, fresh: bool = True, forget: bool = True) -> None:
        """Everything as it was, with fresh processes, or with warm ones that saw nothing yet.

        Without ``forget`` they keep what they have seen since. Chance goes on from the same point
        too: what was random comes again.
        """
        self.world.restore(moment.tables, now=moment.now, chance=moment.chance[0])
        self.wechat.load(_copy(moment.wechat))
        self.pay.load(_copy(moment.pay))
        self.courier.load(_copy(moment.courier))
        self.sf_express.load(_copy(moment.sf_express))
        self.world.secrets.update(_copy(moment.secrets))
        self.world.objects.versions = {at: dict(kept) for at, kept in moment.objects.items()}
        # One source for all three providers.
        self.pay.rng.setstate(moment.chance[1])
        os.environ[MESSAGES] = moment.messages
        self.delivered.clear()
        self._undelivered.clear()
        if not forget:
            return
        if fresh:
            forget_process()
        else:
            forget_seen()

    # ------------------------------------------------------------------ people

    def buyer(self, name: str) -> Buyer:
        """A customer with an access token, as the login function would issue it."""
        from shop.crypto.keyring import KeyRing
        from shop.crypto.sessions import issue_customer
        from shop.domain.ids import CustomerId, random_id

        ring = KeyRing.of(self.world.secrets["yunpu/token-keys"])
        openid = openid_for(keys().wechat["appid"], name)
        customer_id = CustomerId(random_id(ring.mac("proving-customer", name.encode()), 11))
        token = issue_customer(ring, customer_id, "proving", openid, now=self.now, jti=name)
        self._keep_sign_in(customer_id)
        return Buyer(customer_id, openid, token)

    def _keep_sign_in(self, customer_id: str) -> None:
        """The rows that sign-in leaves, for the routes that look whether it was ended."""
        from shop.store.table import customer_key, session_key

        rows: list[tuple[tuple[str, str], dict[str, Any]]] = [
            (customer_key(customer_id), {"n": "", "a": "", "ca": self.now, "sa": self.now}),
            (
                session_key(customer_id, "proving"),
                {"g": 1, "ra": self.now, "ca": self.now, "ttl": self.now + SIGN_IN_SECONDS},
            ),
        ]
        for (pk, sk), values in rows:
            item = {"PK": pk, "SK": sk, **values}
            typed = {
                name: {"N": str(value)} if isinstance(value, int) else {"S": value}
                for name, value in item.items()
            }
            if sk != "C":
                typed |= {"h": {"B": "aGFzaA=="}, "o": {"B": "b3Blbg=="}}
            self.world.engine.put(TABLE, typed)

    def sign_in(self, user: str) -> Buyer:
        """A customer through WeChat's code and the login route, with a sign-in that is stored."""
        asked = json.dumps({"user": user}).encode()
        given = json.loads(self.wechat.handle("POST", "/_control/codes", {}, asked).body)
        answer = self.call("login", "POST /v1/login", body={"code": given["code"]})
        assert answer.status == 200, answer.body
        customer_id = answer.body["customer"]["id"]
        return Buyer(customer_id, given["openid"], answer.body["access_token"])

    # ------------------------------------------------------------------ goods

    def put_product(
        self,
        product_id: str,
        skus: list[tuple[int, int, int | None]],
        title: str = "云雾绿茶",
        **terms: Any,
    ) -> list[str]:
        """A product, on sale unless told; each SKU is (price in fen, stock, purchase limit).

        Returns:
            The SKU ids.
        """
        from shop.domain.catalogue import Category, Product, Sku, SpecDimension
        from shop.usecases import publish

        publish.replace_categories([Category("c-all", "全部", None, "", 1)], self.now)
        values = tuple(f"{number} 号装" for number in range(1, len(skus) + 1))
        product = Product(
            id=product_id,
            title=title,
            subtitle="明前采摘",
            category_ids=("c-all",),
            images=(f"https://img.example.com/{product_id}/1.jpg",),
            video_url=None,
            description="",
            tags=(),
            on_sale=True,
            specs=(SpecDimension("规格", values),),
            skus=tuple(
                Sku(
                    id=f"{product_id}-{number}",
                    spec={"规格": values[number - 1]},
                    price_fen=price,
                    list_price_fen=price,
                    initial_stock=stock,
                    weight_g=100,
                    image_url=f"https://img.example.com/{product_id}/1.jpg",
                    limit=limit,
                )
                for number, (price, stock, limit) in enumerate(skus, start=1)
            ),
        )
        publish.upsert_product(replace(product, **terms), self.now)
        return [sku.id for sku in product.skus]

    def put_coupon(
        self,
        coupon_id: str,
        *,
        amount_fen: int = 500,
        quota: int = 100_000,
        pools: int | None = None,
        **terms: Any,
    ) -> None:
        """A coupon that takes an amount off, claimable now, one per customer unless told."""
        from shop.domain.coupon import CouponKind, CouponTemplate, Scope
        from shop.domain.coupon_pool import pool_count
        from shop.store.coupons import create_template

        template = CouponTemplate(
            id=coupon_id,
            title="立减券",
            kind=CouponKind.AMOUNT,
            threshold_fen=0,
            amount_fen=amount_fen,
            percent_off=0,
            cap_fen=0,
            scope=Scope(),
            claim_starts_at=0,
            claim_ends_at=4_000_000_000,
            valid_from=0,
            valid_until=0,
            valid_days=30,
            quota=quota,
            per_customer=1,
            pools=pools or pool_count(quota),
        )
        create_template(replace(template, **terms))

    def put_sale(
        self, sale_id: str, sku_id: str, units: int, *, per_customer: int = 1, seconds: int = 3_600
    ) -> None:
        """A flash sale that runs now."""
        from shop.usecases.flash_setup import SaleTerms, set_up

        set_up(
            SaleTerms(
                id=sale_id,
                title="限时抢购",
                sku_id=sku_id,
                price_fen=990,
                units=units,
                per_customer=per_customer,
                starts_at=self.now,
                ends_at=self.now + seconds,
            ),
            "1",
        )

    # ------------------------------------------------------------------ calls

    def call(
        self,
        folder: str,
        route: str,
        buyer: Buyer | None = None,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        raw: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request to a deployed function."""
        sent = dict(headers or {})
        if buyer:
            sent.setdefault("authorization", f"Bearer {buyer.token}")
        event = http_event(
            route, path=path, query=query, headers=sent, body=body, raw=raw, now=self.now
        )
        answer = self.world.invoke(load_handler(folder), event, name=folder)
        text = answer["body"]
        return Answer(answer["statusCode"], json.loads(text) if text else None)

    def quote_token(
        self,
        buyer: Buyer,
        lines: Mapping[str, int],
        claim_ids: tuple[str, ...] = (),
        *,
        from_cart: bool = False,
    ) -> str:
        """A quote token as the quote route would seal it.

        Raises:
            AssertionError: Something stands in the way of an order.
        """
        from shop.crypto.keyring import KeyRing
        from shop.domain.address import Address
        from shop.domain.quote import Wanted
        from shop.usecases import quote
        from shop.wiring import entropy

        ring = KeyRing.of(self.world.secrets["yunpu/token-keys"])
        wish = quote.Wish(
            tuple(Wanted(sku, quantity) for sku, quantity in lines.items()),
            Address(*ADDRESS),
            claim_ids,
            from_cart=from_cart,
        )
        who = quote.Buyer(buyer.customer_id, buyer.openid)
        made = quote.make_quote(wish, who, quote.Keys(ring, entropy), self.now)
        assert made.token is not None, made.quote.problems
        return made.token

    def place(self, buyer: Buyer, quote_token: str) -> Answer:
        """POST /v1/orders."""
        return self.call("checkout", "POST /v1/orders", buyer, body={"quote_token": quote_token})

    def ticket(self, buyer: Buyer, sale_id: str, quantity: int = 1) -> str:
        """A flash-sale ticket as the ticket route would seal it."""
        from shop.crypto.sessions import CustomerSession
        from shop.domain.address import Address
        from shop.domain.freight import FreightBook
        from shop.domain.ids import CustomerId
        from shop.store import flash
        from shop.usecases import flash_ticket
        from shop.wiring import deps

        sale = flash.sale(sale_id)
        assert sale is not None
        session = CustomerSession(CustomerId(buyer.customer_id), "proving", buyer.openid, self.now)
        return flash_ticket.issue(
            sale,
            quantity,
            Address(*ADDRESS),
            FreightBook(),
            session,
            deps(lambda: 10.0),
            now=self.now,
        ).text

    def place_flash(self, buyer: Buyer, sale_id: str, ticket: str) -> Answer:
        """POST /v1/flash-sales/{sale_id}/orders."""
        return self.call(
            "flash_sale",
            "POST /v1/flash-sales/{sale_id}/orders",
            buyer,
            path={"sale_id": sale_id},
            body={"ticket": ticket},
        )

    def order(self, folder_route: str, buyer: Buyer, order_no: str) -> Answer:
        """A call about one order, such as `POST /v1/orders/{order_no}/cancel`."""
        return self.call("orders", folder_route, buyer, path={"order_no": order_no})

    def show(self, buyer: Buyer, order_no: str) -> Answer:
        """GET /v1/orders/{order_no}."""
        return self.order("GET /v1/orders/{order_no}", buyer, order_no)

    def cancel(self, buyer: Buyer, order_no: str) -> Answer:
        """POST /v1/orders/{order_no}/cancel."""
        return self.order("POST /v1/orders/{order_no}/cancel", buyer, order_no)

    def ask_payment(self, buyer: Buyer, order_no: str) -> Answer:
        """POST /v1/orders/{order_no}/payment."""
        return self.order("POST /v1/orders/{order_no}/payment", buyer, order_no)

    def pay_now(self, buyer: Buyer, payment: Mapping[str, str], *, notify: bool = True) -> int:
        """The buyer pays in WeChat's sheet; due notices are sent with `deliver_due`.

        Returns:
            The status of WeChat's sheet: 200 for paid.
        """
        asked = {
            "appId": keys().wechat["appid"],
            **payment,
            "openid": buyer.openid,
            "notify": notify,
        }
        reply = self.pay.handle("POST", "/_control/pay", {}, json.dumps(asked).encode())
        return int(reply.status)

    def deliver_due(self) -> None:
        """WeChat Pay, WeChat and Kuaidi100 send what is due."""
        self.pay.run_due()
        self.wechat.run_due()
        self.courier.run_due()

    def sweep(self) -> Any:
        """The schedule fires once."""
        handler = load_handler("order_expiry")
        event = schedule_event("order-expiry", self.now)
        return self.world.invoke(handler, event, name="order_expiry", seconds=55)

    def ask_unpaid(self) -> Any:
        """The schedule that asks about waiting orders fires once."""
        event = schedule_event("payment-queries", self.now)
        handler = load_handler("payment_queries")
        return self.world.invoke(handler, event, name="payment_queries", seconds=55)

    def reconcile(self) -> Any:
        """The schedule of the daily bills fires once."""
        event = schedule_event("reconciliation", self.now)
        handler = load_handler("reconciliation")
        return self.world.invoke(handler, event, name="reconciliation", seconds=900)

    def index_search(self) -> Any:
        """The search index is built, as after a publishing or by its schedule."""
        event = schedule_event("search-index", self.now)
        handler = load_handler("search_index")
        return self.world.invoke(handler, event, name="search_index", seconds=120)

    def wechat_control(self, control: str, /, **asked: Any) -> Any:
        """One of the WeChat emulator's control routes, such as `settlements`."""
        body = json.dumps(asked).encode()
        reply = self.wechat.handle("POST", f"/_control/{control}", {}, body)
        assert reply.status < 300, reply.body
        return json.loads(reply.body)

    def settles(self, order_no: str, **more: Any) -> list[int]:
        """WeChat settles an order, receipt confirmed unless told, and pushes it.

        Returns:
            What the shop answered.
        """
        payments = self.pay.ledger()["payments"]
        number = next(one["transaction_id"] for one in payments if one["out_trade_no"] == order_no)
        asked = {"transaction_id": number, "url": f"{PUBLIC}/v1/notify/wechat", **more}
        sent = self.wechat_control("settlements", **asked)
        return [one["status"] for one in sent["attempt"]["answers"]]

    def offer_messages(self, templates: Mapping[str, Any]) -> None:
        """Staff set subscribe messages up."""
        os.environ[MESSAGES] = json.dumps(templates)

    def follow_up(self) -> Any:
        """The schedule of what is owed after payment fires once."""
        handler = load_handler("follow_up")
        event = schedule_event("follow-up", self.now)
        return self.world.invoke(handler, event, name="follow_up", seconds=55)

    def _tell_wechat(self, payment: dict[str, Any]) -> None:
        """WeChat's shipping index learns of a payment."""
        self.wechat.handle("POST", "/_control/pay_orders", {}, json.dumps(payment).encode())

    def pump(self, arrives: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> int:
        """The table's stream is delivered to the outbox until nothing more comes.

        What a process that died had not finished comes again, as the platform does it; what does
        not arrive is what the platform gave up.

        Returns:
            The number of records delivered.

        Raises:
            AssertionError: A record keeps failing, or the outbox feeds itself.
        """
        delivered = 0
        for _ in range(_STREAM_ROUNDS):
            records = self.world.engine.take_stream(TABLE)
            self._undelivered += [one for one in records if _followed(one) and arrives(one)]
            if not self._undelivered:
                return delivered
            delivered += self._deliver_batch()
        raise AssertionError(f"changes still come after {_STREAM_ROUNDS} batches")

    def _deliver_batch(self) -> int:
        batch = self._undelivered[:_STREAM_BATCH]
        answer = self.world.invoke(
            load_handler("outbox"), stream_event(batch), name="outbox", seconds=28
        )
        failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        done = numbers.index(failed[0]) if failed else len(batch)
        del self._undelivered[:done]
        return done

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """A provider's callback reaches its function."""
        path = urlsplit(url).path
        query = dict(parse_qsl(urlsplit(url).query))
        if path == "/v1/notify/wechatpay":
            folder, route, parameters = "pay_notify", f"POST {path}", None
        elif path == "/v1/notify/wechat":
            folder, route, parameters = "wechat_notify", f"POST {path}", None
        else:
            folder, route = "logistics", "POST /v1/notify/kuaidi100/{token}"
            parameters = {"token": path.rpartition("/")[2]}
        event = http_event(
            route, path=parameters, query=query, headers=headers, raw=body, now=self.now
        )
        try:
            answer = self.world.invoke(load_handler(folder), event, name=folder, seconds=5)
        except Killed as death:
            forget_process()
            raise DeliveryError("no answer") from death
        self.delivered.append((route, answer["statusCode"]))
        return answer["statusCode"], answer["body"].encode()

    # ------------------------------------------------------------------ what is true

    def stock(self, sku_id: str) -> tuple[int, int, int]:
        """A SKU's (available, taken, in_total) as stored."""
        from shop.store.table import sku_key

        pk, sk = sku_key(sku_id)
        item = self.world.engine.image(TABLE, {"PK": {"S": pk}, "SK": {"S": sk}})
        assert item is not None
        return int(item["av"]["N"]), int(item["tk"]["N"]), int(item["it"]["N"])


def forget_process() -> None:
    """What a new process would not know: secrets, caches, clients of providers, latches."""
    from shop import secret_store, wiring
    from shop.config import settings

    settings.cache_clear()
    secret_store.forget()
    wiring.forget()
    forget_seen()


def forget_seen() -> None:
    """What a warm process that has served nobody for a while would not know."""
    from shop import wiring
    from shop.recent import Recent
    from shop.usecases.flash_stock import SalesSeen, ShardsSeen

    Recent.forget_all()
    wiring.forget_searches()
    flash = load_handler_module("flash_sale")
    flash.shards_seen = ShardsSeen()
    flash.sales_seen = SalesSeen()


def load_handler_module(folder: str) -> Any:
    """The module of a deployed function."""
    import importlib

    return importlib.import_module(f"functions.{folder}.app")


def _followed(record: Mapping[str, Any]) -> bool:
    """The stream mapping's filters of the template."""
    key = record["dynamodb"]["Keys"]
    pk, sk = key["PK"]["S"], key["SK"]["S"]
    of_customer = pk.startswith("C#") and sk[:2] in {"O#", "R#", "P#"}
    described = (pk.startswith("P#") and sk == "D") or pk == "G#categories"
    return record["eventName"] in {"INSERT", "MODIFY"} and (
        of_customer or described or (pk.startswith("T#") and sk == "P")
    )


def _copy(state: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(state))
    return copied
