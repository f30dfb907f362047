"""Twelve scripts: what documents are called in them, their labels, and letters for invented words."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from training.cards import people


@dataclass(frozen=True, slots=True)
class Script:
    """A script.

    Attributes:
        faces, bolds: fonts that have it.
        identity, licence, passport: titles of the three types.
        states: invented ones.
        labels: of fields.
        letters: of invented words.
        cased: whether names stand in capitals.
    """

    faces: tuple[str, ...]
    bolds: tuple[str, ...]
    identity: tuple[str, ...]
    licence: tuple[str, ...]
    passport: tuple[str, ...]
    states: tuple[str, ...]
    labels: tuple[str, ...]
    letters: str
    cased: bool = False

    def word(self, rng: Generator, longest: int = 9) -> str:
        """An invented word."""
        if self is SCRIPTS["latin"]:
            return people.pick(rng, people.FIRST + people.LAST + people.TOWNS).capitalize()[:longest]
        count = int(rng.integers(2, 4 if self.letters > "\u2e80" else longest))
        word = "".join(people.pick(rng, self.letters) for _ in range(count))
        return word.capitalize() if self.cased else word


SCRIPTS = {
    "latin": Script(
        ("plain", "sans", "lato", "roboto", "narrow", "serif", "roman"),
        ("heavy", "bold", "lato bold", "roboto bold", "roman bold"),
        (
            "IDENTITY CARD",
            "NATIONAL IDENTITY CARD",
            "CARTE NATIONALE D'IDENTITÉ",
            "PERSONALAUSWEIS",
            "CARTA D'IDENTITÀ",
            "DOWÓD OSOBISTY",
            "DOCUMENTO NACIONAL DE IDENTIDAD",
            "RESIDENCE PERMIT",
            "AUFENTHALTSTITEL",
            "TITRE DE SÉJOUR",
            "CITIZEN CARD",
            "IDENTITEITSKAART",
            "OBČANSKÝ PRŮKAZ",
            "SZEMÉLYAZONOSÍTÓ IGAZOLVÁNY",
            "HENKILÖKORTTI",
            "KİMLİK KARTI",
            "CÉDULA DE CIUDADANÍA",
            "KARTU TANDA PENDUDUK",
            "THẺ CĂN CƯỚC",
            "HEALTH INSURANCE CARD",
        ),
        (
            "DRIVING LICENCE",
            "DRIVER LICENSE",
            "DRIVER'S LICENCE",
            "PERMIS DE CONDUIRE",
            "FÜHRERSCHEIN",
            "PATENTE DI GUIDA",
            "PRAWO JAZDY",
            "LICENCIA DE CONDUCIR",
            "CARTA DE CONDUÇÃO",
            "CARTEIRA NACIONAL DE HABILITAÇÃO",
            "RIJBEWIJS",
            "KÖRKORT",
            "KØREKORT",
            "AJOKORTTI",
            "ŘIDIČSKÝ PRŮKAZ",
            "VEZETŐI ENGEDÉLY",
            "SÜRÜCÜ BELGESİ",
            "SURAT IZIN MENGEMUDI",
            "GIẤY PHÉP LÁI XE",
        ),
        ("PASSPORT", "PASSEPORT", "REISEPASS", "PASAPORTE", "PASSAPORTO", "PASZPORT", "PAS", "PASSI"),
        (
            "UTOPIA",
            "REPUBLIC OF VALMONT",
            "KINGDOM OF ESTERDAL",
            "RÉPUBLIQUE DE MIRABEL",
            "FREISTAAT LINDBURG",
            "NORDHAVEN",
            "ESTADO DE SANTAREL",
        ),
        (
            "Surname",
            "Given names",
            "Date of birth",
            "Nationality",
            "Sex",
            "Place of birth",
            "Date of issue",
            "Date of expiry",
            "Authority",
            "Document No.",
            "Address",
            "Height",
        ),
        "abcdefghijklmnopqrstuvwxyz",
        True,
    ),
    "cyrillic": Script(
        ("sans", "plain", "serif", "roman"),
        ("bold", "heavy", "roman bold"),
        ("УДОСТОВЕРЕНИЕ ЛИЧНОСТИ", "ЛИЧНА КАРТА", "ПОСВІДЧЕННЯ ОСОБИ", "ЛИЧНА КАРТА", "ЖЕКЕ КУӘЛІК"),
        ("ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", "ПОСВІДЧЕННЯ ВОДІЯ", "СВИДЕТЕЛСТВО ЗА УПРАВЛЕНИЕ", "ВОЗАЧКА ДОЗВОЛА"),
        ("ПАСПОРТ", "ПАСОШ"),
        ("РЕСПУБЛИКА ТАРНОГРАД", "РЕПУБЛИКА СЕВЕРИЯ"),
        ("Фамилия", "Имя", "Дата рождения", "Гражданство", "Пол", "Место рождения", "Дата выдачи", "Орган"),
        "абвгдежзиклмнопрстуфхцчшыэюя",
        True,
    ),
    "greek": Script(
        ("sans", "plain", "roman"),
        ("bold", "heavy"),
        ("ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "ΑΔΕΙΑ ΔΙΑΜΟΝΗΣ"),
        ("ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ",),
        ("ΔΙΑΒΑΤΗΡΙΟ",),
        ("ΔΗΜΟΚΡΑΤΙΑ ΤΗΣ ΟΥΤΟΠΙΑΣ",),
        ("Επώνυμο", "Όνομα", "Ημερ. γέννησης", "Ιθαγένεια", "Φύλο", "Τόπος γέννησης", "Λήξη"),
        "αβγδεζηθικλμνξοπρστυφχψω",
        True,
    ),
    "han": Script(
        ("hei", "song"),
        ("black",),
        ("居民身份證", "永久性居民身份證", "國民身分證", "居留证", "港澳居民居住证", "社会保障卡"),
        ("駕駛執照", "汽車駕駛執照", "机动车驾驶证"),
        ("护照", "護照"),
        ("中华民乐国", "東湖特別行政區"),
        ("姓名", "性別", "出生日期", "國籍", "住址", "簽發日期", "有效期限", "證號"),
        people.SURNAMES + people.GIVEN,
    ),
    "kana": Script(
        ("hei", "song"),
        ("black",),
        ("身分証明書", "個人番号カード", "在留カード", "健康保険証"),
        ("運転免許証",),
        ("旅券", "日本式旅券"),
        ("東湖県公安委員会", "北河国"),
        ("氏名", "生年月日", "住所", "交付", "条件等", "番号", "国籍・地域"),
        "あいうえおかきくけこさしすせそたちつてとなにのはひふみやゆよらりるれろアイウエオカキクサシタ山川田中村",
    ),
    "hangul": Script(
        ("hei",),
        ("black",),
        ("주민등록증", "외국인등록증", "모바일신분증"),
        ("자동차운전면허증",),
        ("여권",),
        ("동호민국",),
        ("성명", "주민등록번호", "주소", "발급일자", "국적", "만료일", "성별"),
        "가나다라마바사아자차카타파하김이박최정강조윤장임서울부산시동로구민수영진호",
    ),
    "arabic": Script(
        ("arabic",),
        ("arabic",),
        ("بطاقة الهوية", "بطاقة الهوية الوطنية", "بطاقة الإقامة"),
        ("رخصة القيادة", "رخصة سياقة"),
        ("جواز سفر",),
        ("جمهورية الواحة", "مملكة النخيل"),
        ("الاسم", "اللقب", "تاريخ الميلاد", "الجنسية", "الجنس", "مكان الميلاد", "تاريخ الانتهاء"),
        "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    ),
    "hebrew": Script(
        ("hebrew",),
        ("hebrew",),
        ("תעודת זהות",),
        ("רישיון נהיגה",),
        ("דרכון",),
        ("מדינת אוטופיה",),
        ("שם משפחה", "שם פרטי", "תאריך לידה", "אזרחות", "מין", "תוקף"),
        "אבגדהוזחטיכלמנסעפצקרשת",
    ),
    "devanagari": Script(
        ("devanagari",),
        ("devanagari",),
        ("पहचान पत्र", "राष्ट्रीय परिचयपत्र", "मतदाता पहचान पत्र"),
        ("चालक अनुज्ञप्ति", "सवारी चालक अनुमतिपत्र"),
        ("पासपोर्ट", "राहदानी"),
        ("उटोपिया सरकार",),
        ("नाम", "पिता का नाम", "जन्म तिथि", "लिंग", "पता", "जारी तिथि"),
        "कखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    ),
    "thai": Script(
        ("thai",),
        ("thai",),
        ("บัตรประจำตัวประชาชน",),
        ("ใบอนุญาตขับรถ", "ใบอนุญาตขับรถยนต์"),
        ("หนังสือเดินทาง",),
        ("ราชอาณาจักรยูโทเปีย",),
        ("ชื่อ", "นามสกุล", "เกิดวันที่", "ที่อยู่", "วันออกบัตร", "หมดอายุ"),
        "กขคงจชซญดตถทนบปผพฟมยรลวสหอ",
    ),
    "georgian": Script(
        ("georgian",),
        ("georgian",),
        ("პირადობის მოწმობა",),
        ("მართვის მოწმობა",),
        ("პასპორტი",),
        ("უტოპია",),
        ("გვარი", "სახელი", "დაბადების თარიღი", "მოქალაქეობა", "სქესი"),
        "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    ),
    "armenian": Script(
        ("armenian",),
        ("armenian",),
        ("ՆՈՒՅՆԱԿԱՆԱՑՄԱՆ ՔԱՐՏ",),
        ("ՎԱՐՈՐԴԱԿԱՆ ՎԿԱՅԱԿԱՆ",),
        ("ԱՆՁՆԱԳԻՐ",),
        ("ՈՒՏՈՊԻԱ",),
        ("Ազգանուն", "Անուն", "Ծննդյան օր", "Քաղաքացիություն", "Սեռ"),
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցփքօ",
        True,
    ),
}
LATIN = SCRIPTS["latin"]
FRENCH = (
    "Nom",
    "Prénoms",
    "Date de naissance",
    "Nationalité",
    "Sexe",
    "Lieu de naissance",
    "Date de délivrance",
    "Date d'expiration",
    "Autorité",
    "No. du document",
    "Adresse",
    "Taille",
)  # the Latin script's labels again
LATIN_SHARE = 0.55


def script(rng: Generator) -> Script:
    """More often the Latin one than another."""
    if rng.uniform() < LATIN_SHARE:
        return LATIN
    others = [name for name in SCRIPTS if name != "latin"]
    return SCRIPTS[others[int(rng.integers(len(others)))]]
