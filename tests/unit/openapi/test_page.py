"""The page holds the document and everything it needs."""

import json
import re
import threading
import urllib.request
from collections.abc import Iterator

import pytest

from scripts.openapi.page import server


@pytest.fixture
def address() -> Iterator[str]:
    with server(0) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        content: bytes = answer.read()
    return content


def test_the_page_needs_nothing_from_elsewhere(address: str) -> None:
    page = fetched(address).decode()
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(parts) == 3
    assert not [part for part in parts if "//" in part]
    assert all(fetched(f"{address}/{part}") for part in parts)
    assert json.loads(fetched(f"{address}/openapi.json"))["openapi"].startswith("3.1")
