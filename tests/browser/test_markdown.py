"""Markdown with attacks, in a real browser that has no policy to protect it: nothing runs, nothing is fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Dialog

from kernel.markdown import render
from tests.kernel.test_markdown import ATTACKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]  # the browser starts with a database only


def test_nothing_runs_and_no_other_host_is_asked(chromium: Browser) -> None:
    page = chromium.new_page()
    seen: list[str] = []

    def opened(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", opened)
    page.on("request", lambda request: seen.append(request.url))
    page.set_content("".join(f'<div class="prose">{render(attack)}</div>' for attack in ATTACKS), wait_until="load")
    for link in page.get_by_role("link").all():
        link.hover()
    page.wait_for_timeout(300)
    assert page.get_by_text("<script>alert(1)</script>").count()
    assert seen == []
    page.close()
