"""What the engines of the tests rest on, without the engines: cache, ports, programs that never outlive us, proxies, skipping."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from tests.services import build_go, certificate, developer
from tests.services.cache import CannotBuild, built, wanted
from tests.services.command import run
from tests.services.endpoints import ElasticEndpoint, PostgresEndpoint, S3Endpoint
from tests.services.engine import DidNotStart, Engine, NotReady
from tests.services.fault_proxy import FaultProxy
from tests.services.fixtures import had
from tests.services.ports import RANGE, NoPort, reserve
from tests.services.program import Program

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT_AND_CHILD = [sys.executable, "-c", f"import subprocess; subprocess.run({SLEEP!r})"]
PATIENCE = 60.0


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


class TestCache:
    def test_what_is_there_is_not_made_again(self, tmp_path: Path) -> None:
        made: list[Path] = []
        first, second = (built("thing-1", made.append, tmp_path) for _ in range(2))
        assert (first, len(made)) == (second, 1)

    def test_a_build_that_failed_leaves_nothing_and_the_next_starts_clean(self, tmp_path: Path) -> None:
        def fails(folder: Path) -> None:
            (folder / "half").touch()
            raise CannotBuild("no network")

        with pytest.raises(CannotBuild):
            built("thing-1", fails, tmp_path)
        assert not (tmp_path / "thing-1").exists()
        assert list(built("thing-1", lambda _: None, tmp_path).iterdir()) == []

    def test_two_who_want_it_at_once_make_it_once(self, tmp_path: Path) -> None:
        made: list[Path] = []

        def slowly(folder: Path) -> None:
            time.sleep(0.1)
            made.append(folder)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: built("thing-1", slowly, tmp_path), range(2)))
        assert len(made) == 1

    def test_another_checksum_is_refused(self) -> None:
        with pytest.raises(CannotBuild, match="h1:other, not h1:pinned"):
            build_go._check('{"Sum": "h1:other"}', "h1:pinned")

    @pytest.mark.parametrize(("command", "said"), [(["no-such-program"], "not on this machine"), (["sh", "-c", "echo why; exit 3"], "why")])
    def test_a_build_that_cannot_go_on_says_why(self, command: list[str], said: str) -> None:
        with pytest.raises(CannotBuild, match=said):
            run(command)

    def test_every_jar_is_pinned(self) -> None:
        assert all(len(bytes.fromhex(digest)) == 32 for digest in wanted("elasticsearch")["jars"].values())


@pytest.mark.parametrize(("ci", "outcome"), [(False, pytest.skip.Exception), (True, pytest.fail.Exception)])
def test_what_cannot_be_built_is_skipped_but_fails_in_ci(ci: bool, outcome: type[BaseException]) -> None:
    def cannot() -> None:
        raise CannotBuild("the network is down")

    with pytest.raises(outcome, match="the network is down"):
        had(cannot, ci)
    assert had(lambda: 1, ci) == 1


class TestPorts:
    def test_a_reserved_port_is_given_to_nobody_else_until_released(self) -> None:
        port = reserve()
        with pytest.raises(NoPort):
            reserve(port.number)
        port.release()
        again = reserve(port.number)
        assert again.number == port.number
        again.release()

    def test_a_port_somebody_listens_on_is_not_given(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(NoPort):
            reserve(listener.getsockname()[1])

    def test_the_kernel_does_not_hand_them_out(self) -> None:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        assert lowest >= RANGE.stop


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Program]:
    """A program with a child of its own."""
    program = Program(PARENT_AND_CHILD, tmp_path / "log")
    program.start()
    eventually(lambda: len(program.processes()) == 2)
    yield program
    program.kill()


class TestProgram:
    def test_kill_leaves_no_child_behind(self, family: Program) -> None:
        processes = family.processes()
        family.kill()
        assert (family.alive(), [process for process in processes if process.is_running()]) == (False, [])

    def test_one_that_does_not_stop_when_asked_is_told_so_by_its_signal(self, tmp_path: Path) -> None:
        program = Program(["sh", "-c", "trap 'echo asked; exit 0' INT; while :; do sleep 0.05; done"], tmp_path / "log", stop=signal.SIGINT)
        program.start()
        eventually(program.processes)
        time.sleep(0.3)
        program.stop()
        assert (tmp_path / "log").read_text() == "asked\n"

    def test_starting_what_runs_does_nothing(self, family: Program) -> None:
        before = family.processes()
        family.start()
        assert family.processes() == before

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_it_ends_with_the_process_that_started_it(self, tmp_path: Path, number: signal.Signals) -> None:
        script = f"""
            import sys, time
            from pathlib import Path
            from tests.services.program import Program
            program = Program({PARENT_AND_CHILD!r}, Path({str(tmp_path / "log")!r}))
            program.start()
            while len(program.processes()) < 2: time.sleep(0.02)
            print(*[process.pid for process in program.processes()], flush=True)
            time.sleep(600)
        """
        command = [sys.executable, "-c", textwrap.dedent(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as asker:
            assert asker.stdout
            child, _ = (psutil.Process(int(word)) for word in asker.stdout.readline().split())
            os.kill(asker.pid, number)
        eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


class Stub(Engine):
    """An engine that is a shell script, ready when it has written the word."""

    name = "stub"

    def __init__(self, folder: Path, script: str) -> None:
        super().__init__(folder)
        self._program = Program(["sh", "-c", script], self.log)

    @property
    def _programs(self) -> tuple[Program, ...]:
        return (self._program,)

    def _prepare(self) -> None: ...

    def _ask(self) -> None:
        if "ready" not in self.log.read_text():
            raise NotReady("not yet")

    def port(self) -> int:
        return self._port("port")

    def secret(self) -> str:
        return self._secret("word")


class TestEngine:
    def test_one_that_ends_as_it_starts_says_so_with_its_log(self, tmp_path: Path) -> None:
        with Stub(tmp_path, "echo disk on fire; exit 1") as engine, pytest.raises(DidNotStart, match=r"stub ended[^\n]*\ndisk on fire"):
            engine.start()

    def test_ports_and_secrets_stay_with_the_folder(self, tmp_path: Path) -> None:
        with Stub(tmp_path, "") as first:
            before = first.port(), first.secret()
        with Stub(tmp_path, "") as second, Stub(tmp_path / "other", "") as other:
            assert (second.port(), second.secret()) == before
            assert other.secret() != second.secret()
        assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600

    def test_left_it_is_gone(self, tmp_path: Path) -> None:
        with Stub(tmp_path, "echo ready; exec sleep 600") as engine:
            engine.start()
            assert engine.alive()
            assert engine.memory() > 0
        assert not engine.alive()


class Echo(BaseHTTPRequestHandler):
    """A node that answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = " ".join(str(self.headers.get(name)) for name in ("Authorization", "Content-Type", "Accept-Encoding"))
        said = f"{self.path} {asked} ".encode() + body
        self.send_response(201)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Proxy(Engine):
    """The proxy before a node of ours."""

    name = "proxy"

    def __init__(self, folder: Path, node: str) -> None:
        super().__init__(folder)
        self.certificate, self.private_key = folder / "ca.pem", folder / "key.pem"
        script = Path(developer.__file__).with_name("tls_proxy.py")
        command = [sys.executable, "-I", script, self._port("port"), self.certificate, self.private_key, node]
        self._program = Program([str(part) for part in command], self.log, {"API_KEY": "right"})

    @property
    def _programs(self) -> tuple[Program, ...]:
        return (self._program,)

    def _prepare(self) -> None:
        certificate.make(self.certificate, self.private_key)

    def _ask(self) -> None:
        try:
            socket.create_connection(("127.0.0.1", self._port("port"))).close()
        except OSError as error:
            raise NotReady(str(error)) from error

    def post(self, target: str, body: bytes, **headers: str) -> httpx.Response:
        context = ssl.create_default_context(cafile=str(self.certificate))
        url = f"https://127.0.0.1:{self._port('port')}{target}"
        with httpx.Client(verify=context, trust_env=False) as client:  # a bare request: the client adds nothing
            return client.send(httpx.Request("POST", url, content=body, headers=headers, extensions={"timeout": {"read": PATIENCE}}))


