"""An alias that a module keeps works in every thread, even if several use it at once at first."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.certificates.models import Certificate
from app.core.db import shared_alias
from config import ROOT

THREADS = 4
ROUNDS = 300  # without the filled index, about three in a hundred failed


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Switch threads as often as the interpreter can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_simultaneous_first_uses_all_find_the_columns(frequent_switches: None) -> None:
    together = Barrier(THREADS)

    def compile_query(alias: type[Certificate]) -> str:
        together.wait()
        return str(alias.confirmed_at.is_(None))

    with ThreadPoolExecutor(THREADS) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(ROUNDS):
            alias = shared_alias(Certificate)
            assert set(pool.map(compile_query, [alias] * THREADS)) == {
                "certificates_1.confirmed_at IS NULL"
            }


def test_modules_keep_only_shared_aliases() -> None:
    kept = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in ROOT.glob("app/**/*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign)
        for call in ast.walk(node.value)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "aliased"
    ]
    assert kept == []
