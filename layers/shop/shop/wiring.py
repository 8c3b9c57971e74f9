"""Constructors of what functions need, made once per process and only when first used.

Secrets are read again when the secret store's cache ends; what is made from one is made anew when
it changes, so that a rotation is seen without a deployment.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from shop import clock, secret_store
from shop.config import label_bucket, message_templates, search_bucket, secret_name, settings
from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import CustomerSession
from shop.domain.address import Address
from shop.domain.order_token import OrderToken
from shop.telemetry import misconfigured
from shop.usecases.deps import Account, Deps
from shop.usecases.ports import (
    LiveTracker,
    NoticeVerifier,
    ObjectVersions,
    ParcelTracker,
    PaymentGateway,
    SearchEngine,
    ShippingDuty,
)
from shop.web.auth import TokenAuthenticator

if TYPE_CHECKING:
    from shop.domain.messages import MessageKind, MessageTemplate
    from shop.domain.order_token import OrderToken
    from shop.providers.kuaidi100_waybills import Kuaidi100Waybills
    from shop.providers.wechat import Wechat
    from shop.providers.wechat_push import WechatPush
    from shop.providers.wechatpay import WechatPay
    from shop.usecases.bill_rows import Needs
    from shop.usecases.due import Duty
    from shop.usecases.examination import Look
    from shop.usecases.messages import Messenger
    from shop.usecases.outbox import Outlets
    from shop.usecases.report_shipping import Teller
    from shop.usecases.searching import HotTally
    from shop.usecases.waybills import Press

T = TypeVar("T")
PASS_SECONDS = 4.0
"""More than one pass over the rows of a large bill takes."""
SF = "shunfeng"
"""Kuaidi100's code of the courier that can be asked itself."""
SEARCH_KEY = "search-index.sqlite"
"""The one object of the search bucket."""
SEARCH_ENGINE, HOT_TALLY = "search engine", "hot tally"
Remaining = Callable[[], float]

_made: dict[str, tuple[object, Any]] = {}
_deadline: list[Remaining] = [lambda: 10.0]


def key_ring() -> KeyRing:
    """The root keys."""
    return _from_secret("SECRET_TOKEN_KEYS", KeyRing.of)


def authenticator() -> TokenAuthenticator:
    """Who checks bearer tokens."""
    return TokenAuthenticator(key_ring)


def entropy(size: int) -> bytes:
    """Random bytes for ids and nonces."""
    return os.urandom(size)


def deps(remaining: Remaining) -> Deps:
    """What the order flows share.

    Args:
        remaining: Seconds that this invocation has left; provider calls keep within them.
    """
    _deadline[0] = remaining
    return Deps(
        ring=key_ring,
        gateway=_gateway,
        account=_account,
        entropy=entropy,
        pay_window_seconds=settings().pay_window_seconds,
        flash_pay_window_seconds=settings().flash_pay_window_seconds,
    )


def requote(now: int) -> Callable[[OrderToken], object]:
    """Makes the contract's quote body again for an order that was refused."""
    from shop.usecases.quote import Keys
    from shop.usecases.quote import requote as quote_again
    from shop.web.schemas.cart import QuoteView

    return lambda token: QuoteView.of(quote_again(token, Keys(key_ring(), entropy), now))


def notice_verifier(remaining: Remaining) -> NoticeVerifier:
    """Who tells genuine notices of WeChat Pay."""
    _deadline[0] = remaining
    return _wechatpay()


def outlets(remaining: Remaining) -> "Outlets":
    """Where what follows from stored changes leaves to."""
    from shop.usecases.outbox import Outlets

    return Outlets(
        deps(remaining),
        tracker(remaining),
        settings().public_base_url,
        shipping_duty(remaining),
        messenger(remaining),
        publisher(),
    )


def publisher() -> Callable[[int], None]:
    """Starts the publisher for a change that was seen now; without it the schedule has to do."""
    name = os.environ.get("PUBLISHER_FUNCTION")
    if not name:
        return lambda _: None
    from shop.providers import helpers

    return lambda now: helpers.try_start(name, {"changed_at": now})


