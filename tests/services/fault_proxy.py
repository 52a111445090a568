"""A network that misbehaves on command: a TCP proxy whose connections can be cut, delayed, or left without an answer."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
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
        self._listener: socket.socket | None = None
        self._connections: set[asyncio.Task[bool]] = set()
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
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._listener.setblocking(False)
            self._loop.add_reader(self._listener, self._accept, self._listener)

    async def _cut(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        await self._drop()

    async def _drop(self) -> None:
        connections = list(self._connections)
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accept(self, listener: socket.socket) -> None:
        """Not asyncio's own server: closed a moment after it accepted, it leaves that connection open for good (seen on Python 3.11)."""
        with suppress(BlockingIOError):
            accepted, _ = listener.accept()
            ends: list[asyncio.StreamWriter] = []
            connection = self._loop.create_task(self._join(accepted, ends))
            self._connections.add(connection)
            connection.add_done_callback(lambda done: self._ended(done, accepted, ends))

    async def _join(self, accepted: socket.socket, ends: list[asyncio.StreamWriter]) -> bool:
        """Pass on both ways until both sides have finished; False when one was reset or could not be reached."""
        finished = False
        try:
            reader, writer = await asyncio.open_connection(sock=accepted)
            ends.append(writer)
            onward_reader, onward = await asyncio.open_connection(*self._target)
            ends.append(onward)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, onward))
                both.create_task(self._pass(onward_reader, writer, answers=True))
            finished = True
        except* OSError:
            pass
        return finished

    def _ended(self, connection: asyncio.Task[bool], accepted: socket.socket, ends: list[asyncio.StreamWriter]) -> None:
        self._connections.discard(connection)
        finished = not connection.cancelled() and connection.result()
        for end in ends:
            end.close() if finished else end.transport.abort()
        if not ends:
            accepted.close()

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
