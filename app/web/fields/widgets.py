"""Draw fields as GOV.UK components, with the base class of govuk-frontend-wtf's widgets.

The library's ready-made widgets cannot draw dividers or a month without a day, and they draw an
empty hint for a group of choices without one. So each field gives the parameters of its GOV.UK
component, and the library adds its name, label, hint and error. The macros use parameters that may
not be given, so they have a separate environment, because the pages' environment refuses undefined
names. Nothing is marked `required` for the browser, because the server says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from govuk_frontend_wtf.gov_form_base import GovFormBase
from jinja2 import Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

if TYPE_CHECKING:
    from app.web.fields.base import GovField

Params = dict[str, Any]

_PACKAGES = ("govuk_frontend_jinja", "govuk_frontend_wtf")
_macros = Environment(
    loader=PrefixLoader({name: PackageLoader(name) for name in _PACKAGES}),
    autoescape=True,
    auto_reload=False,
)


@dataclass(frozen=True)
class Look:
    """The appearance of an input. `width` is in characters: 2, 3, 4, 5, 10, 20 or 30."""

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


class GovWidget(GovFormBase):
    """A widget that draws a field with one of the templates of govuk-frontend-wtf."""

    field_flags: Mapping[str, Any] = {}
    validation_attrs: tuple[str, ...] = ()

    def __init__(self, template: str) -> None:
        self.template = f"govuk_frontend_wtf/{template}.html"

    def __call__(
        self,
        field: GovField,
        *,
        heading: bool = False,
        label_hidden: bool = False,
        params: Params | None = None,
        reveals: Mapping[Any, Any] | None = None,
        **unused: Any,
    ) -> Markup:
        """Return the field's HTML.

        `heading` makes the label or legend the page's h1. `label_hidden` shows it to screen readers
        only. `params` has more GOV.UK options. `reveals` has the HTML to show when a choice is
        made, by its value.
        """
        options = field.govuk(**({"reveals": reveals} if reveals else {}))
        options |= _caption(field, heading=heading, hidden=label_hidden)
        drawn = self.map_gov_params(
            field, id=field.id, params=self.merge_params(options, params or {})
        )
        if field.errors:
            drawn["errorMessage"]["visuallyHiddenText"] = _("Error")
        if not drawn["attributes"]:
            del drawn["attributes"]  # the macros would write empty lines for them
        return self.render(drawn)

    def render(self, params: Params) -> Markup:
        """Return the HTML of the component with these parameters."""
        template = _macros.get_template(self.template)
        return Markup(template.render(params=params))  # noqa: S704  # a template's own output


def _caption(field: GovField, *, heading: bool, hidden: bool) -> Params:
    """Return the label or legend: its text, size and whether it is the page's heading."""
    if not field.captioned:
        return {}
    block = "govuk-fieldset__legend" if field.grouped else "govuk-label"
    caption = {
        "text": field.caption,
        "classes": "govuk-visually-hidden" if hidden else f"{block}--{'l' if heading else 's'}",
        "isPageHeading": heading,
    }
    return {"fieldset": {"legend": caption}} if field.grouped else {"label": caption}


def input_params(look: Look, value: str) -> Params:
    """Return the parameters of a text input, a password or a text area."""
    params: Params = {"value": value, "type": look.kind}
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
