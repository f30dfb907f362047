"""Things of a pocket that are no documents: other cards, banknotes, tickets."""

from __future__ import annotations

from numpy.random import Generator

from training.cards import ornament, people
from training.cards.faces import face, grey
from training.cards.sheet import Colour, Sheet
from training.scenes.flat import Thing, cut, jumble
from training.stock import Stock


def bank_card(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    ink: Colour = (245, 245, 245) if rng.uniform() < 0.7 else (30, 30, 40)
    sheet = Sheet(85.6, 54, px_per_mm, (60, 60, 60))
    dark = ink[0] > 100
    low, high = (10, 150) if dark else (170, 250)
    ornament.tint(sheet, rng, ornament.colour(rng, low, high), ornament.colour(rng, low, high))
    if rng.uniform() < 0.5:
        ornament.waves(sheet, rng, ornament.colour(rng, low, high), 0.4, 3.0)
    if rng.uniform() < 0.2:
        sheet.rectangle(0, 7, 85.6, 11, (20, 20, 20))
        sheet.rectangle(6, 24, 55, 8, (236, 236, 230))
    else:
        sheet.text(8, 10, people.pick(rng, ("银行", "BANK", "CREDIT", "会员卡", "CLUB")), 5, ink, "black")
        if rng.uniform() < 0.8:
            ornament.chip(sheet, 9, 19, rng)
    sheet.text(8, 38, " ".join(people.digits(rng, 4) for _ in range(4)), 5.2, ink, "mono")
    sheet.text(8, 48, f"{people.pick(rng, people.FIRST)} {people.pick(rng, people.LAST)}", 3.4, ink, "plain")
    for x in (66, 72):
        sheet.pen.ellipse(sheet.box(x, 40, 10, 10), fill=ornament.colour(rng, 60, 255))
    return cut(rng, sheet, 3)


def business_card(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A name, a firm and small lines; no portrait."""
    sheet = Sheet(
        float(rng.uniform(84, 92)), float(rng.uniform(48, 56)), px_per_mm, ornament.colour(rng, 200, 256)
    )
    if rng.uniform() < 0.4:
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))
    ink = ornament.colour(rng, 10, 90)
    sheet.text(8, 18, jumble(rng, 1)[:14], float(rng.uniform(5, 8)), ink, "black")
    for row in range(int(rng.integers(2, 5))):
        sheet.text(8, 30 + 4.4 * row, jumble(rng, 3)[:30], 2.8, ink, "hei", "ls", 60)
    if rng.uniform() < 0.5:
        sheet.put(ornament.emblem(rng, ink, ornament.colour(rng, 90, 250)), 64, 8, 16, 16)
    return cut(rng, sheet, 0.3, 3)


def playing_card(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """Pips on white."""
    sheet = Sheet(63, 88, px_per_mm, (250, 250, 248))
    ink: Colour = (200, 30, 40) if rng.uniform() < 0.5 else (20, 20, 24)
    suit = people.pick(rng, "♥♦♣♠")
    for x in (18, 45)[: int(rng.integers(1, 3))]:
        for row in range(int(rng.integers(1, 5))):
            sheet.text(x, 28 + 16 * row, suit, 13, ink, "sans", "ms")
    sheet.text(4, 9, people.pick(rng, "A23456789JQK"), 8, ink, "roman bold")
    sheet.text(4, 17, suit, 7, ink, "sans")
    return cut(rng, sheet, 3)


def ticket(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A ticket or a voucher: large words, a code, a torn edge."""
    sheet = Sheet(
        float(rng.uniform(100, 160)), float(rng.uniform(45, 70)), px_per_mm, ornament.colour(rng, 140, 255)
    )
    ornament.areas(sheet, rng, ornament.colour(rng, 40, 255))
    sheet.text(8, 16, jumble(rng, 2)[:16].upper(), 9, ornament.colour(rng, 0, 120), "black")
    for row in range(3):
        sheet.text(8, 26 + 6 * row, jumble(rng, 3)[:26], 3.4, (30, 30, 30), "hei")
    ornament.bars(sheet, sheet.width - 30, 8, 24, sheet.height - 20, rng)
    return cut(rng, sheet, 0.5)


def banknote(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A bill: fine lines, a grey head, large figures in the corners."""
    paper = ornament.colour(rng, 150, 240)
    sheet = Sheet(float(rng.uniform(130, 160)), float(rng.uniform(62, 76)), px_per_mm, paper)
    ornament.tint(sheet, rng, paper, ornament.colour(rng, 150, 240))
    ink = ornament.colour(rng, 20, 150)
    for _ in range(3):
        ornament.waves(sheet, rng, ink, 0.5, float(rng.uniform(1, 2.5)))
    ornament.rosette(sheet, rng, sheet.width * 0.4, sheet.height / 2, 22, ink)
    sheet.put(grey(face(rng, stock)), sheet.width * 0.6, 8, 40, sheet.height - 12)
    value = people.pick(rng, ("5", "10", "20", "50", "100", "500"))
    for x, y, anchor in ((6, 16, "ls"), (sheet.width - 6, sheet.height - 6, "rs")):
        sheet.text(x, y, value, 13, ink, "heavy", anchor)
    return cut(rng, sheet, 0.3, 2)
