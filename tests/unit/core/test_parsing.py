"""Everything that people type is read by the same functions."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import parsing
from app.core.parsing import ParseError
from app.imports.rows import parse_award_date


@pytest.mark.parametrize("typed", ["IP24 1JD", "ip241jd", " ip24-1jd. ", "I P 2 4 1 J D"])
def test_a_postcode_is_read_however_it_is_typed(typed: str) -> None:
    assert parsing.parse_postcode(typed) == "IP24 1JD"


@pytest.mark.parametrize("typed", ["SW1A 2AA", "M1 1AE", "B33 8TH", "EC1A 1BB", "GY1 1WG"])
def test_all_formats_of_postcode_are_accepted(typed: str) -> None:
    assert parsing.parse_postcode(typed) == typed


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ZZ1 1ZZ", "No UK postcode begins with ZZ. Check the postcode"),
        ("Dereham", "Enter a full UK postcode, like SW1A 2AA"),
        ("IP24", "Enter a full UK postcode, like SW1A 2AA"),
        ("", "Enter a full UK postcode, like SW1A 2AA"),
    ],
)
def test_an_invalid_postcode_gives_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ParseError) as error:
        parsing.parse_postcode(typed)
    assert error.value.message == sentence


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("07700 900 982", "+447700900982"),
        ("+44 7700 900982", "+447700900982"),
        ("(01953) 880903", "+441953880903"),
        ("0300 323 0400", "+443003230400"),
        ("+353 1 234 5678", "+35312345678"),
    ],
)
def test_phone_numbers_are_read_in_any_layout(typed: str, stored: str) -> None:
    assert parsing.parse_phone(typed) == stored


def test_a_stored_number_is_shown_as_it_is_dialled() -> None:
    assert parsing.format_phone("+447911123456") == "07911 123456"
    assert parsing.format_phone("+35312345678").startswith("+353")


@pytest.mark.parametrize("typed", ["12345", "none", "", "01953 88090"])
def test_an_invalid_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_phone(typed)


def test_an_email_address_keeps_its_local_part() -> None:
    assert parsing.parse_email(" Ann.Smith@EXAMPLE.org ") == "Ann.Smith@example.org"
    assert parsing.parse_email("coordinator@demo.example") == "coordinator@demo.example"


@pytest.mark.parametrize(
    "typed",
    [
        "MAILTO:ann@example.org",
        "Ann O’Neill <ann@example.org>",
        "O'Neill, Ann <ann@example.org>;",
        "<ann@example.org>",
    ],
)
def test_what_mail_programs_add_to_an_address_is_dropped(typed: str) -> None:
    assert parsing.parse_email(typed) == "ann@example.org"


@pytest.mark.parametrize("typed", ["ann", "ann@home", "@example.org", "a b@example.org", ""])
def test_an_invalid_email_address_is_refused(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_email(typed)


def test_the_month_of_a_date_may_be_a_name() -> None:
    assert parsing.parse_date("27", "3", "2027") == date(2027, 3, 27)
    assert parsing.parse_date(" 27 ", "march", "2027") == date(2027, 3, 27)
    assert parsing.parse_date("1", "Sept.", "2027") == date(2027, 9, 1)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (("3rd", "3", "2027"), date(2027, 3, 3)),
        (("27TH", "March", "2027"), date(2027, 3, 27)),
        (("1 st", "3", "2027"), date(2027, 3, 1)),
        (("27.", "3", "2027"), date(2027, 3, 27)),
        (("27", "3", "27"), date(2027, 3, 27)),
        (("1", "3", "'98"), date(1998, 3, 1)),
    ],
)
def test_days_and_years_are_read_as_people_write_them(
    typed: tuple[str, str, str], day: date
) -> None:
    assert parsing.parse_date(*typed) == day


def test_a_year_alone_is_read_where_the_month_may_be_missing() -> None:
    assert parsing.parse_month_or_year("", "2021") == (date(2021, 1, 1), False)
    assert parsing.parse_month_or_year("May", "2021") == (date(2021, 5, 1), True)
    with pytest.raises(ParseError) as error:
        parsing.parse_month_or_year("5", "", "The month")
    assert error.value.message == "The month must include a year"


def test_a_year_in_one_input_is_read() -> None:
    assert parsing.parse_year("2021") == 2021
    assert parsing.parse_year("21") == 2021
    for wrong in ("20211", "1", "0021", "soon"):
        with pytest.raises(ParseError):
            parsing.parse_year(wrong)


@pytest.mark.parametrize(
    ("typed", "sentence", "parts"),
    [
        (("", "3", "2027"), "Date must include a day", ("day",)),
        (("", "", "2027"), "Date must include a day and month", ("day", "month")),
        (("31", "2", "2027"), "Date must be a real date", ("day", "month")),
        (("1", "13", "2027"), "Date must be a real date", ("month",)),
        (("1", "Ju", "2027"), "Date must be a real date", ("month",)),
        (("1", "²", "2027"), "Date must be a real date", ("month",)),
        (("1", "9" * 20, "2027"), "Date must be a real date", ("month",)),
        (("9" * 20, "3", "2027"), "Date must be a real date", ("day", "month")),
        (("²", "3", "2027"), "Date must be a real date", ("day", "month")),
        (("1", "3", "9" * 5000), "Year must include 4 numbers", ("year",)),
        (("1", "3", "٢٠٢٧"), "Year must include 4 numbers", ("year",)),
        (("1", "3", "271"), "Year must include 4 numbers", ("year",)),
        (("3nd of", "3", "2027"), "Date must be a real date", ("day", "month")),
        (("1", "3", "0027"), "Date must be a real date", ("year",)),
    ],
)
def test_an_invalid_date_names_the_wrong_inputs(
    typed: tuple[str, str, str], sentence: str, parts: tuple[str, ...]
) -> None:
    with pytest.raises(ParseError) as error:
        parsing.parse_date(*typed)
    assert (error.value.message, error.value.parts) == (sentence, parts)


@pytest.mark.parametrize(
    "typed", ["27/03/2027", "27.3.27", "2027-03-27", "27 March 2027", "27th Mar 2027"]
)
def test_a_date_in_one_cell_has_the_day_first(typed: str) -> None:
    assert parsing.parse_date_text(typed) == date(2027, 3, 27)


@pytest.mark.parametrize("typed", ["03/2027", "March 2027", "2027-03", "Mar-27", "27/03/2027"])
def test_a_month_in_one_cell_is_read(typed: str) -> None:
    assert parsing.parse_month_text(typed) == date(2027, 3, 1)


@pytest.mark.parametrize("reader", [parsing.parse_date_text, parsing.parse_month_text])
def test_a_cell_with_an_invalid_date_is_quoted(reader: Callable[[str], date]) -> None:
    with pytest.raises(ParseError) as error:
        reader("last spring or so")
    assert "last spring or so" in error.value.message


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9:30", time(9, 30)),
        ("9.30am", time(9, 30)),
        ("0930", time(9, 30)),
        ("2 pm", time(14)),
        ("12am", time(0)),
        ("9:30 a.m.", time(9, 30)),
        ("2 P.M.", time(14)),
        ("noon", time(12)),
    ],
)
def test_times_of_day_are_read(typed: str, read: time) -> None:
    assert parsing.parse_time(typed) == read


@pytest.mark.parametrize("typed", ["25:00", "13pm", "later", ""])
def test_an_invalid_time_is_refused(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_time(typed)


# Any text, and parts of valid input, as a keyboard, a spreadsheet or a hostile script may send.
PIECES = st.sampled_from(
    ["²", "٣", "९", "9" * 20, "9" * 5000, "0", "1", "31", "2027", "Mar", "-", "/", " ", ".", ":"]
    + ["am", "pm", "@", "+44", "IP24 1JD", "\0", "\u202e", "th", "ß", "e5", "1e300"]
)
TYPED = st.one_of(st.text(), st.lists(PIECES, max_size=6).map("".join))
READERS: list[Callable[[str], object]] = [
    parsing.parse_postcode,
    parsing.parse_email,
    parsing.parse_phone,
    parsing.parse_date_text,
    parsing.parse_month_text,
    parsing.parse_time,
    parse_award_date,
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@given(typed=TYPED)
def test_any_input_is_read_or_gives_a_sentence(reader: Callable[[str], object], typed: str) -> None:
    try:
        reader(typed)
    except ParseError as error:
        assert error.message


@given(day=TYPED, month=TYPED, year=st.one_of(TYPED, st.just("2027")))
def test_any_date_inputs_are_read_or_give_a_sentence(day: str, month: str, year: str) -> None:
    for reader, typed in (
        (parsing.parse_date, (day, month, year)),
        (parsing.parse_month, (month, year)),
    ):
        try:
            assert isinstance(reader(*typed), date)
        except ParseError as error:
            assert error.message and set(error.parts) <= {"day", "month", "year"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ann\u200b Smith", "Ann Smith"),
        ("\ufeffAnn Smith", "Ann Smith"),
        ("Ann \u202eSmith\u202c", "Ann Smith"),
        ("Ann\u00ad Smith\u2800", "Ann Smith"),
        ("Ann\u00a0Smith\u2028", "Ann Smith"),
        ("Ann\x00Smith", "Ann Smith"),
        ("Zoe\u0308", "Zoë"),
        ("O’Brien", "O’Brien"),
    ],
)
def test_invisible_characters_are_removed(typed: str, stored: str) -> None:
    assert parsing.clean_text(typed) == stored


def test_lines_are_kept_where_they_matter() -> None:
    assert (
        parsing.clean_text(" one \r\ntwo\u2028\u200bthree\x07 ", lines=True) == "one \ntwo\nthree"
    )


@given(st.text())
def test_cleaning_is_idempotent_and_leaves_nothing_that_a_spreadsheet_refuses(text: str) -> None:
    cleaned = parsing.clean_text(text)
    assert parsing.clean_text(cleaned) == cleaned
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in cleaned)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ann Smith,", "Ann Smith"),
        ("“Ann Smith”", "Ann Smith"),
        ('""Ann Smith"",', "Ann Smith"),
        ('"Ann Smith', "Ann Smith"),
        ('"Annie" Smith', '"Annie" Smith'),
        ("Ann Smith “Annie”;", "Ann Smith “Annie”"),
        ("- Ann Smith", "Ann Smith"),
        ("Smith-", "Smith-"),
        ("'t Hooft", "'t Hooft"),
        ("Martin Luther King Jr.", "Martin Luther King Jr."),
        ("Łukasz", "Łukasz"),
        ("王", "王"),
    ],
)
def test_stray_punctuation_at_the_edges_of_a_name_is_removed(typed: str, stored: str) -> None:
    assert parsing.parse_name(typed) == stored


@pytest.mark.parametrize("typed", ["...", "123", "\u200b", "- -"])
def test_a_name_without_letters_is_refused(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_name(typed)


@pytest.mark.parametrize("typed", ["o’brien@example.org", "o´brien@example.org", "o`b@example.org"])
def test_a_typographic_apostrophe_in_an_email_address_is_explained(typed: str) -> None:
    with pytest.raises(ParseError) as error:
        parsing.parse_email(typed)
    assert "must be straight" in error.value.message


@pytest.mark.parametrize(
    "typed",
    [
        "<ann@example.org>",
        "Ann Smith <ann@example.org>",
        "mailto:ann@example.org",
        "ann@example.org,",
        "ann@example.org.",
        "\u200bann@exam\u200bple.org",
    ],
)
def test_stray_characters_around_an_email_address_are_removed(typed: str) -> None:
    assert parsing.parse_email(typed) == "ann@example.org"


@pytest.mark.parametrize(
    "typed", ["01362 656870 ext 12", "01362 656870 x12", "01362 656870#12", "01362 656870;ext=12"]
)
def test_a_phone_extension_is_never_dropped(typed: str) -> None:
    with pytest.raises(ParseError) as error:
        parsing.parse_phone(typed)
    assert "extension" in error.value.message


@pytest.mark.parametrize(
    "typed",
    [
        "07700 900982 (mum)",
        "mum 07700 900982",
        "07700 900982m",
        "0800 REVERSE",
        "07700 900982 or 07700 900983",
        "07700 900982 / 01362 656870",
        "07700 900982686",
    ],
)
def test_words_beside_a_phone_number_never_make_another_number(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_phone(typed)


@pytest.mark.parametrize("typed", ["tel:07700900982", "Mob. 07700 900982", "+44 (0)7700 900982,"])
def test_labels_of_a_phone_number_are_removed(typed: str) -> None:
    assert parsing.parse_phone(typed) == "+447700900982"


def test_postcodes_of_the_forces_are_accepted() -> None:
    assert parsing.parse_postcode("bf14aa") == "BF1 4AA"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.org/join", "https://example.org/join"),
        ("https://zoom.us/j/123?pwd=a", "https://zoom.us/j/123?pwd=a"),
        ("example.org:8443/a", "https://example.org:8443/a"),
        ("HTTP://example.org", "HTTP://example.org"),
    ],
)
def test_a_link_gets_its_scheme(typed: str, stored: str) -> None:
    assert parsing.parse_link(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "JavaScript:alert(1)//example.org",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://user:secret@example.org",
        "https://exam ple.org",
        "https://localhost",
        "https://",
        "https://example.org:99999",
        "https://[::1",
        "Zoom",
    ],
)
def test_anything_but_the_address_of_a_web_page_is_refused(typed: str) -> None:
    with pytest.raises(ParseError):
        parsing.parse_link(typed)
