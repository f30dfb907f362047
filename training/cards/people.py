"""Invented holders. Their numbers look right and are not: every check digit is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建国华红玉梅建军雪晨宇浩然子轩欣怡梓涵"
NATIONS = ("汉", "汉", "汉", "回", "满", "苗", "壮", "藏", "维吾尔", "蒙古", "土家")
PLACES = ("东湖市", "南山县", "西岭区", "北河市", "云溪县", "青石区", "白沙市", "金桥县")
STREETS = ("建设路", "人民街", "和平巷", "解放大道", "长春里", "花园小区", "新华路", "文化街")
FIRST = (
    "ANNA",
    "BORIS",
    "CLARA",
    "DAVID",
    "ELENA",
    "FARID",
    "GRETA",
    "HUGO",
    "IRINA",
    "JONAS",
    "KARIM",
    "LENA",
    "MARCO",
    "NADIA",
    "OSCAR",
    "PAULA",
)
LAST = (
    "MUSTER",
    "SPECIMEN",
    "ERIKSEN",
    "NOVAKOV",
    "DUBOIS",
    "TANAKA",
    "ROSSINI",
    "KOWALSKI",
    "HANSSON",
    "PEREIRA",
    "SINGHAL",
    "OKAFOR",
)
TOWNS = (
    "NORDHAVEN",
    "LINDBURG",
    "SANTAREL",
    "VALMONT",
    "ESTERDAL",
    "KIRAMA",
    "PORTOVELO",
    "OAKFIELD",
    "TARNOGRAD",
    "MIRABEL",
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Date:
    """A day in the years that cards carry."""

    year: int
    month: int
    day: int

    def dotted(self) -> str:
        return f"{self.year}.{self.month:02}.{self.day:02}"

    def dashed(self) -> str:
        return f"{self.year}-{self.month:02}-{self.day:02}"

    def european(self) -> str:
        return f"{self.day:02}.{self.month:02}.{self.year}"

    def short(self) -> str:
        return f"{self.year % 100:02}{self.month:02}{self.day:02}"


def pick(rng: Generator, choices: str | tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def date(rng: Generator, first: int, last: int) -> Date:
    return Date(int(rng.integers(first, last + 1)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))


def chinese_name(rng: Generator) -> str:
    return pick(rng, SURNAMES) + "".join(pick(rng, GIVEN) for _ in range(int(rng.integers(1, 3))))


def chinese_address(rng: Generator) -> str:
    return f"{pick(rng, PLACES)}{pick(rng, STREETS)}{rng.integers(1, 999)}号{rng.integers(1, 30)}栋"


def digits(rng: Generator, count: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, count))


def letters(rng: Generator, count: int) -> str:
    return "".join(pick(rng, "ABCDEFGHIJKLMNOPRSTUVWXYZ") for _ in range(count))


def right_check(first_17: str) -> str:
    """The check character of a Chinese identity number (GB 11643)."""
    return CHECKS[sum(int(d) * w for d, w in zip(first_17, WEIGHTS, strict=True)) % 11]


def identity_number(rng: Generator, birth: Date) -> str:
    """18 characters in the form of a Chinese identity number, with a wrong check character."""
    stem = digits(rng, 6) + f"{birth.year}{birth.month:02}{birth.day:02}" + digits(rng, 3)
    return stem + CHECKS[(CHECKS.index(right_check(stem)) + int(rng.integers(1, 11))) % 11]
