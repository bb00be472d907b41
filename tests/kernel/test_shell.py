"""The frame of a page: where one is, and that no page pulls anything from elsewhere."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from kernel import context_processors
from kernel.shell import Countdown, Group, Item, Person, Shell

KERNEL = Path(settings.BASE_DIR) / "kernel"
TEMPLATES = sorted((KERNEL / "templates").rglob("*.html"))


def item(url: str, **options) -> Item:
    return Item(label=url.strip("/") or "home", url=url, icon="inbox", **options)


def full_shell() -> Shell:
    return Shell(
        groups=(Group(items=(item("/today/", key="t", count=9), item("/incidents/", is_hot=True, count=2))),),
        tabs=(item("/today/"),),
        menu=(item("/me/"),),
        bell=item("/alerts/", count=3),
        person=Person(name="Elena Marsh", role="TAM"),
        countdown=Countdown(label="Next", url="/incidents/7/", seconds=-512),
        finder_url="/find/",
        sign_out_url="/out/",
        language_url="/language/",
    )


def page(shell: Shell, **context) -> str:
    request = RequestFactory().get("/today/")
    return Template('{% extends "kernel/base.html" %}').render(
        Context({"shell": shell, "theme": "", "rail": False, "request": request, **context})
    )


@pytest.mark.parametrize(
    ("path", "place"),
    [("/incidents/", "/incidents/"), ("/incidents/7/clock/", "/incidents/"), ("/", "/"), ("/incidentsx/", None)],
)
def test_the_current_place_is_the_longest_address_the_path_lies_under(path, place):
    shell = Shell(groups=(Group(items=(item("/"), item("/incidents/"))),))
    current = shell.at(path).current
    assert (current.url if current else None) == place


def test_a_longer_address_wins_over_the_one_it_lies_under():
    shell = Shell(groups=(Group(items=(item("/alerts/"), item("/alerts/log/"))),), tabs=(item("/alerts/"),))
    marked = shell.at("/alerts/log/")
    assert marked.current == item("/alerts/log/", is_current=True)
    assert not marked.tabs[0].is_current


def test_a_page_elsewhere_can_belong_to_a_place():
    alerts = item("/alerts/", also="/operations/")
    marked = Shell(groups=(Group(items=(item("/"), alerts)),), tabs=(alerts,)).at("/operations/")
    assert marked.current == item("/alerts/", also="/operations/", is_current=True)
    assert marked.tabs[0].is_current


def test_the_theme_comes_from_the_cookie_and_only_a_known_one(rf):
    request = rf.get("/")
    request.COOKIES["theme"] = "dark"
    assert context_processors.shell(request)["theme"] == "dark"
    request.COOKIES["theme"] = '"><script>'
    assert context_processors.shell(request)["theme"] == ""


def test_a_fragment_does_not_ask_for_the_frame(rf, settings):
    settings.SHELL_NAVIGATION = "no.such.provider"
    context_processors.shell(rf.get("/"))
    with pytest.raises(ImportError):
        bool(context_processors.shell(rf.get("/"))["shell"].groups)


def test_the_page_has_one_headline_a_skip_link_and_its_landmarks():
    html = page(full_shell())
    assert html.count("<h1") == 1
    assert '<a class="skip" href="#main">' in html
    assert html.count("<main") == 1
    assert re.findall(r'<a href="/today/" aria-current="page"', page(full_shell().at("/today/")))


def test_the_theme_and_the_folded_sidebar_are_rendered_by_the_server():
    html = page(full_shell(), theme="dark", rail=True)
    assert 'data-theme="dark"' in html
    assert 'class="app app--rail"' in html


def test_a_frame_with_nothing_in_it_shows_no_dead_ends():
    html = page(Shell())
    for part in ('id="palette"', 'class="who"', "tabbar", "popovertarget", "nextclock nextclock", 'class="menu"'):
        assert part not in html


def test_single_keys_are_off_for_whoever_switched_them_off():
    assert " data-keys>" in page(Shell(person=Person(name="Elena Marsh")))
    assert " data-keys>" not in page(Shell(person=Person(name="Elena Marsh", keys=False)))


def test_htmx_may_not_evaluate_anything_and_shows_the_answer_to_a_wrong_form():
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", page(Shell()))
    assert found
    config = json.loads(found[1])
    assert config["allowEval"] is config["includeIndicatorStyles"] is False
    assert config["selfRequestsOnly"] is True
    assert next(rule for rule in config["responseHandling"] if re.fullmatch(rule["code"], "422"))["swap"] is True


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "403_csrf"])
def test_an_error_page_needs_no_context_and_says_what_to_do(name):
    html = render_to_string(f"{name}.html")
    assert html.count("<h1") == 1
    assert 'href="/"' in html


def test_the_page_of_a_server_error_names_no_hashed_file(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    assert "kernel/app.css" in render_to_string("500.html")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_of_the_frame_holds_inline_code_or_an_address_of_another_host(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", source)
    assert not re.search(r"https?://(?!www\.w3\.org)", source)
    assert all("#}" in line for line in source.splitlines() if "{#" in line), "a comment ends on its line"


@pytest.mark.parametrize("name", ["tokens.css", "app.css"])
def test_every_file_a_style_names_is_there(name):
    css = (KERNEL / "static/kernel" / name).read_text(encoding="utf-8")
    for url in re.findall(r"url\(\"?([^\")]+)\"?\)", css):
        assert finders.find(f"kernel/{url}"), url
