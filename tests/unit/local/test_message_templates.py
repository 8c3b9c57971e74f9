"""A local shop's messages are ones that the shop can fill."""

from scripts.local.message_templates import as_parameter
from shop.domain.messages import MessageKind
from shop.usecases.messages import templates_of


def test_every_kind_of_message_can_be_sent() -> None:
    assert set(templates_of(as_parameter())) == set(MessageKind)
    assert templates_of('{"paid": {"id": "T", "fields": {"amount1": "coupon"}}}') == {}
    assert templates_of("not JSON") == {}
