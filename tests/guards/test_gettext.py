"""Sentences for users go through gettext, so that they can be translated."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from app.core import errors
from config import ROOT

ERRORS = {
    name
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.DomainError)
}
SHOWN = {"flash", "Choice"}  # the first argument is shown; the second of a Choice is its label
KEYWORDS = {"message", "required", "hint", "label", "description"}


def untranslated(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each sentence that is shown without gettext.

    These are the messages of errors, flashes, and the texts of fields. A single word may be a key.
    """
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        shown = [each.value for each in call.keywords if each.arg in KEYWORDS]
        if name in ERRORS or name in SHOWN:
            shown += call.args[:1] if name != "Choice" else call.args[1:]
        elif name.endswith("Field"):
            shown += call.args[:1]
        yield from ((each.lineno, ast.unparse(each)) for each in shown for each in _texts(each))


def _texts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif (
        isinstance(node, ast.JoinedStr)
        or isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value
    ):
        yield node


def test_sentences_go_through_gettext() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}": text
        for path in sorted((ROOT / "app").rglob("*.py"))
        if not path.is_relative_to(ROOT / "app/demo")  # developers read these
        for line, text in untranslated(path.read_text(encoding="utf-8"))
    }
    assert found == {}


def test_a_sentence_outside_gettext_is_found() -> None:
    planted = [
        'raise Conflict("This run was cancelled.")',
        'raise InvalidInput(f"Enter {least} or more", "places")',
        'raise NotFound("Gone away" if old else _("Page not found"))',
        'flash("Name changed.")',
        'TextField("Full name", required=_l("Enter a name"))',
        'TextField(_l("Full name"), required="Enter a name")',
        'Choice("yes", "Yes please")',
        'submit(form, verb, target=there, message="Name changed.")',
    ]
    assert [len(list(untranslated(each))) for each in planted] == [1] * len(planted)
    fine = 'raise Conflict(_("This run was cancelled.")); Choice("yes", _l("Yes, please"))'
    assert list(untranslated(fine)) == []
