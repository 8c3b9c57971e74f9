"""The query string of WeChat's message push; names WeChat adds later are ignored."""

from typing import Annotated

import msgspec

_Word = Annotated[str, msgspec.Meta(max_length=128)]


class PushQuery(msgspec.Struct, frozen=True):
    """`GET` and `POST /v1/notify/wechat`."""

    signature: _Word = ""
    msg_signature: _Word = ""
    timestamp: _Word = ""
    nonce: _Word = ""
    echostr: _Word = ""

    def fields(self) -> dict[str, str]:
        """By name."""
        return msgspec.structs.asdict(self)
