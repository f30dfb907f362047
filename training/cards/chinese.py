"""Identity card (身份证), licence (驾驶证), passport page (护照) laid out as China's, of invented holders."""

from __future__ import annotations

from numpy.random import Generator

from training.cards import design as parts
from training.cards import mrz, ornament, people
from training.cards.design import Design
from training.cards.faces import before, face
from training.cards.sheet import ID1, Card, Colour, Sheet
from training.stock import NOTHING, Stock

WIDTH, HEIGHT = ID1
LICENCE = (88.0, 60.0)
LABEL: Colour = (60, 110, 170)
INK: Colour = (30, 30, 34)
RED: Colour = (196, 40, 40)
PINYIN = ("DONGHU", "NANSHAN", "XILING", "BEIHE", "YUNXI", "QINGSHI", "BAISHA", "JINQIAO")  # of people.PLACES
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CLASSES = ("C1", "C2", "B2", "A1", "C1D", "A2", "D")


def identity_front(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """姓名 性别 民族 出生 住址 公民身份号码, portrait at the right."""
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, (240, 244, 246))
    ornament.tint(sheet, rng, _pale(rng, (222, 236, 244)), _pale(rng, (240, 236, 224)))
    ornament.waves(sheet, rng, (150, 190, 214), 0.5)
    ornament.rosette(sheet, rng, 33, 27, 20, (214, 176, 176))
    birth = people.date(rng, 1950, 2006)
    _field(sheet, 9.5, "姓名", people.chinese_name(rng), 4.2)
    _field(sheet, 16.5, "性别", people.pick(rng, "男女"), 3.6)
    sheet.text(26, 16.5, "民族", 3.0, LABEL, "hei")
    sheet.text(34, 16.5, people.pick(rng, people.NATIONS), 3.6, INK, "hei")
    _birth(sheet, 23.5, birth)
    address = people.chinese_address(rng)
    _field(sheet, 31, "住址", address[:11], 3.5)
    sheet.text(17, 35.5, address[11:], 3.5, INK, "hei")
    sheet.text(6, 48.5, "公民身份号码", 3.1, LABEL, "hei")
    sheet.text(30, 48.8, people.identity_number(rng, birth), 4.3, INK, "mono")
    head = face(rng, stock)
    sheet.put(before(head, (236, 240, 242)) if rng.uniform() < 0.5 else head, 57, 8, 24, 31)
    _finish(sheet, rng)
    return sheet.card("id_card")


def identity_back(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The emblem's side: 中华人民共和国 居民身份证, issuer and validity."""
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, (240, 244, 246))
    ornament.tint(sheet, rng, _pale(rng, (224, 234, 240)), _pale(rng, (244, 230, 226)))
    ornament.waves(sheet, rng, (160, 190, 210), 0.55, 1.1)
    ornament.rosette(sheet, rng, 43, 30, 24, (220, 170, 170))
    sheet.put(ornament.emblem(rng, (222, 182, 70), RED), 5, 5, 17, 17)
    sheet.text(53, 12.5, "中华人民共和国", 6.0, INK, "song", "ms")
    sheet.text(53, 23, "居 民 身 份 证", 8.0, INK, "song", "ms")
    start = people.date(rng, 2006, 2024)
    end = people.Date(start.year + 20, start.month, start.day)
    sheet.text(18, 41.5, "签发机关", 3.0, INK, "black")
    sheet.text(33, 41.5, f"{people.pick(rng, people.PLACES)}公安局", 3.3, INK, "hei")
    sheet.text(18, 48.5, "有效期限", 3.0, INK, "black")
    sheet.text(33, 48.5, f"{start.dotted()}-{end.dotted()}", 3.3, INK, "hei")
    _finish(sheet, rng)
    return sheet.card("id_card")


