"""Subscribe messages: counted permissions, each message at most once, and never in the way.

A message is claimed before it is sent. Whatever WeChat answers, or does not, the order goes on; a
message whose outcome is unknown is not sent again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal, unseal
from shop.crypto.sessions import CustomerSession
from shop.domain.coupon import ClaimStatus, CouponClaim
from shop.domain.ids import CustomerId
from shop.domain.messages import Fact, Facts, MessageKind, MessageTemplate, check, render
from shop.errors import MisconfiguredError, ProviderError
from shop.store import coupons, messages
from shop.store.messages import MessageState
from shop.store.table import customer_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics
from shop.usecases.ports import MessageSender

OLDEST_SECONDS = 86_400
"""What is older is no news; and no message is remembered for ever."""
ENDING_SECONDS = 86_400
"""How long before a coupon's end its owner is told."""
LOOK_AGAIN_SECONDS = 86_400
_PURPOSE = "subscription"


@dataclass(frozen=True, slots=True)
class Messenger:
    """What sending takes.

    Attributes:
        ring: Keys for the openid.
        sender: WeChat, made when needed.
        templates: What staff set up; a kind without a template is not sent.
    """

    ring: Callable[[], KeyRing]
    sender: Callable[[], MessageSender]
    templates: Callable[[], Mapping[MessageKind, MessageTemplate]]


def templates_of(text: str) -> Mapping[MessageKind, MessageTemplate]:
    """The templates in JSON, by kind; none at all where one cannot be used, and an alarm."""
    try:
        templates = msgspec.json.decode(text, type=dict[MessageKind, MessageTemplate])
        for kind, template in templates.items():
            check(kind, template)
    except (msgspec.MsgspecError, ValueError) as wrong:
        logger.error("message templates cannot be used", cause=str(wrong)[:200])
        metrics.add_metric(name="Misconfigured", unit="Count", value=1)
        return {}
    return templates


def answer(
    ring: KeyRing,
    session: CustomerSession,
    kind: MessageKind,
    request_id: str,
    *,
    accepted: bool,
    now: int,
) -> int:
    """Remember what the buyer answered in WeChat's prompt; how many messages are allowed now."""
    customer_id = session.customer_id
    if not accepted:
        messages.refuse(customer_id, kind)
        return 0
    box = seal(ring, _PURPOSE, session.openid.encode(), customer_id.encode())
    return int(messages.allow(customer_id, kind, box, request_id, now).left)


def send(
    messenger: Messenger,
    customer_id: str,
    kind: MessageKind,
    subject: str,
    facts: Callable[[], Facts],
    *,
    at: int,
    now: int,
) -> None:
    """Tell a buyer something, if they let us and it was never told before.

    Args:
        messenger: Keys, WeChat, templates.
        customer_id: Whom.
        kind: What.
        subject: What it is about, such as an order's number: the same is told once.
        facts: Read only when it is sent.
        at: When it happened, UTC seconds.
        now: UTC seconds.

    Raises:
        UnavailableError: The store did not answer.
    """
    template = messenger.templates().get(kind)
    if template is None or now - at > OLDEST_SECONDS:
        return
    permission = messages.permission(customer_id, kind)
    if permission is None:
        return
    try:
        openid = unseal(messenger.ring(), _PURPOSE, permission.openid, customer_id.encode())
    except UnsealError:
        messages.refuse(customer_id, kind)
        return
    page, values = render(template, facts())
    if not messages.claim(customer_id, kind, subject, now):
        return
    state = _sent(messenger.sender, openid.decode(), template.id, page, values)
    metrics.add_metric(name=f"Message_{state}", unit="Count", value=1)
    if state is not MessageState.CLAIMED:
        messages.settle(customer_id, kind, subject, state)
    if state is MessageState.UNWANTED:
        messages.refuse(customer_id, kind)


def _sent(
    sender: Callable[[], MessageSender],
    openid: str,
    template_id: str,
    page: str,
    values: Mapping[str, str],
) -> MessageState:
    try:
        is_taken = sender().send_subscribe(openid, template_id, page, values)
    except (ProviderError, MisconfiguredError) as failure:
        logger.warning("no message", cause=str(failure))
        unknown = isinstance(failure, ProviderError) and failure.outcome_unknown
        return MessageState.CLAIMED if unknown else MessageState.FAILED
    return MessageState.SENT if is_taken else MessageState.UNWANTED


def coupons_ending(key: tuple[str, str], messenger: Messenger, now: int) -> None:
    """Tell one buyer of coupons that end soon, and note when to look again; the schedule's part.

    Raises:
        UnavailableError: The store did not answer.
    """
    row = messages.subscription(key)
    if row is None or row.due_work is None:
        return
    customer_id = customer_of(key[0])
    again = now + LOOK_AGAIN_SECONDS
    for claim in coupons.claims_of(CustomerId(customer_id)):
        soon = claim.valid_until - ENDING_SECONDS
        if claim.status is not ClaimStatus.UNUSED or claim.valid_until <= now:
            continue
        if soon > now:
            again = min(again, soon)
            continue
        _tell_of_end(claim, messenger, customer_id, now)
    left = messages.permission(customer_id, MessageKind.COUPON_ENDING) is not None
    with suppress(ConditionFailed):
        apply(messages.look_again(row, again if left else None))


def _tell_of_end(claim: CouponClaim, messenger: Messenger, customer_id: str, now: int) -> None:
    told: dict[Fact, str | int] = {
        Fact.COUPON: claim.template.title,
        Fact.TIME: claim.valid_until,
    }
    kind = MessageKind.COUPON_ENDING
    send(messenger, customer_id, kind, claim.claim_id, lambda: told, at=now, now=now)
