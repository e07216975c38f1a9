"""Decide whether to ask a person for their ward, based on their postcode."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.areas import queries as areas
from app.areas import service as directory
from app.core import programme

MAX_NEAREST = 6


@dataclass(frozen=True)
class WardQuestion:
    """A question about the ward of a place.

    ``ask`` is True if the question should be asked. ``ward`` and ``district`` are GSS codes, or
    None. ``nearest`` contains the (code, name) pairs to show. If it is empty, show all wards.
    ``outside`` is True if the place is outside the programme's districts.
    """

    ask: bool = False
    ward: str | None = None
    nearest: tuple[tuple[str, str], ...] = ()
    district: str | None = None
    outside: bool = False


NOTHING_TO_ASK = WardQuestion()
ANY_WARD = WardQuestion(ask=True)


def ward_question(postcode: str) -> WardQuestion:
    """Return the question to ask about a postcode. The postcode must be in standard form."""
    facts = directory.look_up(postcode)
    if facts.ward and is_in_programme(facts.district) and ward_name(facts.ward):
        return WardQuestion(ward=facts.ward, district=facts.district)
    if facts.district and not is_in_programme(facts.district):
        return WardQuestion(district=facts.district, outside=True)
    if facts.easting is None or facts.northing is None:
        return WardQuestion(ask=True, district=facts.district)
    nearest = directory.nearest_wards(facts.easting, facts.northing, limit=MAX_NEAREST)
    return WardQuestion(
        ask=True,
        nearest=tuple((place.code, place.name) for place in nearest),
        district=facts.district,
    )


def is_in_programme(district: str | None) -> bool:
    """Return whether the district belongs to the programme."""
    return district in programme.setting("district_codes", ())


def all_wards() -> list[tuple[str, str]]:
    """Return (code, name) for each ward in the programme, sorted by name."""
    return list(areas.ward_choices())


def ward_name(code: str | None) -> str:
    """Return the ward's name, or "" if the ward does not exist."""
    found = areas.area_by_code(code) if code else None
    return found.name if found else ""


def district_name(code: str | None) -> str:
    """Return the district's name in the programme file, or ""."""
    names: dict[str, str] = programme.setting("districts", {})
    return names.get(code or "", "")


def postcode_sentence(postcode: str, question: WardQuestion) -> str:
    """Return a sentence that says where a postcode is."""
    name = district_name(question.district)
    if not question.district:
        sentence = _(
            "%(postcode)s is not in our directory. If you let us keep it, we will look it up later."
        )
    elif not question.outside:
        sentence = _("%(postcode)s is in %(district)s.")
    elif name:
        sentence = _(
            "%(postcode)s is in %(district)s, which is outside the district. You can still join."
        )
    else:
        sentence = _("%(postcode)s is outside the district. You can still join.")
    return str(sentence % {"postcode": postcode, "district": name})


def place_lines(ward: str | None, district: str | None) -> list[str]:
    """Return lines of text that describe a place. The arguments are GSS codes."""
    name = district_name(district)
    if district and not is_in_programme(district):
        return [text for text in (name, _("Outside the district")) if text]
    where = [_("%(ward)s ward", ward=ward_name(ward))] if ward else []
    if district:
        return [*where, name] if ward else [name, _("Ward not known")]
    return [*where, _("District not known")] if ward else [_("Area not known")]
