import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.service import Service, ServiceError

pytestmark = pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
SLEEPER = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)",
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service("sleeper", tmp_path / "run", tmp_path / "logs")
    yield made
    made.kill()


def start(service: Service, command: list[str]) -> None:
    service.start(command, os.environ)
    service.wait_until(lambda: "up" in service.log.read_text(), 20)


def test_it_runs_until_it_is_stopped(service: Service) -> None:
    assert not service.running()
    start(service, SLEEPER)
    assert service.running()
    assert service.stop(20)
    assert not service.running()


def test_it_does_not_run_twice(service: Service) -> None:
    start(service, SLEEPER)
    with pytest.raises(ServiceError, match="runs already"):
        service.start(SLEEPER, os.environ)


def test_one_that_does_not_listen_is_killed_and_the_stop_is_not_clean(service: Service) -> None:
    start(service, STUBBORN)
    assert not service.stop(0.1)
    assert not service.running()


def test_one_that_dies_tells_why(service: Service) -> None:
    service.start([sys.executable, "-c", "raise SystemExit('no key file')"], os.environ)
    with pytest.raises(ServiceError, match="no key file"):
        service.wait_until(lambda: False, 20)


def test_stopping_what_does_not_run_is_clean(service: Service) -> None:
    assert service.stop(1)
