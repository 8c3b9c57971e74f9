"""Text as a search sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.domain.search_text import candidates, grams, is_han, needed, pieces, runs


def test_only_han_letters_and_digits_are_words() -> None:
    assert runs("明前龙井·狮峰  ＡＢＣ-12（新）🔥\x00_") == ["明前龙井", "狮峰", "abc", "12", "新"]
    assert runs("iPhone15手机壳") == ["iphone15", "手机壳"]
    assert runs(" *\"'()") == []


def test_every_part_of_a_run_is_needed_where_it_stands() -> None:
    assert grams("龙井茶") == ["龙井", "井茶", "茶"]
    assert grams("abc") == ["abc"]
    for part in candidates("云雾绿茶礼盒"):
        assert set(needed(part)) <= set(grams("云雾绿茶礼盒"))


def test_a_run_is_taken_apart_by_the_longest_known_words() -> None:
    known = {"绿茶", "龙井", "龙井茶", "礼盒"}
    assert pieces("龙井茶礼盒", known) == ["龙井茶", "礼盒"]
    assert pieces("特级龙井绿茶罐", known) == ["特级", "龙井", "绿茶", "罐"]
    assert pieces("没有", known) == ["没有"]
    assert pieces("", known) == []


@given(st.text(max_size=200))
def test_whatever_is_typed_becomes_words_that_mean_nothing_to_an_index(text: str) -> None:
    for run in runs(text):
        assert run
        assert all(character.isalnum() or is_han(character) for character in run)
        assert "".join(pieces(run, {"绿茶"})) == run
        assert not set(run) & set("\"'()*:^+-{}\x00 «§")


@pytest.mark.parametrize("run", ["茶", "绿茶", "云雾绿茶"])
def test_a_han_run_is_known_as_one(run: str) -> None:
    assert is_han(run)
    assert len(grams(run)) == len(run)