@pytest.fixture(scope="module")
def proxy(node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("proxy"), node) as proxy:
        proxy.start()
        yield proxy


class TestKeyProxy:
    def test_a_request_with_the_key_is_passed_on_byte_for_byte_without_it(self, proxy: Proxy) -> None:
        headers = {"Authorization": "ApiKey right", "Content-Type": "application/x-ndjson"}
        answer = proxy.post("/a%2Fb/_bulk?refresh=true&q=%D9%85", "محمد".encode(), **headers)
        assert (answer.status_code, answer.text) == (201, "/a%2Fb/_bulk?refresh=true&q=%D9%85 None application/x-ndjson None محمد")
        assert answer.headers["X-Elastic-Product"] == "Elasticsearch"

    @pytest.mark.parametrize("headers", [{}, *({"Authorization": wrong} for wrong in ("ApiKey wrong", "Bearer right", "right", "ApiKey"))])
    def test_any_other_is_refused(self, proxy: Proxy, headers: dict[str, str]) -> None:
        answer = proxy.post("/x/_doc", b"{}", **headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "security_exception")

    def test_a_client_that_does_not_know_its_certificate_does_not_speak_to_it(self, proxy: Proxy) -> None:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"https://127.0.0.1:{proxy._port('port')}/", trust_env=False)

    def test_its_private_key_is_for_its_owner_alone(self, proxy: Proxy) -> None:
        assert proxy.private_key.stat().st_mode & 0o777 == 0o600

    def test_a_node_that_is_down_is_said_to_be(self, tmp_path: Path) -> None:
        with Proxy(tmp_path, "http://127.0.0.1:9") as orphan:
            orphan.start()
            assert orphan.post("/", b"", Authorization="ApiKey right").status_code == 502


