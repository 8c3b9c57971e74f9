"""Schemathesis over the published OpenAPI document, in process, with all its checks.

Cases that fit the document and cases that do not are drawn from a fixed seed; each must be answered
as the document says.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.proving.fuzz import Findings, Fuzz
from tests.proving.gateway import Gateway

DOCUMENT = "/v1/openapi.json"
SEALED = {"quote_token", "ticket"}
ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "422", "429")
"""What a case that fits the document may be answered. 422, because a document cannot say that 1.0
is no integer here, that text has no control characters, or that one field depends on another."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class Contract:
    """The operations of the document that the deployed meta function serves."""

    def __init__(self, fuzz: Fuzz) -> None:
        self._fuzz = fuzz
        self.schema = schemathesis.openapi.from_wsgi(DOCUMENT, Gateway(fuzz.shop))
        self.schema.config.checks.positive_data_acceptance.expected_statuses = [*ACCEPTED]

    def operations(self) -> Iterator[Any]:
        """Each operation of the document.

        Raises:
            AssertionError: One cannot be read.
        """
        for result in self.schema.get_all_operations():
            assert isinstance(result, Ok), result.err()
            yield result.ok()

    def check(self, operation: Any, examples: int, start: int) -> int:
        """Sends so many cases of each kind; the number sent.

        Raises:
            BaseException: What schemathesis found, with the case that shows it.
        """
        staff = "/admin/" in operation.path
        token = self._fuzz.staff if staff else self._fuzz.shop.buyer("li").token
        secured = operation.definition.raw.get("security")
        headers = {"Authorization": f"Bearer {token}"} if secured else None

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sum(self._ask(operation, mode, headers, examples, start) for mode in MODES)

    def _ask(
        self,
        operation: Any,
        mode: GenerationMode,
        headers: dict[str, str] | None,
        examples: int,
        start: int,
    ) -> int:
        sent = 0

        @seed(start)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal sent
            sent += 1
            if mode is GenerationMode.POSITIVE:
                self._with_ours(case)
            response = case.call(headers=headers)
            try:
                case.validate_response(response, headers=headers)
            except BaseException as found:
                found.add_note(f"{case.body!r} {case.query!r} -> {response.text[:300]}")
                raise

        # An operation that takes nothing cannot be asked wrongly.
        with suppress(Unsatisfiable):
            ask()
        return sent

    def _with_ours(self, case: Any) -> None:
        """Replaces what only we can make: a document can say of a sealed text no more than text."""
        case.query.pop("cursor", None)
        if isinstance(case.body, dict):
            case.body.pop("cursor", None)
            for name in SEALED & set(case.body):
                case.body[name] = self._fuzz.known[name][0]


def run(fuzz: Fuzz, examples: int, start: int, findings: Findings) -> int:
    """Checks every operation; how many cases were sent."""
    contract = Contract(fuzz)
    sent = 0
    for operation in contract.operations():
        try:
            sent += contract.check(operation, examples, start)
        except BaseException as found:  # noqa: BLE001 - schemathesis raises groups
            findings.add(f"{operation.label}: {_told(found)}")
    return sent


def _told(found: BaseException) -> str:
    inner = getattr(found, "exceptions", None)
    told = " / ".join(_told(one) for one in inner) if inner else str(found)
    return " ".join([told, *getattr(found, "__notes__", [])])