def duties(remaining: Remaining) -> "list[Duty]":
    """What is owed after payment, for the schedule."""
    from shop.store import messages as sent
    from shop.store import parcels, reports, table, work
    from shop.store import wechat_events as events
    from shop.usecases import messages, receipt, report_shipping, tracking, wechat_events
    from shop.usecases.due import Duty

    tell, mail = teller(remaining), messenger(remaining)
    subscriber = tracking.Subscriber(key_ring, tracker(remaining), settings().public_base_url)
    return [
        Duty(
            reports.REPORT,
            reports.SHARD,
            lambda key: report_shipping.pursue(key, tell, clock.now()),
            lambda key: table.order_of_report(key[0]),
        ),
        Duty(
            sent.COUPON_LOOK,
            sent.SHARD,
            lambda key: messages.coupons_ending(key, mail, clock.now()),
        ),
        Duty(
            parcels.SUBSCRIBE,
            parcels.SHARD,
            lambda key: tracking.subscribe(key, subscriber, clock.now()),
            lambda key: table.order_of_part(key[1]),
        ),
        Duty(
            work.RECEIPT,
            work.RECEIPT_SHARD,
            lambda key: receipt.pursue(key, mail, settings().receipt_days, clock.now()),
            lambda key: key[1],
        ),
        Duty(events.EVENT, events.SHARD, lambda key: wechat_events.act(key, tell, clock.now())),
    ]


def messenger(remaining: Remaining) -> "Messenger":
    """What sending subscribe messages takes."""
    from shop.usecases.messages import Messenger

    _deadline[0] = remaining
    return Messenger(
        key_ring,
        lambda: _from_secret("SECRET_WECHAT_APP", _make_wechat),
        _message_templates,
    )


def _message_templates() -> "Mapping[MessageKind, MessageTemplate]":
    from shop.usecases.messages import templates_of

    text = message_templates()
    made = _made.get("MESSAGE_TEMPLATES")
    if made is None or made[0] != text:
        made = _made["MESSAGE_TEMPLATES"] = (text, templates_of(text))
    templates: Mapping[MessageKind, MessageTemplate] = made[1]
    return templates


def teller(remaining: Remaining) -> "Teller":
    """What telling WeChat of shipped orders takes."""
    from shop.usecases.report_shipping import Teller

    return Teller(key_ring, shipping_duty(remaining))


def wechat_push() -> "WechatPush":
    """Who tells genuine pushes of WeChat."""
    return _from_secret("SECRET_WECHAT_APP", _make_wechat_push, "push")


def shipping_duty(remaining: Remaining) -> Callable[[], ShippingDuty]:
    """WeChat's order shipping management, made when first asked."""
    _deadline[0] = remaining
    return _shipping_duty


def reconciliation(remaining: Remaining) -> "Needs":
    """What comparing a day's bills works with.

    Args:
        remaining: Seconds that this invocation has left; no pass begins without `PASS_SECONDS`.
    """
    from shop.usecases.bill_rows import Needs

    _deadline[0] = remaining
    return Needs(
        account=_account,
        gateway=_gateway,
        bills=lambda: _wechatpay().bills,
        fee_rate=settings().wechatpay_fee_rate,
        may_go_on=lambda: remaining() > PASS_SECONDS,
        clock=clock.now,
    )


def tracker(remaining: Remaining) -> Callable[[], ParcelTracker]:
    """Kuaidi100, made when first asked."""
    _deadline[0] = remaining
    return _kuaidi100


def live_trackers(remaining: Remaining) -> Callable[[str], LiveTracker]:
    """Who is asked about a courier's parcels: SF itself where that is set up, else Kuaidi100."""
    _deadline[0] = remaining
    direct = settings().sf_express_base_url
    return lambda company: _sf_express() if direct and company == SF else _kuaidi100()


def press(remaining: Remaining) -> "Press":
    """What making electronic waybills takes."""
    from shop.providers.labels import Labels
    from shop.usecases.waybills import Press

    _deadline[0] = remaining
    return Press(
        key_ring,
        lambda: _from_secret("SECRET_KUAIDI100", _make_waybills, "waybills"),
        lambda: Labels(label_bucket()),
        remaining,
    )


def address_of(session: CustomerSession, address_id: str) -> Address:
    """One of the customer's addresses.

    Raises:
        NotFoundError: The customer has none with this id.
    """
    from shop.usecases.addresses import address_of as find

    return find(key_ring(), session.customer_id, address_id)


def wechat(remaining: Remaining) -> "Wechat":
    """WeChat's sign-in and phone numbers."""
    _deadline[0] = remaining
    return _from_secret("SECRET_WECHAT_APP", _make_wechat)


def sweep_helpers() -> Callable[[Sequence[tuple[str, str]]], None] | None:
    """Starts another run of the sweep with some of its work; None where that is not set up."""
    name = os.environ.get("SWEEP_FUNCTION")
    if not name:
        return None
    from shop.providers import helpers
    from shop.usecases.expiry import HANDED_OUT

    return lambda keys: helpers.start(name, {HANDED_OUT: keys})


