"""A network that misbehaves on command: a TCP proxy whose connections can be cut, delayed, or left without an answer."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Self

from tests.services.ports import reserve

CHUNK = 65_536
CALL_SECONDS = 30.0


class FaultProxy:
    """Listens on loopback ``port`` and passes everything on to ``host``:``to_port``. Use as a context; it begins faultless.

    Each method returns when its fault holds, and may be called from any thread. Faults hold for open connections too.
    """

    def __init__(self, host: str, to_port: int) -> None:
        self._target = host, to_port
        self._delay, self._silent, self._withheld = 0.0, False, 0
        self._server: asyncio.Server | None = None
        self._one_at_a_time = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    @property
    def port(self) -> int:
        return self._reserved.number

    @property
    def withheld(self) -> int:
        """Bytes of answers that were not given: above 0, the engine has done what it was asked."""
        return self._withheld

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        self._do(self._cut)

    def delay(self, seconds: float) -> None:
        """Hold back each piece of data, in both directions, for so long; 0 ends it."""
        self._delay = seconds

    def drop_responses(self) -> None:
        """Pass requests on, give no answer. New TLS and PostgreSQL connections hang as well: open them before."""
        self._silent = True

    def restore(self) -> None:
        """End every fault. Connections that lack an answer are dropped: their bytes are lost."""
        if self._silent:
            self._do(self._drop)
        self._delay, self._silent, self._withheld = 0.0, False, 0
        self._do(self._listen)

    def __enter__(self) -> Self:
        self._reserved = reserve()
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._reserved.release()

    def _do(self, action: Callable[[], Coroutine[None, None, None]]) -> None:
        with self._one_at_a_time:
            asyncio.run_coroutine_threadsafe(action(), self._loop).result(CALL_SECONDS)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._drop()

    async def _drop(self) -> None:
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; whichever side resets it, the other is dropped too."""
        ends, finished = [writer], False
        try:
            onward_reader, onward = await asyncio.open_connection(*self._target)
            ends.append(onward)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, onward))
                both.create_task(self._pass(onward_reader, writer, answers=True))
            finished = True
        except* OSError:
            pass
        finally:
            for end in ends:
                end.close() if finished else end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool = False) -> None:
        while data := await reader.read(CHUNK):
            await asyncio.sleep(self._delay)
            if answers and self._silent:
                self._withheld += len(data)
            else:
                writer.write(data)
                await writer.drain()
        if not (answers and self._silent):
            writer.write_eof()
