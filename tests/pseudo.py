"""A made-up language, which shows sentences that cannot be translated.

Its catalogue is made from the messages of the code and the templates when a test starts. Every
English letter of a message becomes another letter (“Sign in” becomes “Šíğñ íñ”), while
placeholders, tags and URLs stay the same. The language has the dates, numbers and lists of Greek,
so that any that do not come from Babel stand out too. Plain English letters that remain on a page
are either data or part of a sentence that does not go through gettext.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from flask import Flask
from sqlalchemy import Enum, String, select
from sqlalchemy.orm import Session

from app.core.db import Base
from app.messages.models import Message
from config import ROOT

LOCALE = "el"
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áþçđéøğħíĵķłŋñóþœřšťúůŵžýźÁÞÇĐÉØĞĦÍĴĶŁŊÑÓÞŒŘŠŤÚŮŴŽÝŹ",
)
# Parts of a message that stay the same: placeholders, tags, entities, URLs.
KEPT = re.compile(
    r"%\(\w+\)s|%\{\w+\}|%%|<[^>]*>|&#?\w+;|(?:https?://|/)[\w./-]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)


def translated(message: str) -> str:
    """Return a message in the made-up language."""
    parts, end = [], 0
    for kept in KEPT.finditer(message):
        parts += [message[end : kept.start()].translate(LETTERS), kept[0]]
        end = kept.end()
    return "".join([*parts, message[end:].translate(LETTERS)])


def write_catalogue(folder: Path) -> int:
    """Write the compiled catalogue of all messages below `folder`. Return how many there are."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]
    methods = [(each["pattern"], each["method"]) for each in settings["mappings"]]
    keywords: dict[str, Any] = {**DEFAULT_KEYWORDS}
    for name in settings["keywords"]:
        keywords[name] = (1, 2) if name.startswith("n") or "ngettext" in name else None
    catalogue = Catalog(locale=LOCALE)
    for room in ("app", "templates"):
        found = extract_from_dir(ROOT / room, _below(room, methods), keywords=keywords)
        for _file, _line, message, _comments, context in found:
            forms = message if isinstance(message, tuple) else (message,)
            texts = tuple(map(translated, forms))
            catalogue.add(message, texts if len(forms) > 1 else texts[0], context=context)
    target = folder / LOCALE / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
    return len(catalogue)


def _below(room: str, methods: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (pattern.removeprefix(f"{room}/"), method)
        for pattern, method in methods
        if pattern.startswith(f"{room}/")
    ]


def use_made_up_language(app: Flask, folder: Path) -> None:
    """Make an application use the made-up language, with the catalogue in `folder`."""
    settings = app.extensions["babel"]
    settings.default_locale = LOCALE
    settings.translation_directories = [str(folder)]


# --- the texts of a page ---

TEXT_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "data-failed")
BUTTONS = ("submit", "button", "reset")
UNSEEN = ("script", "style")


class _TextCollector(HTMLParser):
    """A parser that collects the texts of a page, including those in attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._silent = ""  # an element whose texts are left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the texts in an element's attributes."""
        values = {name: value or "" for name, value in attrs}
        if tag in UNSEEN or values.get("translate") == "no":
            self._silent = self._silent or tag
        named = [name for name in values if name in TEXT_ATTRIBUTES or name.startswith("data-i18n")]
        if tag == "input" and values.get("type") in BUTTONS:
            named.append("value")
        self.texts += [values[name] for name in named]

    def handle_endtag(self, tag: str) -> None:
        """Collect texts again after an element that is left out."""
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        """Collect the text between two tags."""
        if not self._silent:
            self.texts.append(data)


def texts_of(page: str) -> Iterator[str]:
    """Yield the texts of an HTML page, each on one line."""
    parser = _TextCollector()
    parser.feed(page.replace("<wbr>", ""))
    for text in parser.texts:
        if line := " ".join(text.split()):
            yield line


# --- texts that are data ---

_WORD = re.compile(r"[^\W_]+")
# Placeholders of scripts, URLs, codes of certificates, and texts for an authenticator app.
_NO_WORDS = re.compile(
    r"%\{\w+\}|https?://\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)/[\w./-]+"
    r"|[\w-]+(?:\.[\w-]+)+|(?:[A-Z\d]{4}[- ]){3,}[A-Z\d]{4}"
)
_ENGLISH = re.compile(r"[A-Za-z]")
# Numbers, codes of wards, request ids and public identifiers.
_CODE = re.compile(r"[A-Z]*\d[A-Z\d]*|[0-9a-f]{32}|[a-z2-7]{26}")


class Data:
    """Texts that are data, such as names, places and what people wrote. They are not translated."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known: dict[str, set[tuple[str, ...]]] = {}
        for text in texts:
            for line in text.splitlines():
                words = _words(line)
                if words:
                    self._known.setdefault(words[0], set()).add(words)
        self._lengths = {
            first: sorted({len(each) for each in known}, reverse=True)
            for first, known in self._known.items()
        }

    def without(self, text: str) -> list[str]:
        """Return the words of a text that are not data, codes or initials."""
        words, left, at = _words(text), [], 0
        while at < len(words):
            length = self._longest(words, at)
            if not length and len(words[at]) > 1 and not _CODE.fullmatch(words[at]):
                left.append(words[at])
            at += length or 1
        return left

    def _longest(self, words: tuple[str, ...], at: int) -> int:
        """Return the number of words in the longest data that begins at word `at`, or 0."""
        for length in self._lengths.get(words[at], ()):
            if words[at : at + length] in self._known[words[at]]:
                return length
        return 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_NO_WORDS.sub(" ", text)))


def untranslated(texts: Iterable[str], data: Data) -> list[str]:
    """Return the texts that contain English letters outside data."""
    return [text for text in texts if any(map(_ENGLISH.search, data.without(text)))]


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in a value of JSON or TOML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from texts_in(each)


# Columns with texts that the application wrote when it loaded the demonstration in English.
SENTENCES = {("messages", "subject"), ("messages", "text"), ("jobs", "stage"), ("jobs", "error")}


def stored_texts(session: Session) -> Iterator[str]:
    """Yield every text that the database holds as data.

    The details of a course or certificate in a message are included. They are stored with it as
    they were on the day it was posted, including dates.
    """
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            written = (table.name, column.name) in SENTENCES or isinstance(column.type, Enum)
            if isinstance(column.type, String) and not written:
                yield from session.scalars(select(column).distinct().where(column.is_not(None)))
    for context in session.scalars(select(Message.context)):
        yield from texts_in(context)


def programme_texts() -> Iterator[str]:
    """Yield every text of the programme file."""
    return texts_in(tomllib.loads((ROOT / "app/programmes/breckland.toml").read_text()))
