"""The macros of templates/components escape text and work without optional arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from app.core import words
from app.core.registry import TimelineEntry, ToDo
from app.web.fields import FilterForm, SearchField
from config import ROOT

NASTY = "<b>Ann</b>"
Render = Callable[..., str]


class Filters(FilterForm):
    q = SearchField("Name")


@pytest.fixture
def render() -> Iterator[Render]:
    app = Flask("components", template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = "for-tests-only"
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["long_date"] = words.long_date
    Babel(app, default_locale="en_GB")
    CSRFProtect(app)

    def make(call: str, file: str, **context: Any) -> str:
        names = [
            name for name in call.replace("(", " ").replace("{", " ").split() if name.isidentifier()
        ]
        source = (ROOT / f"templates/components/{file}.html").read_text("utf-8")
        wanted = ", ".join(dict.fromkeys(name for name in names if f"macro {name}(" in source))
        template = f'{{% from "components/{file}.html" import {wanted} %}}{call}'
        return render_template_string(template, **context)

    with app.test_request_context("/"):
        yield make


def test_a_summary_list_escapes_text_and_marks_missing_values(render: Render) -> None:
    rows = [
        {"key": "Name", "value": NASTY, "url": "/change", "hidden": "your name"},
        {"key": "Networks", "value": ["Farming", NASTY]},
        {"key": "Email", "value": None},
        None,
    ]
    html = render("{{ summary_list(rows, title='You') }}", "lists", rows=rows)
    assert NASTY not in html and html.count("&lt;b&gt;") == 2
    assert "Not provided" in html
    assert 'Change<span class="govuk-visually-hidden"> your name</span>' in html
    assert html.count("govuk-summary-list__row--no-actions") == 2


def test_a_table_repeats_its_headings_on_a_phone(render: Render) -> None:
    call = (
        "{% call data_table('People', ['Name', {'text': 'Places', 'numeric': true}]) %}"
        "{{ tr([td('Name', name, url='/1', head=true), td('Places', 0, numeric=true)]) }}"
        "{% endcall %}"
    )
    html = render(call, "lists", name=NASTY)
    assert NASTY not in html
    assert '<th scope="row" role="rowheader"' in html
    assert "govuk-table__cell--numeric" in html
    assert "<span>0</span>" in html
    assert '<span class="app-cell__label" aria-hidden="true">Places</span>' in html


def test_a_scrolling_table_can_be_focused(render: Render) -> None:
    call = "{{ simple_table('Towns', ['Town', 'Held'], [['Watton', none]], stack=false) }}"
    html = render(call, "lists")
    assert 'role="region" tabindex="0" aria-label="Towns"' in html
    assert "–" in html


def test_a_measure_shows_a_bar_unless_its_number_is_hidden(render: Render) -> None:
    html = render(
        "{{ measure_tile('Champions', 31, 50, unsettled=4, due=due) }}",
        "home",
        due=date(2027, 3, 31),
    )
    assert 'aria-label="31 of 50"' in html and 'width="62.0"' in html
    assert "31 March 2027" in html and "Ward unknown" in html
    hidden = render("{{ measure_tile('Champions', 'fewer than 5', 50) }}", "home")
    assert "<svg" not in hidden
    over = render("{{ measure_tile('Champions', 80, 50) }}", "home")
    assert 'width="100"' in over.replace(".0", "") and "app-bar__fill--met" in over
    assert "<svg" not in render("{{ measure_tile('Direction only', 3) }}", "home")


def test_to_do_cards_list_tasks_or_say_that_there_are_none(render: Render) -> None:
    todo = ToDo(text=NASTY, count=1234, url="/x", urgent=True)
    html = render("{{ todo_cards(todos) }}", "home", todos=[todo])
    assert "1,234" in html and NASTY not in html and "(urgent)" in html
    assert "You have nothing to do" in render("{{ todo_cards([]) }}", "home")


@pytest.mark.parametrize("state", ["in_date", "lapses_soon", "lapsed", "revoked", "unconfirmed"])
def test_every_state_of_a_certificate_has_words(render: Render, state: str) -> None:
    assert "app-tag--" in render("{{ certificate_tag(state) }}", "status", state=state)


def test_a_job_refreshes_only_while_it_runs(render: Render) -> None:
    job = SimpleNamespace(state="running", percent=42, stage="Weighing", error=None)
    html = render("{{ job_refresh(job) }}{{ job_progress(job, '/state') }}", "status", job=job)
    assert '<noscript><meta http-equiv="refresh"' in html
    assert 'value="42"' in html
    job.state = "failed"
    html = render("{{ job_refresh(job) }}{{ job_progress(job, '/state') }}", "status", job=job)
    assert "refresh" not in html and "We could not finish this work" in html


def test_a_one_button_form_has_a_csrf_token(render: Render) -> None:
    html = render(
        "{{ post_button('Approve', '/approve', values={'id': 7}, hidden=name, small=true) }}",
        "forms",
        name=NASTY,
    )
    assert 'name="csrf_token"' in html and 'name="id" value="7"' in html
    assert NASTY not in html


def test_filters_are_open_while_in_use(render: Render) -> None:
    call = "{% call filters(form, '/people', applied=applied) %}{{ form.q() }}{% endcall %}"
    closed = render(call, "forms", form=Filters(), applied=[])
    used = render(call, "forms", form=Filters(), applied=[("Farming", "/people?x")])
    assert " open>" not in closed and " open>" in used
    assert "csrf_token" not in used


def test_paging_empty_states_and_timelines_render(render: Render) -> None:
    assert render("{{ older_newer() }}", "lists").strip() == ""
    assert 'rel="next"' in render("{{ older_newer('/next') }}", "lists")
    entry = TimelineEntry(on=date(2027, 3, 27), text=NASTY, kind="course")
    assert "27 March 2027" in render("{{ timeline([entry]) }}", "lists", entry=entry)
    tasks = [{"title": "Name", "status": "completed"}, {"title": "Check", "status": "problem"}]
    assert "There is a problem" in render("{{ task_list(tasks) }}", "lists", tasks=tasks)
    assert "Not known" in render("{{ key_facts([('Phone', none)]) }}", "lists")


def test_the_crisis_panel_lists_all_four_helplines(render: Render) -> None:
    html = render("{{ crisis_panel() }}", "page")
    for line in ("999", "111, option 2", "116 123", "85258", "around the clock"):
        assert line in html


def test_a_cell_wraps_unless_it_is_marked_whole(render: Render) -> None:
    cell = "{{ td('Champions', 'fewer than 5', numeric=true, whole=whole) }}"
    assert "app-nowrap" in render(cell, "lists", whole=True)
    assert "app-nowrap" not in render(cell, "lists", whole=False)
