"""Sentences for users go through gettext, so that they can be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core import errors
from config import ROOT

ERRORS = {
    name
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.DomainError)
}
SHOWN_BY_CALL = {
    "flash",
    "Choice",
}  # the first argument is shown; the second of a Choice is its label
KEYWORDS = {"message", "required", "hint", "label", "description"}


def untranslated_sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each sentence that is shown without gettext.

    These are the messages of errors, flashes, and the texts of fields. A single word may be a key.
    """
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        shown = [each.value for each in call.keywords if each.arg in KEYWORDS]
        if name in ERRORS or name in SHOWN_BY_CALL:
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


# Modules of wording: all sentences in them are shown to users.
WORDING = re.compile(
    r"/(views|forms)[/.]"
    r"|/(cli|calendars|documents|exporting|gaps|hooks|letters|listing|notifications|overview|pages"
    r"|record|sent|sheets|timeline|unfilled|viewers|\w*wording)\.py$"
)
# In other modules, a sentence is shown if it is passed to one of these calls, or if it is in a
# function with such a name.
SHOWS_ARGUMENTS = ERRORS | {
    "echo",
    "flash",
    "TimelineEntry",
    "ToDo",
    "NavigationItem",
    "UndeliverableMessage",
}
RETURNS_SENTENCE = re.compile(r"^_?(describe|explain|format)_|_(in_words|sentence|note|message)$")
TRANSLATES = {"_", "_l", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"}
UNSEEN_CALLS = {"debug", "info", "warning", "error", "exception", "compile", "Choice"}
UNSEEN_KEYWORDS = {"help", "metavar"}  # only operators of the service use commands
GAP = "\x00"  # a placeholder in an f-string
SENTENCE = re.compile(
    rf"[A-Za-z’'“”(]+[.,:;)]* [\w’'“({GAP}]*[A-Za-z’]{{2}}|{GAP} [a-z]{{2,}}|[a-z]{{2,}}:? {GAP}"
)
MARKUP = re.compile(r"^\W*<|^-?/|govuk-|app-|[;=]|\.(html|txt|typ)$")
# Sentences that are not shown on pages.
NOT_SHOWN = {
    "the place was given up": "is stored with the message, for the log",
    "the course was cancelled": "is stored with the message, for the log",
    "the link was undone": "is stored with the message, for the log",
    "the course has changed again": "is stored with the message, for the log",
    "the request was answered": "is stored with the message, for the log",
    "recovery codes": "is the purpose of an encryption key",
    "second factor": "is the purpose of an encryption key",
    f"published {GAP}": "is for the log",
    f"Disallow: {GAP}": "is for robots",
}


def composed_sentences(source: str, *, wording: bool) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each literal that is shown and does not go through gettext.

    Such a literal has two or more words, or a placeholder and a word. `wording` says whether all
    sentences of the module are shown.
    """
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = _literal(node)
        if text is None or not SENTENCE.search(text) or MARKUP.search(text) or text in NOT_SHOWN:
            continue
        around = list(_around(node, parents))
        if not any(map(_is_unseen, around)) and (wording or any(map(_is_shown, around))):
            yield node.lineno, text.replace(GAP, "{}")


def _literal(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        texts = [part.value if isinstance(part, ast.Constant) else GAP for part in node.values]
        return "".join(map(str, texts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _around(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node around a literal, up to the function that contains it.

    Each node comes with the child through which it contains the literal.
    """
    while node in parents and not isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield parents[node], node
        node = parents[node]


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _is_unseen(pair: tuple[ast.AST, ast.AST]) -> bool:
    """Return whether the literal is part of another one, a key, a docstring or text for the log."""
    node, part = pair
    if isinstance(node, ast.Call):
        return _name(node) in TRANSLATES | UNSEEN_CALLS or _name(node).endswith("Error")
    if isinstance(node, ast.Dict):
        return part in node.keys
    if isinstance(node, ast.keyword):
        return node.arg in UNSEEN_KEYWORDS
    if isinstance(node, ast.Expr):
        return not isinstance(part, ast.Call | ast.Yield)
    return isinstance(node, ast.JoinedStr | ast.Compare | ast.Subscript)


def _is_shown(pair: tuple[ast.AST, ast.AST]) -> bool:
    node, _part = pair
    if isinstance(node, ast.FunctionDef):
        return bool(RETURNS_SENTENCE.search(node.name))
    return isinstance(node, ast.Call) and _name(node) in SHOWS_ARGUMENTS


def _composed_in(path: Path) -> Iterator[tuple[int, str]]:
    wording = bool(WORDING.search(path.relative_to(ROOT).as_posix()))
    return composed_sentences(path.read_text(encoding="utf-8"), wording=wording)


def test_no_sentence_is_composed_outside_gettext() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}": text
        for path in sorted((ROOT / "app").rglob("*.py"))
        if not path.is_relative_to(ROOT / "app/demo")
        # errors in the programme file, for its authors
        and path.name not in ("programme.py", "reconciliation.py")
        for line, text in _composed_in(path)
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        'render_template("page.html", lead="This run was cancelled.")',
        'render_template("page.html", lead=f"{number} places left")',
        'text = f"{kind} revoked" + reason',
        'LABELS = {"email": "Text message", "sms": "Email"}',
        'flash(f"We have told {name}.")',
        'return f"Run {number}: done" if number else _("Nothing was done.")',
        'click.echo("Nothing has changed.", err=True)',
    ],
)
def test_a_composed_sentence_is_found(planted: str) -> None:
    assert len(list(composed_sentences(planted, wording=True))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        'raise Conflict("Close it " + when)',
        'click.echo(f"{name}: nothing has changed.")',
        'TimelineEntry(on, f"{kind} revoked", "certificate")',
        'def _in_words(days): return f"{days} days ago"',
    ],
)
def test_a_composed_sentence_is_found_inside_other_code(planted: str) -> None:
    assert len(list(composed_sentences(planted, wording=False))) == 1


@pytest.mark.parametrize(
    "fine",
    [
        'def page():\n    """Return the page."""\n    return _("This run was cancelled.")',
        'log.info("letter sent", message=message_id)',
        'if how == "password and code": pass',
        'NAMES = {"password and code": _l("Password and code")}',
        'render_template("accounts/sign_in.html", classes="govuk-input--width-10 app-wide")',
        'url = f"/people/{public_id}/remove"',
        'raise ValueError("A count of people can’t be negative.")',
    ],
)
def test_other_texts_are_not_sentences(fine: str) -> None:
    assert list(composed_sentences(fine, wording=True)) == []


def test_sentences_go_through_gettext() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}": text
        for path in sorted((ROOT / "app").rglob("*.py"))
        if not path.is_relative_to(ROOT / "app/demo")  # developers read these
        for line, text in untranslated_sentences(path.read_text(encoding="utf-8"))
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
    assert [len(list(untranslated_sentences(each))) for each in planted] == [1] * len(planted)
    fine = 'raise Conflict(_("This run was cancelled.")); Choice("yes", _l("Yes, please"))'
    assert list(untranslated_sentences(fine)) == []