@pytest.fixture
def faulty(node: str) -> Iterator[FaultProxy]:
    address = urlsplit(node)
    assert address.hostname
    assert address.port
    with FaultProxy(address.hostname, address.port) as proxy:
        yield proxy


ANSWER = "/ None None gzip page"


def post(proxy: FaultProxy, seconds: float = PATIENCE) -> str:
    """One request on a connection of its own."""
    return httpx.post(
        f"http://127.0.0.1:{proxy.port}/", content=b"page", headers={"Accept-Encoding": "gzip"}, timeout=seconds, trust_env=False
    ).text


class TestFaultProxy:
    def test_without_a_fault_all_passes(self, faulty: FaultProxy) -> None:
        assert [post(faulty) for _ in range(3)] == [ANSWER] * 3

    def test_cut_drops_what_is_open_refuses_what_is_new_until_restored(self, faulty: FaultProxy) -> None:
        with closing(socket.create_connection(("127.0.0.1", faulty.port))) as opened:
            faulty.cut()
            opened.settimeout(PATIENCE)
            with pytest.raises(httpx.ConnectError):
                post(faulty)
            with suppress(ConnectionResetError):
                assert opened.recv(1) == b""
        faulty.restore()
        assert post(faulty) == ANSWER

    def test_a_dropped_answer_never_comes_but_the_request_arrived(self, faulty: FaultProxy) -> None:
        faulty.drop_responses()
        with pytest.raises(httpx.ReadTimeout):
            post(faulty, seconds=1)
        eventually(lambda: faulty.withheld)
        faulty.restore()
        assert (post(faulty), faulty.withheld) == (ANSWER, 0)

    def test_delay_holds_each_way(self, faulty: FaultProxy) -> None:
        faulty.delay(0.2)
        begun = time.monotonic()
        post(faulty)
        assert time.monotonic() - begun >= 0.4


class TestDeveloper:
    @pytest.mark.parametrize("arguments", [[], ["sideways"], ["up", "down"]])
    def test_another_command_is_told_what_there_is(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert developer.main(arguments) == 64
        assert "./run services up" in capsys.readouterr().err

    def test_down_where_nothing_runs(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert developer.down(tmp_path) == 0
        assert capsys.readouterr() == ("", "Nothing was running.\n")

    def test_the_variables_are_settings_and_no_url_has_a_secret(self) -> None:
        made = developer.variables_of(
            S3Endpoint("http://127.0.0.1:1", "account", "secret-1"),
            PostgresEndpoint("127.0.0.1", 2, "sijill", "secret-2", "sijill"),
            ElasticEndpoint("https://127.0.0.1:3", "secret-3", Path("/ca.pem")),
        )
        assert made["SIJILL_BLOBS"] == "s3:http://127.0.0.1:1/sijill"
        assert made["SIJILL_CATALOGUE"] == "postgresql://sijill@127.0.0.1:2/sijill"
        assert made["SIJILL_INDEX"] == "https://127.0.0.1:3/sijill"
        assert [name for name, value in made.items() if "secret" in value] == [
            "SIJILL_S3_SECRET_KEY",
            "SIJILL_CATALOGUE_PASSWORD",
            "SIJILL_INDEX_KEY",
        ]