def search_engine() -> SearchEngine:
    """Finds products by words. A larger shop's own engine is made here instead."""
    from shop.usecases.search_embedded import EmbeddedSearch

    return _kept(SEARCH_ENGINE, lambda: EmbeddedSearch(search_files, clock.now))


def search_files() -> ObjectVersions:
    """Where the search index is stored."""
    from shop.providers.objects import VersionedObject

    return VersionedObject(search_bucket(), SEARCH_KEY)


def hot_tally() -> "HotTally":
    """Counts what this process's shoppers search for."""
    from shop.usecases.searching import HotTally

    return _kept(HOT_TALLY, HotTally)


def looks(remaining: Remaining, now: int) -> "Mapping[str, Look]":
    """What an examination of this deployment looks at, by name."""
    from functools import partial

    from shop.store import erasure, messages, orders, parcels, refunds, reports, table, work
    from shop.store import wechat_events as events
    from shop.usecases import ask_unpaid, audit
    from shop.usecases import examination as look

    _deadline[0] = remaining
    every = range(table.DUE_SHARDS)
    swept = ((orders.UNPAID, every), (refunds.REFUND, every), (erasure.ERASURE, [erasure.SHARD]))
    followed = (
        (reports.REPORT, [reports.SHARD]),
        (messages.COUPON_LOOK, [messages.SHARD]),
        (parcels.SUBSCRIBE, [parcels.SHARD]),
        (work.RECEIPT, [work.RECEIPT_SHARD]),
        (events.EVENT, [events.SHARD]),
    )
    pay = ("mchid", "serial_no", "private_key_pem", "apiv3_key")
    app = ("appid", "secret", "push_token", "encoding_aes_key")

    def secret(
        variable: str, *fields: str, make: Callable[[Mapping[str, Any]], object] | None = None
    ) -> "Look":
        return partial(look.secret, partial(_fresh, variable), fields, make)

    sf_express = secret("SECRET_SF_EXPRESS", "partner_id", "check_word")
    return {
        "public address": partial(look.public_address, settings().public_base_url),
        "secret token-keys": secret("SECRET_TOKEN_KEYS", "current", "keys", make=KeyRing.of),
        "secret wechat-app": secret("SECRET_WECHAT_APP", *app, make=_make_wechat_push),
        "secret wechatpay": secret("SECRET_WECHATPAY", *pay),
        "secret kuaidi100": secret("SECRET_KUAIDI100", "customer", "key", "salt"),
        **({"secret sf-express": sf_express} if settings().sf_express_base_url else {}),
        "WeChat account": partial(look.wechat, lambda: _make_wechat(_fresh("SECRET_WECHAT_APP"))),
        "WeChat Pay account": partial(
            look.wechatpay, lambda: _make_wechatpay(_fresh("SECRET_WECHATPAY"))
        ),
        "schedule order_expiry": partial(
            look.overdue, swept, look.LATE_SECONDS, "sweep-silent", now
        ),
        "schedule follow_up": partial(
            look.overdue, followed, look.FOLLOW_UP_LATE_SECONDS, "follow-up-silent", now
        ),
        "schedule payment_queries": partial(
            look.ran, ask_unpaid.SCHEDULE, look.UNTOLD_SECONDS, "payment-queries-silent", now
        ),
        "schedule publisher": partial(look.publishing, now),
        "schedule search_index": partial(look.indexing, now),
        "schedule stock_audit": partial(
            look.ran, audit.SCHEDULE, look.AUDIT_LATE_SECONDS, "stock-audit-silent", now
        ),
        "outbox": look.letters,
        "anomalies and stock audit": partial(look.open_anomalies, now),
        "bills": partial(look.bills, now),
    }


def first_staff() -> Mapping[str, Any]:
    """The first staff account's name, one-time password and code secret."""
    return _secret("SECRET_STAFF_BOOTSTRAP")


def forget() -> None:
    """Drop what was made, as a new process would."""
    _made.clear()


def forget_searches() -> None:
    """Drop the open index and the searches counted; keys and vendors stay."""
    for name in (SEARCH_ENGINE, HOT_TALLY):
        _made.pop(name, None)


def _kept(name: str, make: Callable[[], T]) -> T:
    if name not in _made:
        _made[name] = (None, make())
    value: T = _made[name][1]
    return value


def _time_left() -> float:
    return _deadline[0]()


def _gateway() -> PaymentGateway:
    return _wechatpay()


def _wechatpay() -> "WechatPay":
    return _from_secret("SECRET_WECHATPAY", _make_wechatpay)


def _kuaidi100() -> ParcelTracker:
    return _from_secret("SECRET_KUAIDI100", _make_kuaidi100)


def _sf_express() -> LiveTracker:
    return _from_secret("SECRET_SF_EXPRESS", _make_sf_express)


