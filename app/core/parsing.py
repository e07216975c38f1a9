"""Parse what users type: text, names, postcodes, phone numbers, emails, URLs, dates and times.

Forms, importers and the command line use these functions. Each function returns the value in the
form that we store, or raises ParseError with a message for the user.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, time
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from app.core.words import join_list, month_names

_AREAS = """
AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY
E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL
LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN
SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
"""
POSTCODE_AREAS = frozenset(_AREAS.split())
_POSTCODE = re.compile(r"([A-Z]{1,2})([0-9][0-9A-Z]?)([0-9][ABD-HJLNP-UW-Z]{2})\Z")
# Ofcom reserves 07700 900000 to 900999 for drama, and our demonstration uses them.
_DRAMA_MOBILES = re.compile(r"7700900[0-9]{3}")
_ORDINAL = re.compile(r"([0-9])\s?(st|nd|rd|th)\b", re.IGNORECASE)
_DAY_OR_MONTH = re.compile(r"[0-9]{1,2}")  # not str.isdigit, which accepts "²" and any length
_YEAR = re.compile(r"[0-9]{4}")
_SHORT_YEAR = re.compile(r"['’‘]?([0-9]{2})")
_LATEST_SHORT_YEAR = 69  # "69" is 2069 and "70" is 1970, as POSIX reads two digits
_EARLIEST_YEAR = 1900
_LATEST_YEAR = 2100
# Invisible characters that Unicode does not classify as format characters: fillers, the blank
# Braille cell, variation selectors and noncharacters.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\ufffe\uffff"
    "\ufdd0-\ufdef\U000e0100-\U000e01ef]"
)
_STRAY = " ,;:|*_"  # left at the edges of a name when it is copied from a list
_QUOTES = '"“”„«»<>'  # left there as well, but they may also surround a nickname
_STRAY_DASH = re.compile(r"\A[-–—]\s+|\s+[-–—]\Z")
_WRONG_APOSTROPHE = re.compile("[‘’‛ʼ´`′]")
_WITH_NAME = re.compile(r"\A[^<>]*<([^<>]+)>\Z")  # as mail programs copy an address
_MAILTO = re.compile(r"\Amailto:", re.IGNORECASE)
_PHONE_EXTENSION = re.compile(r"(?:\bext(?:ension|n)?\b|\bx\s*[0-9]|[#~]|;ext=)", re.IGNORECASE)
_PHONE_PREFIX = re.compile(r"\A(?:tel|mob|mobile|phone|telephone)\b[.:]*\s*", re.IGNORECASE)
PARTS = {"day": _l("day"), "month": _l("month"), "year": _l("year")}


class ParseError(ValueError):
    """The input cannot be parsed. `parts` names the inputs that are wrong."""

    def __init__(self, message: object, parts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.parts = tuple(parts)

    @property
    def message(self) -> str:
        """Return the error message in the reader's language."""
        return str(self.args[0])


def clean_text(text: object, *, lines: bool = False) -> str:
    """Return the text in Unicode NFC, without invisible characters or unnecessary spaces.

    Zero-width characters, byte order marks, soft hyphens and text direction marks are removed.
    Control characters become spaces. If `lines` is True, line breaks and the spaces inside lines
    are kept.
    """
    normal = unicodedata.normalize("NFC", str(text))
    if lines:
        normal = re.sub("\r\n|[\r\u2028\u2029]", "\n", normal)
    visible = "".join(map(_replace_invisible, _INVISIBLE.sub("", normal)))
    return visible.strip() if lines else " ".join(visible.split())


def _replace_invisible(letter: str) -> str:
    """Return "" for an invisible character, " " for a control character, or the letter itself."""
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    return " " if category in ("Cc", "Cs") and letter != "\n" else letter


def parse_name(text: str) -> str:
    """Return a name without the punctuation around it.

    Names can be one word, contain digits and use any script. Raises ParseError if the name has
    no letters.
    """
    name = _strip_stray_punctuation(_STRAY_DASH.sub("", _strip_stray_punctuation(clean_text(text))))
    if not any(letter.isalpha() for letter in name):
        raise ParseError(_l("Enter a name that contains letters"))
    return name


