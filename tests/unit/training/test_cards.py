"""Drawn cards: the same for the same seed, in reading order, of holders whose numbers cannot be real."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("PIL", reason="Pillow is in training/requirements.txt")

from PIL import Image

from training import cards, fonts
from training.cards import chinese, design, mrz, people, scripts
from training.cards.sheet import Sheet
from training.errors import FontMissing
from training.settings import TYPES
from training.stock import NOTHING, Stock

PX_PER_MM = 3.0
SAMPLES = 12


@pytest.fixture(scope="module", autouse=True)
def installed_fonts() -> None:
    try:
        for face in fonts.FACES:
            fonts.path(face)
    except FontMissing as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("left", [True, False])
def test_a_ghost_shows_the_holder_and_nobody_else(left: bool) -> None:
    """Paler, smaller, perhaps grey: the same face correlates, another one less."""

    def ghost_of(holder: Image.Image | None, seed: int) -> NDArray[np.float64]:
        sheet = Sheet(40, 50, 8, (255, 255, 255))
        sheet.holder = holder
        design.ghost(sheet, np.random.default_rng(seed), NOTHING, 2, 2, 36)
        return sheet.pixels().mean(-1).ravel()

    rng = np.random.default_rng(5)
    look, sheet = design.start(rng, 8.0, NOTHING)
    design.photo(sheet, rng, replace(look, left=left), NOTHING, 10, 30, 38)
    same = np.corrcoef(ghost_of(sheet.holder, 1), ghost_of(sheet.holder, 2))[0, 1]
    other = np.corrcoef(ghost_of(sheet.holder, 1), ghost_of(None, 2))[0, 1]
    assert same > 0.95 > other


@pytest.mark.parametrize("family", cards.FAMILIES)
def test_a_card_is_the_same_for_the_same_seed_and_another_for_another(family: str) -> None:
    draw = cards.FAMILIES[family]
    first, again, other = (draw(np.random.default_rng(seed), PX_PER_MM).pixels for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("family", cards.FAMILIES)
def test_a_cards_corners_are_inside_and_in_reading_order(family: str) -> None:
    card = cards.FAMILIES[family](np.random.default_rng(3), PX_PER_MM)
    height, width = card.pixels.shape[:2]
    (left, top), top_right, (right, bottom), bottom_left = card.quad.tolist()
    assert card.type in TYPES
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert (top_right, bottom_left) == ([right, top], [left, bottom])


@pytest.mark.parametrize(
    ("group", "type_"),
    [(cards.IDENTITY, "id_card"), (cards.LICENCES, "driving_licence"), (cards.PASSPORTS, "passport")],
)
def test_every_type_has_at_least_ten_families(group: dict[str, tuple[cards.Draw, int]], type_: str) -> None:
    assert len(group) >= 10
    assert type_ in TYPES
    for draw, share in group.values():
        assert share > 0
        assert draw(np.random.default_rng(5), PX_PER_MM).type == type_


def test_half_of_the_passports_are_open_booklets() -> None:
    """Such a card has a page beside the one that its corners are of."""
    shares = {True: 0, False: 0}
    for draw, share in cards.PASSPORTS.values():
        card = draw(np.random.default_rng(5), PX_PER_MM)
        shares[bool(np.ptp(card.quad[:, 1]) < len(card.pixels))] += share
    assert shares[True] == shares[False]


def test_cards_of_all_types_are_drawn_equally_often() -> None:
    rng = np.random.default_rng(8)
    drawn = Counter(cards.draw(rng, 1.0).type for _ in range(90))
    assert set(drawn) == set(TYPES)
    assert min(drawn.values()) > 15


def test_all_scripts_have_letters_titles_and_fonts() -> None:
    assert len(scripts.SCRIPTS) >= 11
    for name, script in scripts.SCRIPTS.items():
        assert all((script.identity, script.licence, script.passport, script.states, script.labels)), name
        assert {*script.faces, *script.bolds} <= fonts.FACES.keys(), name
        assert script.word(np.random.default_rng(1)), name


@pytest.mark.parametrize("name", scripts.SCRIPTS)
def test_every_letter_of_a_script_is_drawn_and_not_the_sign_for_a_missing_one(name: str) -> None:
    """Compared with what a font draws for a code point that is no character."""
    script = scripts.SCRIPTS[name]
    titles = (*script.identity, *script.licence, *script.passport, *script.states)
    for face in (*script.faces, *script.bolds):
        for words in (*titles, *script.labels, script.letters, script.letters.upper()):
            letters = fonts.font(fonts.fitting(face, words), 30)
            missing = bytes(letters.getmask("\uffff"))
            drawn = {letter: bytes(letters.getmask(letter)) for letter in words if not letter.isspace()}
            assert [letter for letter, mask in drawn.items() if mask == missing] == [], (face, words)


@pytest.mark.parametrize("name", scripts.SCRIPTS)
def test_cards_of_a_script_draw_no_letter_that_their_fonts_lack(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: set[tuple[str, str]] = set()
    text = Sheet.text

    def noted(sheet: Sheet, x: float, y: float, words: str, size: float, *more: Any) -> None:
        drawn.add((more[1] if len(more) > 1 else "sans", words))
        text(sheet, x, y, words, size, *more)

    monkeypatch.setattr(Sheet, "text", noted)
    monkeypatch.setattr(design, "script", lambda _: scripts.SCRIPTS[name])
    for draw in cards.FAMILIES.values():
        draw(np.random.default_rng(len(drawn)), 1.0)
    lacking = {item for item in drawn if not fonts.holds(fonts.fitting(*item), item[1])}
    assert len(drawn) > 200
    assert lacking == set()


def test_the_licence_of_every_font_is_named() -> None:
    assert fonts.LICENCES.keys() == {face.package for face in fonts.FACES.values()}
    assert all(fonts.LICENCES.values())


def test_words_are_set_in_another_font_where_theirs_lacks_a_letter() -> None:
    assert fonts.fitting("roman", "Anna") == "roman"
    assert not fonts.holds("thai", "Anna")
    assert fonts.holds(fonts.fitting("thai", "Anna"), "Anna")
    assert not fonts.holds("mono", "张")
    assert fonts.fitting("mono", "张") == "hei"


def test_the_stamp_of_a_chinese_licence_is_square_and_red() -> None:
    """A round one would leave the ground's colour in the corner."""
    for seed in range(SAMPLES):
        pixels = cards.FAMILIES["chinese_licence"](np.random.default_rng(seed), 4.0).pixels
        red, green, _, _ = pixels[136:138, 28:30].reshape(-1, 4).mean(0)
        assert red > green + 60


