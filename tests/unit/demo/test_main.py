"""One journey that breaks off is told, and does not hide the others."""

import io
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from rich.console import Console

from scripts.demo.__main__ import main, walk
from scripts.demo.goods import Goods
from scripts.demo.journeys import j8_mini_program
from scripts.demo.report import Report, Section
from scripts.demo.site import Site
from scripts.demo.world import TooLateError, World


@pytest.fixture(scope="module")
def world() -> World:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, spki).decode()
    nowhere = "http://127.0.0.1:9"
    site = Site(Path("shop.json"), nowhere, "wx0", pem, nowhere, nowhere, nowhere, 60, 300)
    return World(site, Goods.read(), Console(file=io.StringIO()), run_id="0badcafe")


def test_a_journey_that_breaks_off_keeps_its_figures_and_says_why(world: World) -> None:
    def breaks(_: World, section: Section) -> None:
        section.exactly("figure", 1, 1)
        raise TooLateError("no notice")

    report = Report("http://shop")
    section = walk(world, report, "j1", "broken", breaks)
    assert (section.error, len(section.figures), report.wrong) == ("TooLateError: no notice", 1, 1)

    walk(world, report, "j2", "right", lambda _, section: section.exactly("figure", 1, 1))
    assert [each.wrong for each in report.sections] == [1, 0]


def test_waiting_ends_with_the_value_that_was_wanted(world: World) -> None:
    values = iter([1, 2, 3])
    found = world.until("three", lambda: next(values), lambda n: n == 3, pause_seconds=0)
    assert found == 3


def test_waiting_ends_with_what_it_still_was(world: World) -> None:
    with pytest.raises(TooLateError, match="order: still TO_PAY"):
        world.until("order", lambda: "TO_PAY", lambda _: False, patience_seconds=0)


def test_without_a_shop_the_way_to_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--shop", str(tmp_path / "shop.json")])
    assert ended.value.code == 2
    assert "make demo" in capsys.readouterr().err


def test_without_node_the_mini_program_is_skipped_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    section = walk(world, Report("http://shop"), j8_mini_program.KEY, "t", j8_mini_program.run)
    assert (section.skipped, section.wrong) == ("Node is not installed", 0)