def _strip_stray_punctuation(name: str) -> str:
    """Return a name without punctuation at either end. Quotes around part of the name are kept."""
    inner = name.strip(_STRAY + _QUOTES)
    return name.strip(_STRAY) if any(mark in inner for mark in _QUOTES) else inner


def parse_link(text: str) -> str:
    """Return the URL of a web page. Adds `https://` if the URL has no scheme.

    Raises ParseError if the URL is not valid or has another scheme, such as `javascript:`.
    """
    typed = clean_text(text)
    address = (
        typed
        if re.match(r"[a-z][a-z0-9+.-]*:(?![0-9])", typed, re.IGNORECASE)
        else f"https://{typed}"
    )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if (
        parts.scheme not in ("http", "https")
        or not re.fullmatch(r"[^\s.@\\<>\"']+(\.[^\s.@\\<>\"']+)+", host)
        or parts.username is not None
        or port == 0
        or re.search(r"[\s\\<>\"]", address)
    ):
        raise ParseError(
            _l("Enter a link that begins with https://, like https://example.org/join")
        )
    return address


def parse_postcode(text: str) -> str:
    """Return a postcode in its usual form: `ip241jd` → `IP24 1JD`.

    Checks the format and the postcode area, but not whether the postcode exists.
    """
    letters = re.sub(r"[^A-Z0-9]", "", text.upper())
    found = _POSTCODE.match(letters)
    if found is None:
        raise ParseError(_l("Enter a full UK postcode, like SW1A 2AA"))
    area, rest, inward = found.groups()
    if area not in POSTCODE_AREAS:
        raise ParseError(
            _l("No UK postcode begins with %(area)s. Check the postcode", area=area),
        )
    return f"{area}{rest} {inward}"


