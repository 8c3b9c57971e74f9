"""The one logger and the one metrics sink.

Bodies, tokens, phones, names and openids are never passed in. Every line has the request's id, and
the number of the order that it is about (`about`, `of_order`). What a library says of its error
may quote what it was given, so errors are logged by `told` and `report`. May import: Powertools,
errors.
"""

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import PurePath
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from shop.errors import MisconfiguredError, ShopError, UnavailableError

_NAMESPACE = "Yunpu"
_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "yunpu")
"""The stack's name, so that one account can hold several shops."""
logger = Logger(service=_SERVICE, utc=True, use_rfc3339=True)
metrics = Metrics(namespace=_NAMESPACE, service=_SERVICE)
_FRAMES = 8
_ORDER = "order_no"
T = TypeVar("T")
Entry = Callable[[Mapping[str, Any], Any], T]


def request_id_of(context: Any) -> str:
    """The platform's id of an invocation, "-" where there is none."""
    return str(getattr(context, "aws_request_id", "") or "-")


def entry(handler: Entry[T]) -> Entry[T]:
    """A Lambda entry that serves no request: its lines have its id, its metrics are sent.

    What stops it is told and counted, and raised: the platform tries again or keeps the call.
    """

    @wraps(handler)
    def run(event: Mapping[str, Any], context: Any) -> T:
        logger.thread_safe_append_keys(request_id=request_id_of(context))
        try:
            return handler(event, context)
        except MisconfiguredError:
            misconfigured()
            raise
        except UnavailableError as error:
            # Nobody's fault here; the platform counts the run among the function's errors.
            logger.error("run stopped", cause=told(error))  # noqa: TRY400 - its cause may be quoted
            raise
        except Exception as error:
            report(error, "run failed")
            raise
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()
            logger.thread_safe_clear_keys()

    return run


def about(order_no: str) -> None:
    """The lines from here on are about this order: until the invocation's or the block's end."""
    logger.thread_safe_append_keys(order_no=order_no)


@contextmanager
def of_order(order_no: str = "") -> Iterator[None]:
    """A block of work about one order; "" where it is not known yet, or there is none."""
    before = logger.thread_safe_get_current_keys().get(_ORDER)
    if order_no:
        about(order_no)
    try:
        yield
    finally:
        if before:
            about(before)
        else:
            logger.thread_safe_remove_keys([_ORDER])


def refused(code: str) -> None:
    """Count a refusal by its code, on a line of its own.

    A dimension of `metrics` would hold for everything that the invocation counted, and alarms watch
    `service` alone.
    """
    with single_metric(
        name="Refused",
        unit=MetricUnit.Count,
        value=1,
        namespace=_NAMESPACE,
        default_dimensions={"service": _SERVICE},
    ) as one:
        one.add_dimension(name="code", value=code)


def misconfigured(**context: object) -> MisconfiguredError:
    """The error to raise where our own set-up is wrong, counted at once.

    A caller may go on without what is refused, so counting what leaves an invocation would miss it.
    Counted twice, where it does leave one, it is the same alarm.
    """
    metrics.add_metric(name="Misconfigured", unit="Count", value=1)
    return MisconfiguredError(None, None, **context)


def told(error: BaseException | None) -> str:
    """An error in a log: ours as it says, others by their kind and service code alone."""
    if error is None:
        return ""
    if isinstance(error, ShopError):
        return str(error)[:300]
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    code = code or getattr(error, "cause_response_code", "") or ""
    return f"{type(error).__module__}.{type(error).__qualname__} {code}".strip()[:300]


def report(error: BaseException, what: str = "unhandled error") -> None:
    """Log an error that nobody expected, with the way it came; never with what it says."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    way = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    logger.error(what, cause=told(error), way=way)
    metrics.add_metric(name="UnhandledError", unit="Count", value=1)
