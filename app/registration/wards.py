"""What to ask about a ward: known from the directory, one of the nearest few, or any."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.areas import queries as areas
from app.areas import service as directory
from app.core import programme

NEAREST = 6


@dataclass(frozen=True)
class WardQuestion:
    """What is still open about a place.

    ask: whether the person must be asked. ward: code, where it is known. nearest: (code, name) of
    those to offer; empty: offer all. district: GSS code, where known. outside: not one of ours.
    """

    ask: bool = False
    ward: str | None = None
    nearest: tuple[tuple[str, str], ...] = ()
    district: str | None = None
    outside: bool = False


NOTHING_TO_ASK = WardQuestion()
ANY_WARD = WardQuestion(ask=True)


def question_for(postcode: str) -> WardQuestion:
    """What to ask of somebody who gave this postcode (in standard form)."""
    facts = directory.look_up(postcode)
    if facts.ward and is_ours(facts.district) and ward_name(facts.ward):
        return WardQuestion(ward=facts.ward, district=facts.district)
    if facts.district and not is_ours(facts.district):
        return WardQuestion(district=facts.district, outside=True)
    if facts.easting is None or facts.northing is None:
        return WardQuestion(ask=True, district=facts.district)
    nearest = directory.nearest_wards(facts.easting, facts.northing, limit=NEAREST)
    return WardQuestion(
        ask=True,
        nearest=tuple((place.code, place.name) for place in nearest),
        district=facts.district,
    )


def is_ours(district: str | None) -> bool:
    """Whether a district is the programme's."""
    return district in programme.setting("district_codes", ())


def all_wards() -> list[tuple[str, str]]:
    """(code, name) of every ward of the programme, by name."""
    return list(areas.ward_choices())


def ward_name(code: str | None) -> str:
    """The ward's name; "" for none."""
    found = areas.area_by_code(code) if code else None
    return found.name if found else ""


def district_name(code: str | None) -> str:
    """The district's name, where the programme file has it; "" otherwise."""
    names: dict[str, str] = programme.setting("districts", {})
    return names.get(code or "", "")


def in_a_sentence(postcode: str, question: WardQuestion) -> str:
    """What we know of a postcode somebody typed."""
    name = district_name(question.district)
    if not question.district:
        said = _(
            "We do not know %(postcode)s yet. If you let us keep it, we will look it up later."
        )
    elif not question.outside:
        said = _("%(postcode)s is in %(district)s.")
    elif name:
        said = _(
            "%(postcode)s is in %(district)s, which is outside the district. You can still join."
        )
    else:
        said = _("%(postcode)s is outside the district. You can still join.")
    return str(said % {"postcode": postcode, "district": name})


def in_words(ward: str | None, district: str | None) -> list[str]:
    """What we know of a place, line by line, whether or not its postcode is kept. GSS codes."""
    name = district_name(district)
    if district and not is_ours(district):
        return [text for text in (name, _("Outside the district")) if text]
    where = [_("%(ward)s ward", ward=ward_name(ward))] if ward else []
    if district:
        return [*where, name] if ward else [name, _("Ward not known yet")]
    return [*where, _("District not known yet")] if ward else [_("Not known yet")]
