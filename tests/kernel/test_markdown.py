"""Markdown of people: what they meant is shown, what attacks the reader is not."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from django.template import Context, Template

from kernel import markdown
from kernel.markdown import ATTRIBUTES, TAGS, render


class Parsed(HTMLParser):
    """Every tag with its attributes, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<style>*{background:url(https://evil.example/x)}</style>",
    "<div style='position:fixed;inset:0'>over all</div>",
    "<iframe src='https://evil.example'></iframe>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<a href='javascript:alert(1)'>x</a",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x09;javascript:alert(1))",
    "[x](\u2028javascript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/x)",
    "[x](/alerts/ack/)",
    "[x](https://[half)",
    "<javascript:alert(1)>",
    "[x]\n\n[x]: javascript:alert(1)",
    "[x][y]\n\n[y]: data:text/html,<script>alert(1)</script> 'title\" onclick=\"alert(1)'",
    "[x](https://ok.example '\" onmouseover=\"alert(1)')",
    '[x](https://ok.example/"onmouseover="alert(1))',
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "| a |\n|---|\n| [x](javascript:alert(1)) |",
    '```"><img/src=x/onerror=alert(1)>\ncode\n```',
    "```js onload=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "    </pre><script>alert(1)</script>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![" onerror="alert(1)](https://evil.example/1.gif)',
    "# <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "{{ settings.SECRET_KEY }} {% load static %}",
]

SCROLLER = {"class": "tscroll", "tabindex": "0", "role": "group", "aria-label": "Table, can be scrolled sideways"}


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_renders_nothing_but_plain_tags_and_web_links(text: str) -> None:
    for tag, attributes in Parsed(render(text)).tags:
        if tag == "div":
            assert attributes == SCROLLER
            continue
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}
        assert re.match(r"https://(ok|evil)\.example", attributes.get("href") or "https://ok.example")


@pytest.mark.parametrize("text", ATTACKS)
def test_the_allowlist_holds_alone_were_raw_html_let_through_one_day(text: str, monkeypatch) -> None:
    monkeypatch.setitem(markdown._parser.options, "html", True)
    test_an_attack_renders_nothing_but_plain_tags_and_web_links(text)


def test_a_script_is_shown_as_the_text_it_was_written_as() -> None:
    assert render("<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    assert "[x](javascript:alert(1))" in render("[x](javascript:alert(1))")


@pytest.mark.parametrize("address", ["https://a.example/x?y=1&z=2", "http://a.example", "mailto:noc@a.example"])
def test_a_link_leads_out_without_telling_who_sent(address: str) -> None:
    [(_p, _none), (tag, attributes)] = Parsed(render(f"[runbook]({address})")).tags
    assert (tag, attributes) == ("a", {"href": address, "rel": "noopener nofollow"})


def test_an_image_is_a_link_so_that_nobody_is_tracked() -> None:
    html = render("![rack **7**](https://host.example/1.gif)")
    link = '<a href="https://host.example/1.gif" rel="noopener nofollow">Image: rack **7**</a>'
    assert html == f"<p>{link}</p>\n"


def test_an_image_in_a_link_leaves_one_link_with_a_name() -> None:
    html = render("[![](https://host.example/1.gif)](https://wiki.example)")
    assert html.count("<a ") == 1
    assert ">Image: https://host.example/1.gif</a>" in html


def test_headings_stand_below_those_of_the_page() -> None:
    assert [tag for tag, _none in Parsed(render("# a\n\n## b\n\n### c\n\n#### d\n\n###### e")).tags] == [
        *("h3", "h4", "h5", "h6", "h6"),
    ]


def test_what_people_write_is_kept() -> None:
    html = render(
        "1. one\n2. two\n\n* `code` and **bold** and *soft*\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> said\n\n---\n"
    )
    for tag in ("ol", "ul", "li", "code", "strong", "em", "table", "th", "td", "blockquote", "hr"):
        assert f"<{tag}>" in html


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "![" * 20_000, "*a " * 20_000, "> " * 20_000, "`a" * 20_000, "|a\n" * 20_000]
)
def test_what_opens_without_end_takes_no_time(text: str) -> None:
    began = time.process_time()
    render(text)
    assert time.process_time() - began < 5


def test_templates_render_by_the_filter() -> None:
    template = Template("{% load ui %}{{ text|markdown }}")
    assert template.render(Context({"text": "**a** & <b>"})) == "<p><strong>a</strong> &amp; &lt;b&gt;</p>\n"
