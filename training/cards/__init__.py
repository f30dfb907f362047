"""Drawn cards of invented holders: one module per kind of document.

sheet      what a card is drawn on, measured in millimetres
people     invented holders and their (invalid) numbers
mrz        machine readable zones with wrong check digits
portrait   drawn faces
ornament   guilloches, emblems, chips, stamps, barcodes, flags
chinese    identity card (身份证) and driving licence (驾驶证) of China
foreign    identity cards and driving licences of no country in particular
passport   data pages (护照), alone or in an open booklet
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from training.cards import chinese, foreign, passport
from training.cards.sheet import Card

Draw = Callable[[Generator, float], Card]

FAMILIES: dict[str, Draw] = {
    "chinese_identity_front": chinese.identity_front,
    "chinese_identity_back": chinese.identity_back,
    "chinese_licence": chinese.licence,
    "chinese_licence_second": chinese.licence_second,
    "foreign_identity": foreign.identity,
    "foreign_identity_back": foreign.identity_back,
    "foreign_licence": foreign.licence,
    "passport_page": passport.page,
    "passport_booklet": passport.booklet,
}

# How often each is drawn: the three types equally often.
SHARES = {
    "chinese_identity_front": 10,
    "chinese_identity_back": 5,
    "foreign_identity": 13,
    "foreign_identity_back": 5,
    "chinese_licence": 14,
    "chinese_licence_second": 4,
    "foreign_licence": 15,
    "passport_page": 16,
    "passport_booklet": 17,
}


def draw(rng: Generator, px_per_mm: float) -> Card:
    """A card of any family."""
    weights = [SHARES[name] for name in FAMILIES]
    name = list(FAMILIES)[int(rng.choice(len(weights), p=[w / sum(weights) for w in weights]))]
    return FAMILIES[name](rng, px_per_mm)
