"""JSON without its gaps: what two readers could understand differently, or a database cannot store, is refused."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

MAX_DEPTH = 64
_JSON_TYPE = re.compile(r"application/(?:json|[\w.!#$&^+-]+\+json)", re.IGNORECASE)
_NEVER = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of `application/json` or `application/*+json`.

    Refused: NaN and Infinity, numbers too large for a float, a key twice in one object, NUL characters, lone
    surrogates, nesting deeper than 64.
    """

    media_type = "application/*"

    def parse(
        self,
        stream: IO[Any] | HttpRequest,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _require_json(media_type or "")
        raw = stream.body if isinstance(stream, HttpRequest) else stream.read()
        return loads(raw)


def loads(raw: bytes) -> Any:
    """The value of a JSON text; ParseError (400) says where and why it is none."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(_("The body is not UTF-8 (byte %(at)d).") % {"at": error.start}) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno, "why": error.msg}
        raise ParseError(_("The body is not JSON: line %(line)d, column %(column)d: %(why)s.") % place) from None
    except RecursionError:
        raise ParseError(_too_deep()) from None
    _refuse_unstorable(value)
    return value


def _require_json(media_type: str) -> None:
    name, _semicolon, parameters = media_type.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters, re.IGNORECASE)
    if not _JSON_TYPE.fullmatch(name.strip()) or (charset and charset[1].lower() not in {"utf-8", "utf8"}):
        raise UnsupportedMediaType(media_type[:100], detail=_("Send JSON in UTF-8, as application/json."))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ParseError(_("The key “%(key)s” stands twice in one object.") % {"key": _shown(twice)})
    return found


def _refuse_constant(name: str) -> None:
    raise ParseError(_("%(name)s is not a JSON number.") % {"name": name})


def _float(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ParseError(_("The number %(number)s is too large.") % {"number": text[:40]})
    return value


def _integer(text: str) -> int:
    if len(text) > 40:
        raise ParseError(_("The number %(number)s… is too large.") % {"number": text[:40]})
    return int(text)


def _refuse_unstorable(value: Any) -> None:
    """Walks without recursion, since depth is one of the things to refuse."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        if isinstance(item, str) and _NEVER.search(item):
            raise ParseError(
                _("A text has a NUL character or half a surrogate pair, which is no text: “%(text)s”.")
                % {"text": _shown(item)}
            )
        if not isinstance(item, dict | list):
            continue
        if depth > MAX_DEPTH:
            raise ParseError(_too_deep())
        inner = [*item, *item.values()] if isinstance(item, dict) else item
        todo.extend((part, depth + 1) for part in inner)


def _too_deep() -> str:
    return _("The body is nested deeper than %(depth)d levels.") % {"depth": MAX_DEPTH}


def _shown(text: str) -> str:
    return _NEVER.sub("\ufffd", text)[:60]
