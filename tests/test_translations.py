"""The French catalogue says everything the code says, and its compiled form says the same."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation.template import templatize

MESSAGES = settings.BASE_DIR / "tamhub" / "locale" / "fr" / "LC_MESSAGES"
NOT_TRANSLATED = {"demo"}  # its people speak English
# The names by which code asks for a text, and at which place of their arguments context, text and plural stand.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
LITERAL = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
IN_TEMPLATES = re.compile(rf"(?<!\w)({'|'.join(CALLS)})\(({LITERAL}(?:, *{LITERAL})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)0?\d*[a-zA-Z]|%0?\d*[sd](?![\w])|\{\w+\}")
# What French parts from the word before it by a space that does not break; a clock's 14:05 has none.
BREAKING = re.compile(r" (?:[:;?!»]|%(?!\())|« |'")


class Key(NamedTuple):
    context: str
    text: str
    plural: str


class Entry(NamedTuple):
    key: Key
    texts: tuple[str, ...]
    flags: str


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every message of the .po but its header."""
    blocks = (MESSAGES / "django.po").read_text(encoding="utf-8").split("\n\n")
    return tuple(entry for entry in map(_entry, blocks) if entry.key.text)


def _entry(block: str) -> Entry:
    said: dict[str, str] = {}
    flags, name = "", ""
    for line in block.splitlines():
        if line.startswith("#"):
            flags += line if line.startswith("#,") else ""
            continue
        word, quote, rest = line.partition('"')
        name = word.strip() or name
        said[name] = said.get(name, "") + str(ast.literal_eval(quote + rest))
    texts = tuple(text for name, text in said.items() if name.startswith("msgstr"))
    return Entry(Key(said.get("msgctxt", ""), said["msgid"], said.get("msgid_plural", "")), texts, flags)


def _asked_for() -> Iterator[Key]:
    """What the code asks a catalogue for: calls with literal texts in modules, and the tags of templates."""
    for room in sorted({path.parent for path in settings.BASE_DIR.glob("*/__init__.py")}):
        if room.name in NOT_TRANSLATED | {"tests"}:
            continue
        for path in room.rglob("*.py"):
            yield from _of_module(path.read_text(encoding="utf-8"))
        for path in (*room.rglob("templates/**/*.html"), *room.rglob("templates/**/*.txt")):
            for name, arguments in IN_TEMPLATES.findall(templatize(path.read_text(encoding="utf-8"))):
                yield _key(name, list(ast.literal_eval(f"[{arguments}]")))


def _of_module(source: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            values = [one.value if isinstance(one, ast.Constant) else "" for one in node.args]
            arguments = [value if isinstance(value, str) else "" for value in values]
            if arguments[CALLS[node.func.id][1]]:
                yield _key(node.func.id, arguments)


def _key(name: str, arguments: Sequence[Any]) -> Key:
    return Key(*("" if place is None else arguments[place] for place in CALLS[name]))


def test_the_catalogue_holds_what_the_code_asks_for_and_nothing_else() -> None:
    asked, known = set(_asked_for()), {entry.key for entry in catalogue()}
    # One text with and without a plural is one message.
    asked -= {key for key in asked if not key.plural and any(other[:2] == key[:2] for other in asked if other.plural)}
    assert (asked - known, known - asked) == (set(), set()), "make messages brings the catalogue in step"


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    unfinished = [entry.key for entry in catalogue() if "fuzzy" in entry.flags or not all(entry.texts)]
    forms = [entry.key for entry in catalogue() if len(entry.texts) != (2 if entry.key.plural else 1)]
    assert (unfinished, forms) == ([], [])


def test_a_translation_fills_in_the_same_values() -> None:
    wrong = []
    for key, texts, _flags in catalogue():
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in (key.text, key.plural or key.text)]
        wrong += [key for text in texts if sorted(PLACEHOLDER.findall(text)) not in allowed]
    assert wrong == []


def test_a_translation_has_french_apostrophes_and_spaces_that_do_not_break() -> None:
    assert [text for entry in catalogue() for text in entry.texts if BREAKING.search(text)] == []


def test_the_compiled_catalogue_says_what_the_source_says() -> None:
    with (MESSAGES / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for (context, text, plural), texts, _flags in catalogue():
        if plural:
            found = tuple(compiled.npgettext(context, text, plural, n) for n in (1, 2)) if context else None
            assert (found or tuple(compiled.ngettext(text, plural, n) for n in (1, 2))) == texts
        else:
            assert (compiled.pgettext(context, text) if context else compiled.gettext(text)) == texts[0]
    messages: dict[object, str] = vars(compiled)["_catalog"]
    assert len(messages) - 1 == sum(len(entry.texts) for entry in catalogue()), "make messages compiles the catalogue"
