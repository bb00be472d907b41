"""Log lines: JSON in production (one line an event, control characters escaped), readable on one's own machine."""

import logging
import re
from typing import Any

import structlog
from django.conf import settings

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def json_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            _without_secrets,
        ],
    )


def console_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            _without_secrets,
        ],
    )


def _without_secrets(_logger: Any, _name: str, line: Any) -> str:
    """Whoever knows an address under one of SECRET_ADDRESSES may read what is there: it stands in no log."""
    places = "|".join(map(re.escape, settings.SECRET_ADDRESSES))
    return re.sub(rf"({places})[^\s'\"<>?]+", r"\1…", str(line))
