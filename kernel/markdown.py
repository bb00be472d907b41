"""Markdown that people write, as HTML that is safe to show: CommonMark and tables, no raw HTML, no foreign images.

Two walls, one behind the other: the parser takes HTML as text and links to three schemes only, and what it renders is
cleaned by an allowlist.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

SCHEMES: Final = {"http", "https", "mailto"}
TAGS: Final = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
DEEPEST_HEADING: Final = 6


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # the name is the library's
        """What is no link stays visible as the text it was written as."""
        try:
            return urlsplit(url).scheme in SCHEMES
        except ValueError:
            return False


def render(text: str) -> SafeString:
    """Stands in an element of the class `prose`, below a heading of the second level."""
    html = nh3.clean(
        _parser.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel="noopener nofollow",
    )
    return mark_safe(_with_scrolling_tables(html))  # noqa: S308  # cleaned above


def _with_scrolling_tables(html: str) -> str:
    """A wide table scrolls by itself, by keyboard too. In cleaned HTML a tag that looks like one is one."""
    label = escape(_("Table, can be scrolled sideways"))
    opened = f'<div class="tscroll" tabindex="0" role="group" aria-label="{label}"><table>'
    return html.replace("<table>", opened).replace("</table>", "</table></div>")


def _below_the_page(state: StateCore) -> None:
    """The first two levels of headings are the page's."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, DEEPEST_HEADING)}"


def _images_as_links(state: StateCore) -> None:
    """An image of another host would tell it who reads, and when."""
    for token in state.tokens:
        if token.children:
            token.children = list(_without_images(token.children))


def _without_images(tokens: list[Token]) -> Iterator[Token]:
    is_in_link = False
    for token in tokens:
        is_in_link = token.type == "link_open" or (is_in_link and token.type != "link_close")
        if token.type != "image":
            yield token
            continue
        source = str(token.attrs["src"])
        named = Token("text", "", 0, content=_("Image: %(name)s") % {"name": token.content or source})
        if is_in_link:
            yield named
        else:
            yield Token("link_open", "a", 1, attrs={"href": source})
            yield named
            yield Token("link_close", "a", -1)


_parser = _Parser("commonmark", {"html": False}).enable("table")
_parser.core.ruler.push("below_the_page", _below_the_page)
_parser.core.ruler.push("images_as_links", _images_as_links)
