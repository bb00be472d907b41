"""The broker of a demo: kombu's messages in files, each of which a reader meets whole or not at all."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu makes a file and then fills it. A worker that reads it in between finds no message in it, and ends."""

    def _put(  # type: ignore[override]  # kombu calls a message by two names
        self, queue: str, payload: Any, **_options: Any
    ) -> None:
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}"
        unfinished = Path(self.data_folder_out, f"{name}.part")
        try:
            unfinished.write_text(dumps(payload), encoding="utf-8")
            unfinished.replace(unfinished.with_suffix(".msg"))
        except OSError as error:
            raise ChannelError(f"Cannot add {unfinished} to the broker's folder") from error


class Transport(filesystem.Transport):
    Channel = Channel