def licence(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The main page: bilingual labels, red stamp at the lower left, portrait at the lower right."""
    sheet = _licence_sheet(rng, px_per_mm)
    sheet.text(44, 7.2, "中华人民共和国机动车驾驶证", 4.0, INK, "black", "ms")
    sheet.text(44, 10.6, "Driving License of the People's Republic of China", 2.3, INK, "plain", "ms")
    birth = people.date(rng, 1955, 2005)
    sheet.text(6, 15.2, "证号", 2.6, INK, "hei")
    sheet.text(6, 17.3, "License No.", 1.6, INK, "plain")
    sheet.text(30, 16, people.identity_number(rng, birth), 3.7, INK, "mono")
    _labelled(sheet, 6, 21.5, "姓名", "Name", people.chinese_name(rng), 18)
    _labelled(sheet, 42, 21.5, "性别", "Sex", people.pick(rng, "男女"), 10)
    _labelled(sheet, 60, 21.5, "国籍", "Nationality", "中国", 11)
    _labelled(sheet, 6, 27.5, "住址", "Address", people.chinese_address(rng), 12)
    sheet.put(ornament.seal(f"{people.pick(rng, people.PLACES)}公安局交通警察支队", RED, 3), 6, 33, 20, 20)
    _labelled(sheet, 29, 36, "出生日期", "Date of Birth", birth.dashed(), 15)
    _labelled(sheet, 29, 42, "初次领证日期", "Date of First Issue", people.date(rng, 1998, 2023).dashed(), 18)
    _labelled(sheet, 29, 48, "准驾车型", "Class", people.pick(rng, CLASSES), 15)
    start = people.date(rng, 2014, 2023)
    sheet.text(6, 57, "有效期限", 2.4, INK, "hei")
    sheet.text(
        29, 57, f"{start.dashed()} 至 {start.year + 10}-{start.month:02}-{start.day:02}", 3.0, INK, "hei"
    )
    sheet.put(before(face(rng, stock), (250, 250, 250)), 64, 29, 20, 26)
    _finish(sheet, rng)
    return sheet.card("driving_licence", 2.0)


def licence_second(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The second page (副页): file number, record and a barcode."""
    sheet = _licence_sheet(rng, px_per_mm)
    sheet.text(44, 7.2, "中华人民共和国机动车驾驶证副页", 3.6, INK, "black", "ms")
    birth = people.date(rng, 1955, 2005)
    for row, (label, value) in enumerate(
        (
            ("证号", people.identity_number(rng, birth)),
            ("姓名", people.chinese_name(rng)),
            ("档案编号", people.digits(rng, 12)),
        )
    ):
        y = 13 + 7 * row
        sheet.text(6, y, label, 2.8, INK, "hei")
        sheet.text(24, y, value, 3.4, INK, "hei")
        sheet.line(5, y + 2, 83, y + 2, (120, 150, 140))
    sheet.frame(5, 31, 78, 24, (100, 130, 120))
    sheet.text(8, 36, "记录", 2.8, INK, "hei")
    sheet.text(18, 36, f"请于{people.date(rng, 2024, 2036).dashed()}前九十日内申请换领新证", 2.9, INK, "hei")
    sheet.text(18, 41, f"实习期至{people.date(rng, 2015, 2024).dashed()}", 2.9, INK, "hei")
    ornament.bars(sheet, 40, 45, 40, 7, rng)
    _finish(sheet, rng)
    return sheet.card("driving_licence", 2.0)


def passport_page(sheet: Sheet, rng: Generator, look: Design, stock: Stock) -> None:
    """The portrait at the left, a ghost at the right, values under labels in two languages."""
    sheet.text(5, 8, "护 照", 5, look.title, "black")
    sheet.text(5, 12, "PASSPORT", 3, look.title, "plain")
    sheet.text(62.5, 5, "中华人民共和国  PEOPLE'S REPUBLIC OF CHINA", 2.8, look.title, "black", "ms", 86)
    number = f"E{people.letters(rng, 1)}{people.digits(rng, 7)}"
    for x, label, value in ((44.0, "类型/Type", "P"), (58.0, "国家码/Country Code", "CHN")):
        _bilingual(sheet, look, (x, 9), label, value)
    sheet.text(84, 9, "护照号/Passport No.", 2, look.label, "hei")
    sheet.text(84, 13.4, number, 4.4, look.ink, "mono")
    sheet.holder = face(rng, stock)
    sheet.put(before(sheet.holder, (244, 246, 250)), 6, 17, 33, 43)
    surname, given, birth = parts.holder(rng)
    sheet.text(44, 17.5, "姓名/Name", 2, look.label, "hei")
    sheet.text(44, 21.7, people.chinese_name(rng), 4, look.ink, "hei")
    sheet.text(44, 25.6, f"{surname}, {given}", 3.2, look.ink, "plain")
    for x, y, label, value in _passport_values(rng, birth):
        _bilingual(sheet, look, (x, y), label, value)
    sheet.text(44, 62, "持照人签名/Bearer's signature", 2, look.label, "hei")
    parts.signature(sheet, rng, 72, 65, 5)
    parts.ghost(sheet, rng, stock, 100, 36, 18)
    parts.zone(sheet, rng, mrz.passport_lines(rng, surname, given, birth), float(rng.uniform(3, 7)))


def _passport_values(rng: Generator, birth: people.Date) -> tuple[tuple[float, float, str, str], ...]:
    """Place, label and value of the smaller fields of a passport's page."""
    issued = people.date(rng, 2014, 2025)
    expiry = people.Date(issued.year + 10, issued.month, issued.day)
    born, given_at = (f"{place[:2]}/{latin}" for place, latin in (_place(rng), _place(rng)))
    rows = (30.0, 37.0, 44.0, 51.0)
    return (
        (44, rows[0], "性别/Sex", people.pick(rng, ("男/M", "女/F"))),
        (58, rows[0], "国籍/Nationality", "中国/CHINESE"),
        (82, rows[0], "出生日期/Date of birth", _bilingual_day(birth)),
        (44, rows[1], "出生地点/Place of birth", born),
        (72, rows[1], "签发日期/Date of issue", _bilingual_day(issued)),
        (44, rows[2], "签发地点/Place of issue", given_at),
        (72, rows[2], "有效期至/Date of expiry", _bilingual_day(expiry)),
        (44, rows[3], "签发机关/Authority", "公安部出入境管理局"),
        (44, rows[3] + 3.4, "", "MPS Exit & Entry Administration"),
    )


def _bilingual(sheet: Sheet, look: Design, place: tuple[float, float], label: str, value: str) -> None:
    """A small label in two languages, and its value below."""
    x, y = place
    sheet.text(x, y, label, 2, look.label, "hei")
    sheet.text(x, y + 3.6, value, 2.9, look.ink, "hei")


def _bilingual_day(day: people.Date) -> str:
    return f"{day.day:02} {day.month}月/{MONTHS[day.month - 1]} {day.year}"


def _place(rng: Generator) -> tuple[str, str]:
    """A place's name and its Latin letters."""
    chosen = people.pick(rng, people.PLACES)
    return chosen, PINYIN[people.PLACES.index(chosen)]


def _licence_sheet(rng: Generator, px_per_mm: float) -> Sheet:
    sheet = Sheet(*LICENCE, px_per_mm, (236, 244, 236))
    ornament.tint(sheet, rng, _pale(rng, (214, 236, 222)), _pale(rng, (236, 240, 220)))
    ornament.waves(sheet, rng, (150, 200, 176), 0.5, 1.2)
    if rng.uniform() < 0.7:
        ornament.rosette(sheet, rng, 44, 30, 22, (190, 210, 160))
    return sheet


def _pale(rng: Generator, base: Colour) -> Colour:
    red, green, blue = (
        int(min(255, max(150, v + d))) for v, d in zip(base, rng.integers(-14, 12, 3), strict=True)
    )
    return red, green, blue


def _field(sheet: Sheet, y: float, label: str, value: str, size: float) -> None:
    sheet.text(6, y, label, 3.0, LABEL, "hei")
    sheet.text(17, y, value, size, INK, "hei")


def _birth(sheet: Sheet, y: float, birth: people.Date) -> None:
    sheet.text(6, y, "出生", 3.0, LABEL, "hei")
    for x, value, label in ((17, birth.year, "年"), (30, birth.month, "月"), (39, birth.day, "日")):
        sheet.text(x, y, str(value), 3.4, INK, "hei")
        sheet.text(x + (9 if label == "年" else 5), y, label, 3.0, LABEL, "hei")


def _labelled(sheet: Sheet, x: float, y: float, label: str, english: str, value: str, gap: float) -> None:
    sheet.text(x, y, label, 2.4, INK, "hei")
    sheet.text(x, y + 2.1, english, 1.5, INK, "plain")
    sheet.text(x + gap, y + 1, value, 3.1, INK, "hei")
    sheet.line(x + gap - 1, y + 2.6, x + gap + 14, y + 2.6, (130, 160, 150), 0.1)


def _finish(sheet: Sheet, rng: Generator) -> None:
    if rng.uniform() < 0.3:
        ornament.hologram(sheet, rng)
