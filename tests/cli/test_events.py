"""docs/reference/events.md is made from the source, and a page that differs is named."""

from __future__ import annotations

from huzhu.cli import events


def test_the_page_is_up_to_date_and_names_plain_and_filled_in_events():
    assert events.write(check=True) == []
    page = events.PATH.read_text()
    assert "| `cover.reveal` | " in page
    assert "| `registration.{action}` | " in page


def test_a_page_that_differs_is_named_and_written_anew(tmp_path, monkeypatch):
    page = tmp_path / "events.md"
    page.write_text("old")
    monkeypatch.setattr(events, "PATH", page)
    assert events.write(check=True) == ["events"]
    assert page.read_text() == "old"
    assert events.write(check=False) == []
    assert events.write(check=True) == []