def _account() -> Account:
    return Account(
        appid=_field(_secret("SECRET_WECHAT_APP"), "appid"),
        mchid=_field(_secret("SECRET_WECHATPAY"), "mchid"),
    )


def _shipping_duty() -> ShippingDuty:
    from shop.providers.wechat_shipping import WechatShipping

    return WechatShipping(_from_secret("SECRET_WECHAT_APP", _make_wechat))


def _make_wechat_push(secret: Mapping[str, Any]) -> "WechatPush":
    from shop.providers.wechat_push import WechatPush

    return WechatPush(
        appid=_field(secret, "appid"),
        token=_field(secret, "push_token"),
        encoding_aes_key=_field(secret, "encoding_aes_key"),
    )


def _make_wechat(secret: Mapping[str, Any]) -> "Wechat":
    from shop.providers.transport import HttpTransport
    from shop.providers.wechat import Wechat

    base_url = settings().wechat_base_url
    return Wechat(
        appid=_field(secret, "appid"),
        secret=_field(secret, "secret"),
        base_url=base_url,
        clock=clock.now,
        transport=HttpTransport("wechat", (base_url,), _time_left),
    )


def _make_wechatpay(secret: Mapping[str, Any]) -> "WechatPay":
    from shop.providers.transport import HttpTransport
    from shop.providers.wechatpay import WechatPay

    hosts = settings().wechatpay_base_urls
    keys = [_field(secret, "apiv3_key"), *secret.get("old_apiv3_keys", ())]
    return WechatPay(
        appid=_field(_secret("SECRET_WECHAT_APP"), "appid"),
        mchid=_field(secret, "mchid"),
        serial_no=_field(secret, "serial_no"),
        private_key_pem=_field(secret, "private_key_pem"),
        apiv3_keys=keys,
        public_keys=dict(secret.get("public_keys", {})),
        base_urls=hosts,
        public_base_url=settings().public_base_url,
        clock=clock.now,
        nonce=lambda: entropy(16).hex(),
        transport=HttpTransport("wechatpay", hosts, _time_left),
    )


def _make_waybills(secret: Mapping[str, Any]) -> "Kuaidi100Waybills":
    from shop.domain.waybill import Party
    from shop.providers.kuaidi100_waybills import Kuaidi100Waybills
    from shop.providers.transport import HttpTransport

    base_url, sender = settings().kuaidi100_label_base_url, secret.get("sender", {})
    return Kuaidi100Waybills(
        key=_field(secret, "key"),
        secret=_field(secret, "secret"),
        sender=Party(*(_field(sender, name) for name in ("name", "phone", "address"))),
        partners=dict(secret.get("partners", {})),
        base_url=base_url,
        clock=clock.now,
        transport=HttpTransport("kuaidi100", (base_url,), _time_left),
    )


def _make_sf_express(secret: Mapping[str, Any]) -> LiveTracker:
    from shop.providers.sf_express import SfExpress
    from shop.providers.transport import HttpTransport

    base_url = settings().sf_express_base_url
    return SfExpress(
        partner_id=_field(secret, "partner_id"),
        check_word=_field(secret, "check_word"),
        base_url=base_url,
        clock=clock.now,
        request_id=lambda: entropy(16).hex(),
        transport=HttpTransport("sf_express", (base_url,), _time_left),
    )


def _make_kuaidi100(secret: Mapping[str, Any]) -> ParcelTracker:
    from shop.providers.kuaidi100 import Kuaidi100
    from shop.providers.transport import HttpTransport

    base_url = settings().kuaidi100_base_url
    return Kuaidi100(
        customer=_field(secret, "customer"),
        key=_field(secret, "key"),
        salt=_field(secret, "salt"),
        base_url=base_url,
        transport=HttpTransport("kuaidi100", (base_url,), _time_left),
    )


def _secret(variable: str) -> Mapping[str, Any]:
    return secret_store.read(secret_name(variable))


def _fresh(variable: str) -> Mapping[str, Any]:
    return secret_store.fresh(secret_name(variable))


def _from_secret(variable: str, make: Callable[[Mapping[str, Any]], T], part: str = "") -> T:
    """What is made from a secret, kept while the cached secret is the same object."""
    secret = _secret(variable)
    name = f"{variable} {part}"
    made = _made.get(name)
    if made is None or made[0] is not secret:
        made = _made[name] = (secret, make(secret))
    value: T = made[1]
    return value


def _field(secret: Mapping[str, Any], name: str) -> str:
    value = secret.get(name)
    if not isinstance(value, str) or not value:
        raise misconfigured(missing=name)
    return value
