"""Sentences that scripts show are translated too, because scripts take them from the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.core.db import db
from tests import pseudo
from tests.databases import application, clone


@pytest.fixture(scope="module")
def translated_site(
    worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, pseudo.Data]]:
    """The URL of a site in the made-up language, and the texts that are data."""
    folder = tmp_path_factory.mktemp("translations")
    pseudo.write_catalogue(folder)
    with clone(f"pseudo_{worker_id}") as database:
        app = application(database)
        pseudo.use_made_up_language(app, folder)
        with app.app_context():
            data = pseudo.Data([*pseudo.stored_texts(db.session()), *pseudo.programme_texts()])
            db.session.remove()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", data
        server.shutdown()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser with JavaScript."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def _untranslated(page: Page, data: pseudo.Data) -> list[str]:
    return pseudo.untranslated(pseudo.texts_of(page.content()), data)


@pytest.mark.parametrize(
    "path", ["/", "/courses", "/progress", "/help-now", "/register", "/cookies"]
)
def test_pages_are_translated_once_their_scripts_have_run(
    translated_site: tuple[str, pseudo.Data], page: Page, path: str
) -> None:
    url, data = translated_site
    page.goto(url + path)
    page.locator(".js-enabled").wait_for()
    assert _untranslated(page, data) == []


def test_the_counter_of_characters_is_translated(
    translated_site: tuple[str, pseudo.Data], page: Page
) -> None:
    url, data = translated_site
    page.goto(f"{url}/worried")
    area = page.locator("textarea").first
    status = page.locator(".govuk-character-count__status").first
    for text in ("7" * 20, "7" * 4999, "7" * 5000, "7" * 5001, "7" * 5020):
        area.fill(text)
        area.dispatch_event("keyup")
        page.wait_for_timeout(100)
        assert status.inner_text()
        assert _untranslated(page, data) == [], text[:3]


def test_leaving_with_the_keyboard_is_translated(
    translated_site: tuple[str, pseudo.Data], page: Page
) -> None:
    url, data = translated_site
    page.goto(f"{url}/help-now")
    for _press in range(2):
        page.keyboard.press("Shift")
        assert _untranslated(page, data) == []


def test_a_sentence_of_a_script_is_found(
    translated_site: tuple[str, pseudo.Data], page: Page
) -> None:
    url, data = translated_site
    page.goto(url)
    page.evaluate("document.querySelector('h1').append(' Characters left: 5')")
    assert len(_untranslated(page, data)) == 1