def test_values_of_a_chinese_passport_fit_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    text = Sheet.text

    def noted(sheet: Sheet, x: float, y: float, words: str, size: float, *more: Any) -> None:
        drawn.append(words)
        text(sheet, x, y, words, size, *more)

    monkeypatch.setattr(Sheet, "text", noted)
    for seed in range(SAMPLES):
        drawn.clear()
        cards.FAMILIES["passport_chinese_page"](np.random.default_rng(seed), 2.0)
        under = dict(itertools.pairwise(drawn))
        assert under["国籍/Nationality"] == "中国/CHINESE"
        assert re.fullmatch(r"\d\d \d+月/[A-Z]{3} \d{4}", under["出生日期/Date of birth"])
        assert under["出生地点/Place of birth"].split("/")[1] in chinese.PINYIN
        labels = [words for words in drawn if "/" in words and words[-1].islower()]
        assert len(labels) == len(set(labels)) >= 10


def test_photographs_become_portraits_and_landscapes_of_cards() -> None:
    """With a stock, the same seed gives another card than without one."""
    stripes = np.random.default_rng(3).integers(0, 255, (80, 120, 3)).astype(np.uint8)
    _, data = cv2.imencode(".jpg", stripes)
    portrait = np.full((320, 250, 4), 200, np.uint8)
    stocked = Stock((data.tobytes(),), (), (portrait,))
    without, with_stock = (
        cards.FAMILIES["passport_pictured"](np.random.default_rng(4), PX_PER_MM, stock).pixels
        for stock in (NOTHING, stocked)
    )
    assert not np.array_equal(without, with_stock)


def test_lines_of_larger_cards_and_licences_have_their_standards_lengths() -> None:
    rng = np.random.default_rng(9)
    for _ in range(SAMPLES):
        birth = people.date(rng, 1950, 2000)
        assert [len(line) for line in mrz.id2_lines(rng, "MUSTER", "ANNA", birth)] == [36, 36]
        assert [len(line) for line in mrz.licence_line(rng, "MUSTER")] == [30]


def test_a_larger_scale_draws_the_same_card_with_more_pixels() -> None:
    small = cards.FAMILIES["chinese_licence"](np.random.default_rng(4), 2.0)
    large = cards.FAMILIES["chinese_licence"](np.random.default_rng(4), 4.0)
    assert large.pixels.shape[:2] == tuple(2 * side for side in small.pixels.shape[:2])
    assert np.array_equal(large.quad, 2 * small.quad)


def test_identity_numbers_have_a_wrong_check_character() -> None:
    assert people.right_check("11010519491231002") == "X"  # the standard's own example
    rng = np.random.default_rng(6)
    for _ in range(SAMPLES):
        number = people.identity_number(rng, people.date(rng, 1950, 2000))
        assert len(number) == 18
        assert number[-1] != people.right_check(number[:17])


def test_machine_readable_zones_have_wrong_check_digits() -> None:
    assert mrz.right_check("520727") == 3  # ICAO 9303 part 3, appendix A
    rng = np.random.default_rng(7)
    for _ in range(SAMPLES):
        birth = people.date(rng, 1950, 2000)
        _, lower = mrz.passport_lines(rng, "MUSTER", "ANNA", birth)
        first, second, _ = mrz.card_lines(rng, "MUSTER", "ANNA", birth)
        assert len(lower) == 44
        assert lower[9] != str(mrz.right_check(lower[:9]))
        assert lower[19] != str(mrz.right_check(lower[13:19]))
        assert first[14] != str(mrz.right_check(first[5:14]))
        assert second[6] != str(mrz.right_check(second[:6]))
        if lower[28] != "<":
            assert lower[42] != str(mrz.right_check(lower[28:42]))


@pytest.mark.parametrize(
    "lines",
    [
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
        ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
        [
            "I<UTOD231458907<<<<<<<<<<<<<<<",
            "7408122F1204159UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        ],
    ],
)
def test_the_last_check_digit_of_the_standards_own_examples(lines: list[str]) -> None:
    """ICAO 9303 parts 4, 6 and 5, appendices B."""
    assert mrz.right_last_check(lines) == int(lines[1][-1])


def test_the_last_check_digit_is_always_wrong() -> None:
    rng = np.random.default_rng(7)
    for _ in range(100):
        birth = people.date(rng, 1950, 2000)
        for form in (mrz.passport_lines, mrz.card_lines, mrz.id2_lines):
            lines = form(rng, "MUSTER", "ANNA", birth)
            assert int(lines[1][-1]) != mrz.right_last_check(lines)
        lines = mrz.licence_line(rng, "MUSTER")
        assert int(lines[0][-1]) != mrz.right_last_check(lines)


def test_a_missing_font_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", ())
    fonts.path.cache_clear()
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        fonts.path("hei")
    fonts.path.cache_clear()
