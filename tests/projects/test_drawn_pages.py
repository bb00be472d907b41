"""The two drawings as HTML: what is said besides the picture, and no style of their own."""

import re

import pytest
from django.template.loader import render_to_string

from projects.drawing import flow
from tests.projects.drawings import graz


@pytest.fixture
def chain():
    return flow.draw(
        [
            flow.Node(key="a", number=1, title="Sizing & plan", department="Design", hours=8, is_critical=True),
            flow.Node(
                key="b", number=2, title="Virtual LANs and firewall zones of the bank", department="Network", hours=4.5
            ),
            flow.Node(key="c", number=3, title="RHEL build", department="Unix", hours=12, is_wrong=True),
        ],
        [flow.Edge("a", "b", is_critical=True), flow.Edge("b", "c"), flow.Edge("c", "b", is_wrong=True)],
    )


@pytest.fixture
def board():
    return graz()


def test_the_chain_says_in_words_what_it_shows(chain):
    html = render_to_string("projects/_flow.html", {"flow": chain})
    label = re.search(r'role="img" aria-label="([^"]*)"', html)
    assert label is not None
    assert label[1] == "Chain of 3 tasks. It has 3 steps. Critical: 1. In a circle: 3."
    assert "<title>Virtual LANs and firewall zones of the bank</title>" in html
    lines = re.findall(r'class="nt" x="31" y="(\d+)">(Virtual[^<]*|and[^<]*)<', html)
    assert lines == [("14", "Virtual LANs"), ("28", "and firewall…")]
    assert "Sizing &amp; plan" in html
    assert "Network, 4.5 h" in html
    assert html.count('class="dgb"') == html.count('class="dgc"') == html.count('class="dg"') == 1


def test_the_board_links_its_tasks_and_counts_its_wires(board):
    html = render_to_string("projects/_board.html", {"lanes": board})
    assert re.findall(r'href="(/tasks/[^"]*)"', html) == ["/tasks/1/", "/tasks/2/", "/tasks/3/", "/tasks/4/"]
    assert "Dependencies: 2 freed, 0 waiting, 1 held by a blocked task." in html
    assert [html.count(f"tcard--{kind}") for kind in ("done", "wait", "bad", "sel")] == [1, 1, 1, 1]
    assert 'aria-label="Priya Nair"' in html


@pytest.mark.parametrize("name", ["_flow", "_board"])
def test_no_drawing_carries_styles_of_its_own(name, chain, board):
    html = render_to_string(f"projects/{name}.html", {"flow": chain, "lanes": board})
    assert "style=" not in html
