"""A line between two processes that can be cut, held up and made slow while they use it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from enum import Enum
from typing import Any

from tests.chaos.servers import free_port

HOST = "127.0.0.1"


class Mode(Enum):
    PASS = "every byte at once"
    REFUSE = "nobody listens, and what stood is reset"
    BLACKHOLE = "connected, but no byte arrives any more"
    DELAY = "every chunk waits `delay_s`"
    HALF_CLOSE = "each side hears that the other has ended, and what it says is read by nobody"


class Proxy:
    """Listens on `port` and passes everything on to `target`, as the mode says. Bytes held up are not lost."""

    def __init__(self, target: int) -> None:
        self.target, self.port, self.delay_s = target, free_port(), 0.5
        self._mode = Mode.PASS
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen)

    def set(self, mode: Mode) -> None:
        self._do(self._change, mode)

    def close(self) -> None:
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Callable[..., Any], *arguments: Any) -> None:
        asyncio.run_coroutine_threadsafe(what(*arguments), self._loop).result(10)

    async def _listen(self) -> None:
        self._flows = asyncio.Event()
        self._flows.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.BLACKHOLE:
            self._flows.clear()
        else:
            self._flows.set()
        for line in self._lines:
            if mode is Mode.REFUSE:
                line.transport.abort()
            elif mode is Mode.HALF_CLOSE:
                line.write_eof()
        if mode is Mode.REFUSE and self._server is not None:
            self._server.close()
            self._server = None
        elif mode is not Mode.REFUSE and self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _end(self) -> None:
        await self._change(Mode.REFUSE)
        if serving := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(serving, timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        await self._flows.wait()
        if self._mode is Mode.HALF_CLOSE:
            writer.write_eof()
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
            self._lines.add(far_writer)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
            self._lines.discard(far_writer)
        except OSError:
            pass  # nobody is there: the near side hears of it by the close
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._flows.wait()
                if self._mode is Mode.DELAY:
                    await asyncio.sleep(self.delay_s)
                if self._mode is Mode.HALF_CLOSE:
                    continue
                sink.write(data)
                await sink.drain()
        except OSError:
            pass  # one side was killed or reset
        finally:
            sink.close()
