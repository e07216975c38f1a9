"""Hashed names of built files, and colours with enough contrast."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.web import assets

PALETTE = Path(__file__).parents[3] / "assets/scss/_palette.scss"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets._manifest.cache_clear()
    return tmp_path


def test_a_name_gives_its_hashed_url(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps({"app.css": "app-0123456789.css"}))
    assert assets.asset("app.css") == "/static/app-0123456789.css"
    with pytest.raises(KeyError):
        assets.asset("other.css")
    assets._manifest.cache_clear()


def test_a_missing_build_is_reported(folder: Path) -> None:
    with pytest.raises(assets.AssetsNotBuilt, match="npm ci"):
        assets.asset("app.css")


@pytest.mark.parametrize(
    ("url", "hashed"),
    [
        ("/static/app-0123456789.css", True),
        ("/static/app-0123456789.css.br", True),
        ("/static/manifest.json", False),
    ],
)
def test_only_hashed_files_are_cached_for_ever(url: str, hashed: bool) -> None:
    assert assets.is_hashed("", url) is hashed


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["chalk", "mist", "leaf-light", "sky-light", "straw"])
@pytest.mark.parametrize("ink", ["soil", "bark", "river", "river-deep", "heather", "poppy"])
def test_text_has_enough_contrast_on_every_background(ink: str, ground: str) -> None:
    """WCAG 2.2 AA, 1.4.3: 4.5 to 1."""
    colours = dict(re.findall(r"\$([\w-]+): (#[0-9a-f]{6});", PALETTE.read_text("utf-8")))
    assert _contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("edge", ["reed", "meadow", "river", "amber", "hedge"])
def test_borders_have_enough_contrast(edge: str) -> None:
    """WCAG 2.2 AA, 1.4.11: 3 to 1."""
    colours = dict(re.findall(r"\$([\w-]+): (#[0-9a-f]{6});", PALETTE.read_text("utf-8")))
    assert _contrast(colours[edge], colours["mist"]) >= 3
