"""Dates as Elasticsearch reads them: ISO 8601 with missing parts, epoch numbers and date math.

All instants are whole milliseconds since 1970 in UTC, the resolution of Elasticsearch's `date`.
Source: https://www.elastic.co/docs/reference/elasticsearch/rest-apis/common-options (date math).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"
FORMATS = ("strict_date_optional_time", "date_optional_time", "strict_date_optional_time_nanos")
SUPPORTED = (*FORMATS, "epoch_millis", "epoch_second", "yyyy-MM-dd", "strict_date")
EPOCH = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000

_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?"
)
_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")
_STEP = re.compile(r"([+-])(\d*)([yMwdhHms])|/([yMwdhHms])")
_FIXED_MS = {"w": 7 * DAY_MS, "d": DAY_MS, "h": 3_600_000, "H": 3_600_000, "m": 60_000, "s": 1000}


class BadDate(ValueError):
    """The text is no date in the wanted format."""


def parse(text: str, formats: str = DEFAULT_FORMAT, *, up: bool = False, offset_ms: int = 0) -> int:
    """Milliseconds since the epoch. `up` fills missing parts with their last value instead of the first.

    `offset_ms` is the time zone of a text that names none.

    Raises:
        BadDate: no format fits.
    """
    for name in formats.split("||"):
        found = _parse_one(text, name, up, offset_ms)
        if found is not None:
            return found
    raise BadDate(f"failed to parse date field [{text}] with format [{formats}]")


def _parse_one(text: str, name: str, up: bool, offset_ms: int) -> int | None:
    if name in ("epoch_millis", "epoch_second"):
        return _epoch(text, 1 if name == "epoch_millis" else 1000)
    if name in ("yyyy-MM-dd", "strict_date") and len(text) != 10:
        return None
    return _iso(text, up, offset_ms)


def _epoch(text: str, scale: int) -> int | None:
    if re.fullmatch(r"-?\d{1,19}", text):
        return int(text) * scale
    if re.fullmatch(r"-?\d{1,19}\.\d{1,9}", text):
        return int(float(text) * scale // 1)
    return None


def _iso(text: str, up: bool, offset_ms: int) -> int | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    months = int(month) if month else (12 if up else 1)
    try:
        last = calendar.monthrange(int(year), months)[1]
        days = date(int(year), months, int(day) if day else (last if up else 1)).toordinal() - EPOCH
    except (ValueError, calendar.IllegalMonthError):
        return None
    hours = int(hour) if hour else (23 if up else 0)
    minutes = int(minute) if minute else (59 if up else 0)
    seconds = int(second) if second else (59 if up else 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    millis = int(fraction[:3].ljust(3, "0")) if fraction else (999 if up else 0)
    shift = offset_of(zone) if zone else offset_ms
    return days * DAY_MS + (hours * 3600 + minutes * 60 + seconds) * 1000 + millis - shift


def offset_of(zone: str) -> int:
    """Milliseconds that `zone` (Z, UTC or +hh:mm) is ahead of UTC.

    Raises:
        BadDate: another kind of zone.
    """
    if zone in ("Z", "UTC", "GMT"):
        return 0
    match = _OFFSET.fullmatch(zone)
    if match is None:
        raise BadDate(f"unknown time zone [{zone}]")
    sign, hours, minutes = match.groups()
    return (int(hours) * 60 + int(minutes or 0)) * 60_000 * (-1 if sign == "-" else 1)


def resolve(text: str, now_ms: int, *, up: bool, formats: str = DEFAULT_FORMAT, offset_ms: int = 0) -> int:
    """A date or a date-math expression (`now-1h/d`, `2026-01-01||+1M/M`) as milliseconds.

    `up` rounds to the last millisecond of what is left open, as `gt` and `lte` do.

    Raises:
        BadDate: it is neither.
    """
    if text.startswith("now"):
        return _calculate(now_ms, text[3:], up, offset_ms)
    anchor, bars, steps = text.partition("||")
    if not bars:
        return parse(anchor, formats, up=up, offset_ms=offset_ms)
    return _calculate(parse(anchor, formats, offset_ms=offset_ms), steps, up, offset_ms)


def _calculate(start_ms: int, steps: str, up: bool, offset_ms: int) -> int:
    moment, position = start_ms, 0
    while position < len(steps):
        match = _STEP.match(steps, position)
        if match is None:
            raise BadDate(f"operator not supported for date math [{steps[position:]}]")
        sign, count, unit, rounded = match.groups()
        if rounded:
            moment = _round(moment + offset_ms, rounded, up) - offset_ms
        else:
            moment = _add(moment, unit, int(count or 1) * (-1 if sign == "-" else 1))
        position = match.end()
    return moment


def _add(moment: int, unit: str, count: int) -> int:
    if unit in _FIXED_MS:
        return moment + count * _FIXED_MS[unit]
    start = _datetime(moment)
    months = start.year * 12 + start.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise BadDate(f"date math leaves the calendar: {count}{unit}")
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return _millis(start.replace(year=year, month=month + 1, day=day))


def _round(moment: int, unit: str, up: bool) -> int:
    floor = _floor(moment, unit)
    return _add(floor, unit, 1) - 1 if up else floor


def _floor(moment: int, unit: str) -> int:
    if unit == "w":
        monday = moment // DAY_MS - (moment // DAY_MS + 3) % 7  # 1970-01-01 was a Thursday
        return monday * DAY_MS
    if unit in _FIXED_MS:
        return moment // _FIXED_MS[unit] * _FIXED_MS[unit]
    midnight = _datetime(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return _millis(midnight.replace(month=1) if unit == "y" else midnight)


def _datetime(moment: int) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
    except OverflowError:
        raise BadDate(f"date math leaves the calendar at {moment}") from None


def _millis(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
