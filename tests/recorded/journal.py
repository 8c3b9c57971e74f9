"""Writes down all that happens in a shop while it is listened to."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import yaml

from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Shop
from tests.proving.world import Handler
from tests.recorded import plain

Row = Mapping[str, Any]
Entry = dict[str, Any]
_UNSAID = {"timestamp", "location", "service", "request_id", "way", "xray_trace_id"}
"""Of a log line: the same everywhere, or different after each edit."""
_UNSENT = {
    "authorization", "connection", "accept-encoding", "content-length", "wechatpay-signature"
}  # fmt: skip
_WIDTH = 110


class Notes:
    """Entries in the order in which they were made."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def note(self, **entry: Any) -> None:
        """Write something down."""
        self._entries.append(entry)

    def text(self) -> str:
        """All of it, as YAML."""
        return _dumped(self._entries)


class Journal(Notes):
    """What happens, in the order of events; rows as they were changed, at the end.

    ``matters`` picks what is kept; everything unless told.
    """

    def __init__(self, shop: Shop, matters: Callable[[Entry], bool] = lambda _: True) -> None:
        super().__init__()
        self._shop = shop
        self._matters = matters
        self._log = io.StringIO()
        self._inside: list[str] = []
        self._used: dict[str, set[str]] = {}

    def note(self, **entry: Any) -> None:
        """Write something down, after what was logged before it."""
        self._heed()
        self._keep(entry)

    def text(self) -> str:
        """All of it; at the end what each function did to the table."""
        used = {name: sorted(self._used[name]) for name in sorted(self._used)}
        return super().text() + (_dumped([{"used": used}]) if used else "")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Calls, answers, log lines and metrics are heard; changed rows are compared at the end."""
        from shop.telemetry import logger, metrics

        handler = logger.registered_handler
        assert isinstance(handler, logging.StreamHandler)
        level, usual, before = logger.log_level, handler.setStream(self._log), self._rows()
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(metrics, "flush_metrics", self._count))
            stack.enter_context(mock.patch("shop.telemetry.single_metric", self._count_one))
            stack.enter_context(mock.patch.object(self._shop.world, "invoke", self._invoke))
            stack.enter_context(self._shop.world.seam.layer(self._call))
            logger.setLevel("INFO")
            try:
                yield
            finally:
                self._heed()
                logger.setLevel(level)
                handler.setStream(usual)
        self._compare(before)

    # ------------------------------------------------------------------ what is heard

    def _invoke(self, handler: Handler, event: dict[str, Any], **more: Any) -> Any:
        name = more.get("name") or handler.__module__.split(".")[-2]
        route = event.get("routeKey")
        self.note(called=f"{name}: {route}" if route else name)
        self._inside.append(name)
        try:
            answer = self._shop.world.__class__.invoke(self._shop.world, handler, event, **more)
        finally:
            self._inside.pop()
        self.note(answered=_answer(answer))
        return answer

    def _call(self, call: Call, forward: Forward) -> Reply:
        entry: Entry = {"ask": call.name}
        if call.kind == "store":
            entry |= plain.request(call.request)
        elif call.kind == "secret":
            entry |= {"of": call.request["SecretId"]}
        elif call.kind == "object":
            entry |= {"of": urlsplit(call.url).path}
        else:
            entry |= _sent(call)
        self.note(**entry)
        if call.kind == "store" and self._inside:
            self._used.setdefault(self._inside[-1], set()).update(_actions(call))
        try:
            reply = forward(call)
        except BaseException as failure:
            self.note(failed=type(failure).__name__)
            raise
        if not reply.ok:
            self.note(replied=reply.status)
        return reply

    def _count(self) -> None:
        from shop.telemetry import metrics

        for name, found in metrics.metric_set.items():
            # How large a file of SQLite is depends on its release.
            size = found["Unit"] == "Bytes"
            self.note(counted=name, **{found["Unit"]: "<some>" if size else found["Value"]})
        metrics.clear_metrics()

    @contextmanager
    def _count_one(self, **metric: Any) -> Iterator[SimpleNamespace]:
        counted: Entry = {"counted": metric["name"], metric["unit"].value: [metric["value"]]}
        yield SimpleNamespace(add_dimension=lambda name, value: counted.update({name: value}))
        self.note(**counted)

    def _heed(self) -> None:
        lines = self._log.getvalue().splitlines()
        self._log.seek(0)
        self._log.truncate()
        for line in lines:
            said = {name: one for name, one in json.loads(line).items() if name not in _UNSAID}
            self._keep({"said": said.pop("message"), **plain.told(said)})

    def _keep(self, entry: Entry) -> None:
        if self._matters(entry):
            self._entries.append(entry)

    # ------------------------------------------------------------------ rows

    def _rows(self) -> dict[str, Row]:
        return {plain.key(one): one for one in self._shop.world.engine.items(TABLE)}

    def _compare(self, before: Mapping[str, Row]) -> None:
        after = self._rows()
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name), after.get(name)
            if old == new:
                continue
            if old is None and new is not None:
                self.note(new=name, row=_held(new))
            elif new is None:
                self.note(gone=name)
            else:
                self.note(changed=name, row=_changes(old or {}, new))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _dumped(entries: list[Entry]) -> str:
    return yaml.dump(
        entries,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=None,
        sort_keys=False,
        width=_WIDTH,
    )


def _actions(call: Call) -> Iterator[str]:
    """What a call needs leave for: a transaction that of each of its parts."""
    items = call.request.get("TransactItems")
    if items is None:
        yield call.name
        return
    for pair in items:
        (kind,) = pair
        yield "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"


def _held(row: Row) -> dict[str, Any]:
    return {name: one for name, one in plain.item(row).items() if name not in {"PK", "SK"}}


def _changes(old: Row, new: Row) -> dict[str, Any]:
    before, after = plain.item(old), plain.item(new)
    changed = [name for name in sorted({*before, *after}) if old.get(name) != new.get(name)]
    return {name: after.get(name, "<removed>") for name in changed}


def _answer(answer: Any) -> Any:
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return plain.told(answer)
    told = {
        "status": answer["statusCode"],
        "headers": plain.told(answer.get("headers")),
        "body": plain.body(str(answer.get("body") or "").encode()),
    }
    return {name: one for name, one in told.items() if one}


def _sent(call: Call) -> dict[str, Any]:
    headers = {
        name.lower(): plain.text(str(one))
        for name, one in sorted(call.headers.items())
        if name.lower() not in _UNSENT
    }
    sent = {
        "query": plain.text(urlsplit(call.url).query),
        "headers": headers,
        "body": plain.body(call.body),
        "seconds": call.timeout,
    }
    return {name: one for name, one in sent.items() if one}
