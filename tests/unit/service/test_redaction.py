import pytest

from app.service.redaction import MARK, redact


@pytest.mark.parametrize(
    "number",
    [
        "110101199003077758",
        "11010119900307775X",
        "11010119900307775x",
        "110101 19900307 7758",
        "110101-19900307-7758",
        "1101 0119 9003 0777 58",
        "1 1 0 1 0 1 1 9 9 0 0 3 0 7 7 7 5 8",
        "１１０１０１１９９００３０７７７５８",
        "110101900307775",
        "110101 900307 775",
        "E12345678",
        "e12345678",
        "EA1234567",
        "G12345678",
        "G 12345678",
        "K1234567",
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "1381 234 5678",
        "+8613812345678",
        "+86 138 1234 5678",
        "(+86)138-1234-5678",
        "0086 13812345678",
        "8613812345678",
        "+1 (415) 555-2671",
        "+44 20 7946 0958",
        "+4915112345678",
        "010-88886666",
        "P<CHNZHANG<<SAN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
        "E123456784CHN9003077M2501017<<<<<<<<<<<<<<00",
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B1234510",
    ],
)
@pytest.mark.parametrize(
    "text", ["{}", "no. {}.", "身份证{}号", "x={}&y", '{{"number": "{}"}}', "a/{}/b", "[{}]"]
)
def test_numbers_of_persons_are_taken_out(text: str, number: str) -> None:
    cleaned = redact(text.format(number))

    assert number not in cleaned
    assert MARK in cleaned
    assert sum(character.isdigit() for character in cleaned) <= 1, cleaned


@pytest.mark.parametrize(
    "text",
    [
        "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa",
        "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa.12",
        "01912345-1234-7123-8123-123456789012",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "9f86d081884c",
        "2026-11-23T03:12:45.123456Z",
        "2026-11-23 03:12:45,123",
        "2026-11-23T03:12:45+08:00",
        "2026-11-23",
        "from 2026-11-23 to 2026-11-24",
        "request-20261123T031245123456.ndjson",
        "1763867565.123456",
        "1763867565123",
        "38000000 ns",
        "took 123456010112345 ns",
        "13812345678 bytes",
        "0.9734567890123456",
        "0.110101900307775 s",
        "12.345678901234567 ms",
        "127.0.0.1",
        "138.123.145.78",
        "2001:db8:85a3::8a2e:370:7334",
        "127.0.0.1:41438",
        "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
        "python-requests/2.34.2",
        'File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner',
        "<app.service.api.Routes object at 0x7f138123456780>",
        "1 << 20",
        "card.stage.decode.ms",
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


def test_a_number_at_the_seam_of_another_is_taken_out_too() -> None:
    assert redact("13812345678E12345678") == MARK + MARK


def test_a_number_after_digits_that_do_not_belong_to_it_is_found() -> None:
    assert redact("12 110101 19900307 7758") == f"12 {MARK}"


def test_long_hostile_text_takes_no_long_time() -> None:
    for piece in ("1", "1 ", "A<", "+1", "1-", "A1", "0.1", "19900307"):
        assert redact(piece * 20_000) == piece * 20_000  # none of it is a number
