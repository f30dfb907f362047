"""Drawn cards of invented holders: one module per kind of document.

sheet      what a card is drawn on, measured in millimetres
people     invented holders and their (invalid) numbers
scripts    titles, labels and letters of twelve scripts
mrz        machine readable zones with wrong check digits
portrait   drawn faces
faces      the same, and photographs bent into somebody else
ornament   guilloches, emblems, chips, stamps, barcodes, flags
design     the look of an issuer and the parts that all cards share
wear       worn, faded, photocopied, printed in other colours
chinese    identity card (身份证), driving licence (驾驶证) and a passport's page (护照) of China
identity   identity cards of no country in particular
licence    driving licences of no country in particular
passport   data pages and covers (护照), alone or in an open booklet
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from numpy.random import Generator

from training import lot
from training.cards import chinese, identity, licence, passport
from training.cards.sheet import Card
from training.cards.wear import worn
from training.stock import NOTHING, Stock


class Draw(Protocol):
    """A family: draws a card at so many pixels per millimetre, with photographs where there are some."""

    def __call__(self, rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card: ...


IDENTITY: dict[str, tuple[Draw, int]] = {
    "chinese_identity_front": (chinese.identity_front, 16),
    "chinese_identity_back": (chinese.identity_back, 10),
    "identity_fields": (identity.fields_card, 10),
    "identity_chip": (identity.chip_card, 8),
    "identity_insurance": (identity.insurance, 7),
    "identity_scheme": (identity.scheme, 9),
    "identity_zone": (identity.zone_front, 7),
    "identity_id2": (identity.id2, 14),
    "identity_back_zone": (identity.back_zone, 8),
    "identity_back_plain": (identity.back_plain, 5),
    "identity_ruled": (identity.ruled, 6),
    "identity_engraved": (identity.engraved, 7),
    "identity_centred": (identity.centred, 4),
    "identity_number": (identity.large_number, 6),
    "identity_without_portrait": (identity.without_portrait, 4),
}
LICENCES: dict[str, tuple[Draw, int]] = {
    "chinese_licence": (chinese.licence, 18),
    "chinese_licence_second": (chinese.licence_second, 10),
    "licence_numbered": (licence.numbered, 14),
    "licence_numbered_zone": (licence.numbered_zone, 9),
    "licence_table_back": (licence.table_back, 7),
    "licence_american": (licence.american, 9),
    "licence_american_back": (licence.american_back, 5),
    "licence_japanese": (licence.japanese, 6),
    "licence_fields": (licence.fields_card, 8),
    "licence_boxed": (licence.boxed, 6),
    "licence_vehicles": (licence.vehicles, 6),
    "licence_paper": (licence.paper, 5),
    "licence_chip": (licence.chip_licence, 6),
    "licence_broad": (licence.broad, 6),
}
PASSPORTS: dict[str, tuple[Draw, int]] = {
    "passport_page": (passport.page, 16),
    "passport_chinese_page": (passport.chinese_page, 8),
    "passport_cover": (passport.cover, 9),
    "passport_early": (passport.early, 4),
    "passport_engraved": (passport.engraved, 10),
    "passport_two_columns": (passport.two_columns, 10),
    "passport_pictured": (passport.pictured, 8),
    "passport_languages": (passport.languages, 10),
    "passport_shaded": (passport.shaded, 8),
    # open booklets: half of the passports
    "passport_booklet": (passport.booklet, 28),
    "passport_chinese_booklet": (passport.chinese_booklet, 14),
    "passport_turned_booklet": (passport.turned_booklet, 10),
    "passport_cut_booklet": (passport.cut_booklet, 15),
    "passport_observations": (passport.observations, 16),
}
GROUPS = (IDENTITY, LICENCES, PASSPORTS)
FAMILIES: dict[str, Draw] = {name: draw for group in GROUPS for name, (draw, _) in group.items()}


def draw(rng: Generator, px_per_mm: float, stock: Stock = NOTHING, families: Sequence[str] = ()) -> Card:
    """A card, some worn: of any family, the three types equally frequent, or of the named families alike."""
    if families:
        family = FAMILIES[families[int(rng.integers(len(families)))]]
    else:
        family = lot.drawn(rng, GROUPS[int(rng.integers(len(GROUPS)))])
    card = family(rng, px_per_mm, stock)
    return replace(card, pixels=worn(card.pixels, rng))
