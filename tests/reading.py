"""The reading age of texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

import textstat.textstat
from sqlalchemy import select

from app.areas.models import Area
from app.certificates.models import CertificateKind
from app.core.db import db
from app.core.programme import Programme
from app.courses.models import CourseType
from app.organisations.models import Network, Organisation
from app.site.facts import attributions

GRADE_ONE = 5  # children in grade 1 of an American school are six, so grade + 5 is the age
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
TEXT = {"p", "li"}
EXEMPT = {"h1", "h2", "h3", "h4", "h5", "h6", "nav", "footer", "header", "button", "svg", "table"}
EXEMPT_CLASSES = {
    "app-crisis",
    "app-lines__number",
    "foot",
    "govuk-button",
    "govuk-visually-hidden",
}
SENTENCE = re.compile(r"[.?!:]$")
NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\bwww\.\S+|\b(?:\d[\d ]{4,}\d)\b")


def reading_age(texts: Iterable[str]) -> float:
    """Return the age in years at which a child reads `texts` with ease.

    It is the grade by Flesch and Kincaid (Kincaid, Fishburne, Rogers and Chissom 1975) plus five.
    That formula uses the length of sentences and words, which plain English limits too, and it
    works for short texts. SMOG needs 30 sentences.
    """
    return float(textstat.textstat.flesch_kincaid_grade(prose(texts))) + GRADE_ONE


def words(texts: Iterable[str]) -> int:
    """Return the number of words."""
    return len(prose(texts).split())


def prose(texts: Iterable[str]) -> str:
    """Return the texts as sentences, without email addresses, URLs and phone numbers."""
    plain = (" ".join(NOT_WORDS.sub("", text).split()).rstrip(" .:,") for text in texts)
    return " ".join(text if text[-1] in "?!" else f"{text}." for text in plain if text)


def names() -> list[str]:
    """Return proper names: courses, certificates, organisations, networks and places."""
    programme = select(Programme.name).union(select(Programme.organisation))
    found = set(db.session.scalars(programme))
    for column in (CourseType.name, CertificateKind.name, Organisation.name, Network.name):
        found |= set(db.session.scalars(select(column)))
    found |= set(db.session.scalars(select(Area.name)))
    found |= {each["text"] for each in attributions()}  # the words are those of the licence
    return sorted(found, key=len, reverse=True)


def without_names(text: str, known: Iterable[str]) -> str:
    """Return the text with a short word in place of each name."""
    for name in known:
        text = text.replace(name, "Ann")
    return text


class _Page(HTMLParser):
    """Collects the paragraphs, list items and hints in the main part of a page.

    A letter has no main part, so its whole body is used.
    """

    def __init__(self, *, is_letter: bool) -> None:
        super().__init__()
        self.is_letter = is_letter
        self.open: list[tuple[str, bool, bool]] = []  # tag, is it a text, is it exempt
        self.texts: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note that an element starts."""
        if tag in VOID:
            return
        classes = set((dict(attrs).get("class") or "").split())
        is_text = tag in TEXT or "govuk-hint" in classes or "govuk-inset-text" in classes
        is_exempt = tag in EXEMPT or bool(classes & EXEMPT_CLASSES)
        self.open.append((tag, is_text, is_exempt))
        if is_text:
            self.texts.append([])

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends, with any elements left open inside it."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep text in the main part that is in a paragraph, list item or hint."""
        in_main = any(tag == "main" for tag, _text, _exempt in self.open) or self.is_letter
        in_text = any(text for _tag, text, _exempt in self.open)
        if in_main and in_text and not any(exempt for _tag, _text, exempt in self.open):
            self.texts[-1].append(data)


def running_text(html: str) -> list[str]:
    """Return the paragraphs of a page, without headings, tables, buttons and numbers."""
    page = _Page(is_letter="<main" not in html)
    page.feed(html)
    return list(_sentences(" ".join("".join(text).split()) for text in page.texts))


def letter_text(text: str) -> list[str]:
    """Return the sentences of a letter's plain text, without its greeting and lists of names."""
    lines = (line.strip().removeprefix("- ") for line in text.splitlines())
    return [line for line in lines if SENTENCE.search(line)]


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if SENTENCE.search(text) or len(text.split()) >= 5)
