"""The board as Chromium lays it out."""

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from projects.drawing.lanes import HEIGHT, WIDTH
from tests.projects.drawings import graz

STYLES = settings.BASE_DIR / "kernel" / "static" / "kernel"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
def test_cards_stand_where_wires_end_however_long_their_names(chromium, width):
    """The sizes of the table in app.css are those for which the wires were drawn."""
    board = graz()
    styles = "".join((STYLES / name).read_text() for name in ("tokens.css", "app.css"))
    page = chromium.new_page(viewport={"width": width, "height": 700})
    page.set_content(f"<style>{styles}</style>" + render_to_string("projects/_board.html", {"lanes": board}))
    origin = page.locator("svg.wires").bounding_box()
    for cell in (cell for row in board.rows for cells in row.cells for cell in cells):
        place = page.locator(f'a[href="{cell.card.url}"]').bounding_box()
        assert (place["x"] - origin["x"], place["y"] - origin["y"]) == (cell.x, cell.y)
        assert (place["width"], place["height"]) == (WIDTH, HEIGHT)
    page.close()
