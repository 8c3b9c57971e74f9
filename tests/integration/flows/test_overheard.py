"""No secret and no person in what the shop says beside its answers (R13), and the proof can see."""

from collections.abc import Callable

import pytest

from shop.telemetry import logger
from tests.proving.overheard import Overheard, forms
from tests.proving.rows import r13

SEED = 20261126


def test_nothing_is_overheard() -> None:
    result = r13.run(SEED, quick=True)
    assert result.details == []
    assert result.counts["canaries"] > 50
    assert result.counts["lines"] > 500


def _as_libraries_say(error: BaseException | None) -> str:
    return repr(error)


def _with_its_message(error: BaseException) -> None:
    logger.exception("unhandled error")


@pytest.mark.parametrize(
    ("place", "leak"),
    [("shop.web.api.told", _as_libraries_say), ("shop.web.api.report", _with_its_message)],
)
def test_an_error_logged_with_its_message_is_noticed(
    place: str, leak: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, leak)
    assert any(line.startswith("log: ") for line in r13.run(SEED, quick=True).details)


def test_each_way_out_and_each_form_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    from shop.telemetry import metrics

    heard = Overheard()
    heard.forbid("name", "王小明先生")
    once = [form for form in forms("王小明先生") if "\\\\" not in form]
    for number, form in enumerate(sorted(once)):
        with heard.listening():
            logger.info("said", form=form)
            print(form)
            metrics.add_metric(name=f"M{form}"[:200], unit="Count", value=1)
            metrics.flush_metrics()
            heard.answered(400, form)
        places = {line.partition(":")[0] for line in heard.wrong}
        assert places == {"log", "printed", "metric", "error body"}, (number, form, places)
        heard.wrong.clear()


def test_an_event_on_two_lines_is_noticed() -> None:
    heard = Overheard()
    with heard.listening():
        handler = logger.registered_handler
        handler.setStream(_Splitting(handler.stream))  # type: ignore[attr-defined]
        logger.info("a, b")
    assert heard.wrong


class _Splitting:
    """A stream that lets a comma begin a line."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def write(self, text: str) -> None:
        self._inner.write(text.replace(", ", "\n"))  # type: ignore[attr-defined]

    def flush(self) -> None:
        """Nothing is held back."""
