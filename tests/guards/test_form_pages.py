"""Views leave rules' errors to `app.web.form_page`, so that every page handles them in one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from app.core import errors
from config import ROOT

ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type)}
ALLOWED = {
    "app/registration/views/steps.py:_show_step": "“Save for later” keeps invalid answers",
    "app/registration/views/steps.py:_check_answers": "only an error about the word belongs here",
    "app/records/views/ward_confirmation.py:choose_ward": "it leads back once the ward is known",
    "app/applications/views/merging.py:merge": "it has no form, and opening it may be refused too",
}


def _views() -> list[Path]:
    return sorted({*ROOT.glob("app/*/views.py"), *ROOT.glob("app/*/views/*.py")})


def _handles_errors(node: ast.AST) -> bool:
    """Return whether this node catches a rule's error, or puts one on a form."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "add_error"
    if not isinstance(node, ast.ExceptHandler) or node.type is None:
        return False
    caught = {each.id for each in ast.walk(node.type) if isinstance(each, ast.Name)}
    caught |= {each.attr for each in ast.walk(node.type) if isinstance(each, ast.Attribute)}
    return bool(caught & (ERRORS | {"Exception"}))


def _functions_that_handle_errors(source: str) -> Iterator[str]:
    """Yield the names of functions that handle errors themselves."""
    for function in ast.parse(source).body:
        if any(_handles_errors(node) for node in ast.walk(function)):
            yield getattr(function, "name", "(module)")


def test_views_leave_errors_to_the_form_page() -> None:
    views = _views()
    assert len(views) > 25
    found = {
        f"{path.relative_to(ROOT)}:{name}"
        for path in views
        for name in _functions_that_handle_errors(path.read_text())
    }
    assert found == ALLOWED.keys()


def test_a_view_that_handles_errors_itself_is_found() -> None:
    caught = "def page():\n    try:\n        verb()\n    except {}:\n        pass\n"
    for type_ in ("DomainError", "errors.Conflict", "(InvalidInput, KeyError) as error"):
        assert list(_functions_that_handle_errors(caught.format(type_))) == ["page"], type_
    assert list(_functions_that_handle_errors("def page():\n    form.add_error(error)\n")) == [
        "page"
    ]
    assert list(_functions_that_handle_errors(caught.format("LookupError"))) == []
    assert (
        list(
            _functions_that_handle_errors(
                "def page():\n    return submit(form, verb, target=back)\n"
            )
        )
        == []
    )


def _compares_method_with_get(source: str) -> bool:
    """Return whether the code compares the method with GET, which treats HEAD as POST."""
    return any(
        isinstance(node, ast.Compare)
        and ast.unparse(node.left) == "request.method"
        and any(isinstance(each, ast.Constant) and each.value == "GET" for each in node.comparators)
        for node in ast.walk(ast.parse(source))
    )


def test_head_is_never_treated_as_post() -> None:
    assert [str(path) for path in _views() if _compares_method_with_get(path.read_text())] == []
    assert _compares_method_with_get("if request.method == 'GET':\n    pass\n")