def parse_email(text: str) -> str:
    """Return an email address with its domain in lower case.

    Removes a name and angle brackets, as in `Ann <ann@example.org>`. Does not check whether the
    domain or the mailbox exists.
    """
    typed = _MAILTO.sub("", clean_text(text)).strip(" ,;").removesuffix(".")
    typed = _WITH_NAME.sub(r"\1", typed)
    if _WRONG_APOSTROPHE.search(typed):
        raise ParseError(
            _l("The apostrophe in an email address must be straight ('). Type the apostrophe again")
        )
    try:
        found = validate_email(typed, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        found = None
    if found is None or "." not in found.domain:
        raise ParseError(_l("Enter an email address in the correct format, like name@example.com"))
    return found.normalized


def parse_phone(text: str) -> str:
    """Return a phone number in E.164. A number from another country must start with +.

    Raises ParseError if the text also contains words, or if the number has an extension, which
    E.164 does not support.
    """
    typed = _PHONE_PREFIX.sub("", clean_text(text)).strip(" ,;")
    if _PHONE_EXTENSION.search(typed):
        raise ParseError(
            _l("We cannot store an extension. Enter a number that we can call without one")
        )
    if any(letter.isalpha() for letter in typed):
        raise ParseError(_l("Enter only one phone number, without any words"))
    try:
        number = phonenumbers.parse(typed, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not (
        phonenumbers.is_valid_number(number)
        or (number.country_code == 44 and _DRAMA_MOBILES.fullmatch(str(number.national_number)))
    ):
        raise ParseError(
            _l("Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192")
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(e164: str) -> str:
    """Return a number as people in the UK dial it: +447700900982 → 07700 900982."""
    number = phonenumbers.parse(e164, None)
    if number.country_code == 44:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def parse_date(day: str, month: str, year: str, name: object = "") -> date:
    """Return the date entered in three inputs.

    The day can be an ordinal such as "3rd", the month can be a name, and the year can have two
    digits. Error messages start with `name`, the name of the field.
    """
    name = name or _l("Date")
    given = {"day": day.strip(), "month": month.strip(), "year": year.strip()}
    missing = [part for part, text in given.items() if not text]
    if missing:
        raise ParseError(
            _l(
                "%(name)s must include a %(parts)s",
                name=name,
                parts=join_list([str(PARTS[part]) for part in missing]),
            ),
            missing,
        )
    year_number = _parse_year(given["year"], name)
    month_number = _parse_month(given["month"])
    try:
        return date(year_number, month_number, _parse_day(given["day"]))
    except ValueError:
        wrong = ("day", "month") if 1 <= month_number <= 12 else ("month",)
        raise ParseError(_l("%(name)s must be a real date", name=name), wrong) from None


def parse_month(month: str, year: str, name: object = "") -> date:
    """Return the first day of the month entered in two inputs."""
    return parse_date("1", month, year, name)


def parse_month_or_year(month: str, year: str, name: object = "") -> tuple[date, bool]:
    """Return the first day of the month or year, and whether the month was entered."""
    if month.strip() or not year.strip():
        return parse_month(month, year, name), True
    return parse_month("1", year, name), False


def parse_date_or_month(day: str, month: str, year: str, name: object = "") -> tuple[date, bool]:
    """Return the date or the first day of the month, and whether the day was entered."""
    if day.strip():
        return parse_date(day, month, year, name), True
    return parse_month(month, year, name), False


def parse_year(text: str, name: object = "") -> int:
    """Return the year entered in one input. The year can have two digits."""
    return _parse_year(text.strip(), name or _l("Year"))


def parse_date_text(text: str) -> date:
    """Return a date written as 27/03/2027, 27.3.27, 2027-03-27 or 27 March 2027."""
    parts = re.split(r"[\s/.,-]+", _ORDINAL.sub(r"\1", text.strip()))
    if len(parts) == 3 and len(parts[0]) == 4:
        parts.reverse()
    if len(parts) != 3:
        raise ParseError(_l("“%(text)s” must be a date, for example 27/03/2027", text=text.strip()))
    day, month, year = parts
    return parse_date(day, month, year)


def parse_month_text(text: str) -> date:
    """Return the first day of a month written as 03/2027, March 2027, 2027-03 or a full date."""
    parts = re.split(r"[\s/.,-]+", text.strip())
    if len(parts) == 3:
        return parse_date_text(text).replace(day=1)
    if len(parts) != 2:
        raise ParseError(
            _l("“%(text)s” must be a month and year, for example March 2027", text=text.strip())
        )
    month, year = parts if not _YEAR.fullmatch(parts[0]) else parts[::-1]
    return parse_month(month, year)


def parse_time(text: str) -> time:
    """Return a time of day. Formats include 9:30, 09.30, 9.30am, 2 p.m. and 14:00."""
    tidy = re.sub(r"([ap])\.?m\.?\Z", r"\1m", re.sub(r"\s", "", text.lower()))
    special = {"midday": time(12), "noon": time(12), "midnight": time(0)}
    if tidy in special:
        return special[tidy]
    found = re.fullmatch(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?(am|pm)?", tidy)
    hour, minute, half = found.groups() if found else ("99", None, None)
    number = int(hour)
    if half and not 1 <= number <= 12:
        number = 99
    elif half:
        number = number % 12 + (12 if half == "pm" else 0)
    try:
        return time(number, int(minute or 0))
    except ValueError:
        raise ParseError(_l("Enter a time, like 9:30am or 14:00")) from None


def _parse_number(text: str) -> int:
    """Return the number in a text of digits, or 0 for any other text."""
    return int(text) if _DAY_OR_MONTH.fullmatch(text) else 0


def _parse_day(text: str) -> int:
    """Return the number in a day such as "3", "3rd" or "3.", or 0 for any other text."""
    return _parse_number(_ORDINAL.sub(r"\1", text).rstrip("."))


def _parse_month(text: str) -> int:
    if number := _parse_number(text):
        return number
    names = [
        number
        for number, name in month_names().items()
        if len(text) >= 3 and name.lower().startswith(text.lower().rstrip("."))
    ]
    return names[0] if len(names) == 1 else 0


def _parse_year(text: str, name: object) -> int:
    if short := _SHORT_YEAR.fullmatch(text):
        century = "20" if int(short[1]) <= _LATEST_SHORT_YEAR else "19"
        text = century + short[1]
    if not _YEAR.fullmatch(text):
        raise ParseError(_l("Year must include 4 numbers"), ("year",))
    if not _EARLIEST_YEAR <= int(text) <= _LATEST_YEAR:
        raise ParseError(_l("%(name)s must be a real date", name=name), ("year",))
    return int(text)
