"""Every view that sends a file is listed here, with what the file contains."""

from __future__ import annotations

import re
from pathlib import Path

from config import ROOT

SENDS = re.compile(r"send_file\(|Content-Disposition|mimetype\s*=|Response\(")
# View → what it sends. Only the list of people names more than one class, so it requires recent
# reauthentication. See docs/decisions/0033-agreements-and-files-with-names.md.
KNOWN = {
    "app/signin/views/own_sign_in.py": "one's own recovery codes",
    "app/certificates/views.py": "one person's record of training (PDF)",
    "app/courses/views/catalogue.py": "one course as a calendar file",
    "app/attendance/views.py": "the class sheet of one run (PDF)",
    "app/messages/views.py": "a file of one letter, outside production",
    "app/coverage/views.py": "published ranges of no person (CSV)",
    "app/records/views/records.py": "the list of people (CSV, XLSX)",
    "app/site/views/health.py": "numbers for monitoring",
    "app/site/views/pages.py": "text of no person",
}


def _senders(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.glob("app/**/views*/**/*.py")
        if SENDS.search(path.read_text())
    } | {
        str(path.relative_to(folder))
        for path in folder.glob("app/*/views.py")
        if SENDS.search(path.read_text())
    }


def test_every_view_that_sends_a_file_is_known() -> None:
    assert _senders(ROOT) == set(KNOWN)


def test_a_new_download_is_noticed(tmp_path: Path) -> None:
    view = tmp_path / "app/records/views/other.py"
    view.parent.mkdir(parents=True)
    view.write_text('reply.headers["Content-Disposition"] = "attachment"')
    assert _senders(tmp_path) == {"app/records/views/other.py"}


def test_the_list_of_people_requires_reauthentication() -> None:
    source = (ROOT / "app/records/views/records.py").read_text()
    assert re.search(r"@reauthentication\.require\ndef export\(", source)
