"""All things that are no cards of the three types, and how often each lies about."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from training import lot
from training.scenes import goods, papers, screens, signs, wallet
from training.scenes.flat import Thing
from training.stock import NOTHING, Stock

__all__ = ["KINDS", "PICTURED", "Thing", "thing"]

Draw = Callable[[Generator, float, Stock], Thing]

KINDS: dict[str, tuple[Draw, int]] = {
    "page": (papers.page, 12),
    "newspaper": (papers.newspaper, 6),
    "spread": (papers.spread, 6),
    "table": (papers.table, 6),
    "receipt": (papers.receipt, 6),
    "note": (papers.note, 11),
    "grey_text": (papers.grey_text, 6),
    "outlines": (papers.outlines, 4),
    "figures": (papers.figures, 6),
    "letter": (papers.letter, 2),
    "bank_card": (wallet.bank_card, 9),
    "business_card": (wallet.business_card, 6),
    "playing_card": (wallet.playing_card, 6),
    "ticket": (wallet.ticket, 3),
    "banknote": (wallet.banknote, 2),
    "telephone": (screens.telephone, 3),
    "window": (screens.window, 6),
    "dialog": (screens.dialog, 6),
    "album": (screens.album, 6),
    "book": (goods.book, 16),
    "standing": (goods.standing, 10),
    "package": (goods.package, 12),
    "label": (goods.label, 6),
    "pen": (goods.pen, 3),
    "keys": (goods.keys, 3),
    "sign": (signs.sign, 12),
    "board": (signs.board, 6),
}  # with how often each is drawn
PICTURED: dict[str, tuple[Draw, int]] = {
    "photograph": (papers.photograph, 12),
    "snapshot": (papers.snapshot, 9),
    "cut_out": (goods.cut_out, 18),
}  # these need photographs


def thing(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Thing:
    """A thing of any kind."""
    kinds = KINDS | PICTURED if stock.pictures and stock.cutouts else KINDS
    return lot.drawn(rng, kinds)(rng, px_per_mm, stock)
