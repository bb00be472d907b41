"""Lists by key: every row once, forwards and backwards, whatever shares a value or comes in between."""

import pytest

from incidents.models import Incident
from kernel.keyset import keyset_page
from tests.factories import MONDAY, a_client, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven():
    """Seven incidents, all opened in the same second."""
    client = a_client()
    return [an_incident(client=client, at=MONDAY).pk for _number in range(7)]


def pages(ordering):
    rows = Incident.objects.order_by(*ordering)
    found, cursor = [], ""
    while True:
        page = keyset_page(rows, size=3, cursor=cursor)
        found.append(page)
        if not page.next:
            return found
        cursor = page.next


def ids(page):
    return [row.pk for row in page.rows]


@pytest.mark.parametrize("ordering", [("opened_at", "id"), ("-opened_at", "-id")])
def test_each_row_comes_once_though_all_share_a_value(seven, ordering):
    found = [pk for page in pages(ordering) for pk in ids(page)]
    assert found == (seven if ordering[0] == "opened_at" else seven[::-1])


def test_one_comes_back_the_way_one_went(seven):
    first, second, third = pages(("opened_at", "id"))
    rows = Incident.objects.order_by("opened_at", "id")
    back = keyset_page(rows, size=3, cursor=third.previous)
    assert ids(back) == ids(second)
    assert ids(keyset_page(rows, size=3, cursor=back.previous)) == ids(first)
    assert not first.previous
    assert not keyset_page(rows, size=3, cursor=back.previous).previous


def test_a_row_that_comes_in_on_the_way_moves_no_other(seven):
    rows = Incident.objects.order_by("-opened_at", "-id")
    first = keyset_page(rows, size=3)
    an_incident(client=a_client())
    assert ids(keyset_page(rows, size=3, cursor=first.next)) == seven[3:0:-1]


@pytest.mark.parametrize("cursor", ["x", "WzEsWzFdXQ:abc", "é" * 50])
def test_a_cursor_that_cannot_be_read_leads_to_the_first_page(seven, cursor):
    rows = Incident.objects.order_by("opened_at", "id")
    assert ids(keyset_page(rows, size=3, cursor=cursor)) == seven[:3]


def test_a_cursor_of_another_ordering_leads_to_the_first_page(seven):
    cursor = keyset_page(Incident.objects.order_by("-opened_at", "-id"), size=3).next
    assert ids(keyset_page(Incident.objects.order_by("opened_at", "id"), size=3, cursor=cursor)) == seven[:3]


def test_an_empty_list_has_no_pages_beside_it():
    page = keyset_page(Incident.objects.order_by("id"), size=3)
    assert (page.rows, page.previous, page.next) == ([], "", "")
