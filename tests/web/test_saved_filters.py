"""Filters of lists, kept under a name by each person for oneself."""

from __future__ import annotations

import pytest

from projects.models import SavedFilter
from tests.factories import a_project, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def kept(browser, page: str, query: str, name: str = "Mine"):
    return browser.post("/filters/", {"page": page, "query": query, "name": name, "next": f"/{page}/?{query}"})


@pytest.mark.parametrize(
    ("page", "path", "query"),
    [
        ("projects", "/projects/", "mine=on"),
        ("requests", "/requests/", "status=new"),
        ("project-tasks", "/projects/portal/", "trouble=silent"),
        ("department-queue", "/departments/network/", "whose=mine"),
    ],
)
def test_each_list_offers_to_keep_what_it_is_narrowed_to_and_shows_it_as_a_chip(world, browse, page, path, query):
    a_task(a_project("portal", client=world.client, at=world.now), at=world.now)
    browser = browse(world.manager)
    assert "Keep this filter" not in browser.get(path).text
    assert "Keep this filter" in browser.get(f"{path}?{query}").text
    kept(browser, page, query, name="As I like it")
    assert f'href="{path}?{query}"' in browser.get(path).text
    narrowed = browser.get(f"{path}?{query}").text
    assert "As I like it" in narrowed
    assert "Keep this filter" not in narrowed


def test_where_one_is_in_the_list_is_no_filter_and_order_does_not_matter(world, browse):
    kept(browse(world.tam), "projects", "q=bank&cursor=abc&client=&mine=on")
    assert SavedFilter.objects.get().query == "mine=on&q=bank"


def test_a_filter_is_ones_own(world, browse):
    kept(browse(world.tam), "projects", "mine=on", name="Of the TAM")
    one = SavedFilter.objects.get()
    other = browse(world.manager)
    assert "Of the TAM" not in other.get("/projects/").text
    other.post(f"/filters/{one.pk}/forget/")
    assert SavedFilter.objects.exists()
    browse(world.tam).post(f"/filters/{one.pk}/forget/", {"next": "/projects/"})
    assert not SavedFilter.objects.exists()


def test_a_filter_without_a_name_is_refused_and_one_of_no_list_not_found(world, browse):
    browser = browse(world.tam)
    assert "Give it a name." in kept(browser, "projects", "mine=on", name=" ").client.get("/projects/").text
    assert kept(browser, "nowhere", "mine=on").status_code == 404
    assert not SavedFilter.objects.exists()


def test_a_filter_in_use_is_called_otherwise_but_not_like_another(world, browse):
    browser = browse(world.tam)
    kept(browser, "projects", "mine=on", name="First")
    kept(browser, "projects", "phase=design", name="Second")
    first = SavedFilter.objects.get(name="First")
    assert 'value="First"' in browser.get("/projects/?mine=on").text
    browser.post(f"/filters/{first.pk}/rename/", {"name": "Second", "next": "/projects/"})
    assert "Another filter is called “Second” already." in browser.get("/projects/").text
    browser.post(f"/filters/{first.pk}/rename/", {"name": "Mine alone", "next": "/projects/"})
    browse(world.manager).post(f"/filters/{first.pk}/rename/", {"name": "Not mine"})
    first.refresh_from_db()
    assert (first.name, first.query) == ("Mine alone", "mine=on")


def test_it_leads_nowhere_else(world, browse):
    data = {"page": "projects", "query": "mine=on", "name": "x", "next": "https://evil.example/"}
    assert browse(world.tam).post("/filters/", data)["Location"] == "/"
