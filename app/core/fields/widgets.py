"""How our fields are drawn: GOV.UK markup through the macros of govuk-frontend-wtf.

Each field builds the parameters of its GOV.UK component itself; what happens here is the same for
all: label or legend, hint, error, and one compiled template. Nothing is marked `required` for the
browser: the sentences about what is missing are ours and come from the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from govuk_frontend_wtf.main import merger
from jinja2 import Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

if TYPE_CHECKING:
    from app.core.fields.base import OurField

Params = dict[str, Any]

_PACKAGES = ("govuk_frontend_jinja", "govuk_frontend_wtf")
_macros = Environment(
    loader=PrefixLoader({name: PackageLoader(name) for name in _PACKAGES}),
    autoescape=True,
    auto_reload=False,
)


@dataclass(frozen=True)
class Look:
    """What a single input looks like. width: characters, one of 2, 3, 4, 5, 10, 20, 30."""

    width: int | None = None
    kind: str = "text"
    autocomplete: str | None = None
    inputmode: str | None = None
    spellcheck: bool | None = None
    autocapitalize: str | None = None
    prefix: object = None
    suffix: object = None
    rows: int = 5
    inline: bool = False
    small: bool = False
    accept: tuple[str, ...] = ()


class GovWidget:
    """Draws a field with one of the templates of govuk-frontend-wtf."""

    field_flags: Mapping[str, Any] = {}
    validation_attrs: tuple[str, ...] = ()

    def __init__(self, template: str) -> None:
        self.template = f"govuk_frontend_wtf/{template}.html"

    def __call__(
        self,
        field: OurField,
        *,
        heading: bool = False,
        label_hidden: bool = False,
        params: Params | None = None,
        reveals: Mapping[Any, Any] | None = None,
        **unused: Any,
    ) -> Markup:
        """The field's HTML.

        heading: label or legend is the page's h1. label_hidden: for screen readers only. params:
        more GOV.UK options. reveals: choice value → HTML shown when it is picked.
        """
        drawn = field.govuk(**({"reveals": reveals} if reveals else {}))
        drawn |= _caption(field, heading=heading, hidden=label_hidden)
        if field.hint:
            drawn["hint"] = {"text": str(field.hint)}
        if field.errors:
            drawn["errorMessage"] = {
                "text": str(field.errors[0]),
                "visuallyHiddenText": _("Error"),
            }
        if params:
            drawn = merger.merge(drawn, params)
        template = _macros.get_template(self.template)
        return Markup(template.render(params=drawn))  # noqa: S704  # a template's own output


def _caption(field: OurField, *, heading: bool, hidden: bool) -> Params:
    size = "govuk-visually-hidden" if hidden else f"{{}}--{'l' if heading else 's'}"
    if field.grouped:
        legend = {
            "text": field.caption,
            "classes": size.format("govuk-fieldset__legend"),
            "isPageHeading": heading,
        }
        return {"fieldset": {"legend": legend}}
    if not field.captioned:
        return {}
    return {
        "label": {
            "text": field.caption,
            "classes": size.format("govuk-label"),
            "isPageHeading": heading,
        }
    }


def input_params(field: OurField, look: Look, value: str) -> Params:
    """Parameters of a text input, a password or a text area."""
    params: Params = {
        "id": field.id,
        "name": field.name,
        "value": value,
        "type": look.kind,
    }
    if look.width:
        params["classes"] = f"govuk-input--width-{look.width}"
    for name in ("autocomplete", "inputmode", "spellcheck", "autocapitalize"):
        setting = getattr(look, name)
        if setting is not None:
            params[name] = setting
    for name in ("prefix", "suffix"):
        affix = getattr(look, name)
        if affix is not None:
            params[name] = {"text": str(affix)}
    return params
