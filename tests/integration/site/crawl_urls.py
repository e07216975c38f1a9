"""The URLs of a crawl: every endpoint with the canaries' rows, and with a few others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Select, select

from app.certificates.models import Certificate
from app.core.actor import Actor
from app.courses.models import CourseRun
from app.matching.models import MatchingRun, Need
from app.organisations.models import Organisation
from app.people.models import Person
from tests.integration.site.canaries import Canaries
from tests.integration.site.crawling import FEW, SampleIds, may_open

# Buttons that sign the reader out, or in as somebody else.
NOT_PRESSED = ("accounts.", "static", "messages.", "site.exit")
# The approximate number of further rows of each kind for pages that show one row.
SPREAD = 12


@dataclass
class CrawlUrls(SampleIds):
    """URLs with the canaries' rows, and with a few others."""

    of_canaries: dict[str, list[object]] = field(default_factory=dict)

    def fill_with(self, aviary: Canaries, owner: Actor) -> CrawlUrls:
        """Return real ids, the canaries' among them."""
        self.of_canaries = aviary.ids
        self.fill(owner)
        return self

    def _ids(self, query: Select[Any], limit: int = FEW) -> list[object]:
        """Return other rows than the canaries', which come first anyway."""
        known = {each for ids in self.of_canaries.values() for each in ids}
        found = super()._ids(query, limit + len(known))
        return [each for each in found if each not in known][:limit]

    def sample(
        self, endpoint: str, arguments: Sequence[str], *, is_form: bool
    ) -> Iterator[Mapping[str, object]]:
        """Yield the canaries' rows, each of them, and half as many others as without canaries."""
        own = self.by_endpoint.get(endpoint, {})
        if not set(arguments) & (self.of_canaries.keys() - own.keys()):
            yield from super().sample(endpoint, arguments, is_form=is_form)
            return
        yield from self.owned(
            arguments,
            [
                own.get(name) or self.of_canaries.get(name) or self.values[name][:1]
                for name in arguments
            ],
        )
        yield from itertools.islice(self.combinations(endpoint, arguments), None, None, 2)

    def more_rows(self, app: Flask, permissions: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield the (endpoint, URL) of rows of each kind, for pages that show one row."""
        models: dict[str, Any] = {
            "person_id": Person,
            "need_id": Need,
            "run_id": CourseRun,
            "organisation_id": Organisation,
            "certificate_id": Certificate,
        }
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            names, methods = list(rule.arguments), rule.methods or set()
            if "POST" in methods or "GET" not in methods or len(names) != 1:
                continue
            model = MatchingRun if rule.endpoint == "matching.run" else models.get(names[0])
            if model is None or rule.rule.endswith((".pdf", ".ics")):
                continue
            if not may_open(app, rule.endpoint, permissions):
                continue
            ids = list(self.session.scalars(select(model.id).order_by(model.id)))
            for each in ids[:: max(1, len(ids) // SPREAD)]:
                yield rule.endpoint, adapter.build(rule.endpoint, {names[0]: each})

    def buttons(
        self, app: Flask, number: int, permissions: frozenset[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the (endpoint, URL) of POST endpoints for a number of the canaries' rows.

        An endpoint that the permissions do not open has one URL.
        """
        adapter = app.url_map.bind("localhost")
        known = self.values | {name: ids[:number] for name, ids in self.of_canaries.items()}
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "POST" not in (rule.methods or ()) or rule.endpoint.startswith(NOT_PRESSED):
                continue
            names = sorted(rule.arguments)
            if not set(names) <= set(known):
                continue
            own = self.by_endpoint.get(rule.endpoint, {})
            values = self.owned(names, [own.get(name) or known[name] for name in names])
            stop = None if may_open(app, rule.endpoint, permissions) else 1
            for each in itertools.islice(values, stop):
                yield rule.endpoint, adapter.build(rule.endpoint, each, method="POST")
