"""Widgets that render fields as GOV.UK components, based on govuk-frontend-wtf.

The library's own widgets do not support dividers or a month without a day, and they render an empty
hint for a group of choices that has no hint. Here, each field gives the parameters of its
component, and the library adds the name, label, hint and error. The component macros need an
environment that allows undefined names, so they have their own.
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
    """The appearance of an input. `width` is 2, 3, 4, 5, 10, 20 or 30 characters."""

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
    """A widget that renders a field with a template from govuk-frontend-wtf."""

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
        conditional: Mapping[Any, Any] | None = None,
        **unused: Any,
    ) -> Markup:
        """Return the HTML of the field.

        If `heading` is True, the label or legend is the h1 of the page. If `label_hidden` is True,
        only screen readers see the label. `params` has more parameters for the component.
        `conditional` maps the value of a choice to the HTML that is shown when it is selected.
        """
        options = field.component_params(**({"conditional": conditional} if conditional else {}))
        options |= _caption(field, heading=heading, hidden=label_hidden)
        component = self.map_gov_params(
            field, id=field.id, params=self.merge_params(options, params or {})
        )
        if field.errors:
            component["errorMessage"]["visuallyHiddenText"] = _("Error")
        if not component["attributes"]:
            del component["attributes"]  # the macros would write empty lines for them
        return self.render(component)

    def render(self, params: Params) -> Markup:
        """Return the HTML of a component."""
        template = _macros.get_template(self.template)
        return Markup(template.render(params=params))  # noqa: S704  # a template's own output


def _caption(field: GovField, *, heading: bool, hidden: bool) -> Params:
    """Return the text and size of the label or legend, and whether it is the page heading."""
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
    """Return the parameters that text inputs, password inputs and text areas share."""
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
