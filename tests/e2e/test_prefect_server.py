"""The local Prefect server: one only, private, found again, never confused with another process."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from flows.daemon import started
from flows.server import LocalServer, RemoteServer
from pipeline.errors import Unavailable


def pid_of(server: LocalServer) -> int:
    return int(json.loads((server.home / "server.json").read_text())["pid"])


def kill(server: LocalServer) -> None:
    """SIGKILL, and wait until it has taken effect."""
    os.kill(pid_of(server), signal.SIGKILL)
    while server.starting():
        time.sleep(0.01)


def test_two_starts_at_once_end_with_one_server_that_serves_the_ui_and_stops(own_server: LocalServer) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: own_server.start(wait=False), range(4)))
    assert urls == {own_server.wait_ready()} == {own_server.running()}
    browser = urllib.request.Request(f"{own_server.ui_url}/dashboard", headers={"Accept": "text/html"})  # noqa: S310  # our own server
    with urllib.request.urlopen(browser, timeout=10) as page:  # noqa: S310
        assert b"<html" in page.read()

    private = {
        path.name: path.stat().st_mode & 0o077 for path in [own_server.home, *own_server.home.iterdir()] if path.name != "server.lock"
    }
    assert not any(private.values()), private
    listening = [socket.laddr.ip for socket in psutil.Process(pid_of(own_server)).net_connections("inet") if socket.status == "LISTEN"]
    assert set(listening) == {"127.0.0.1"}

    assert own_server.stop()
    assert own_server.running() is None
    assert not own_server.stop()


def test_another_process_with_the_same_number_is_not_the_server(own_server: LocalServer) -> None:
    own_server.home.mkdir()
    (own_server.home / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 4200, "started": "boot/1"}))
    assert own_server.running() is None
    assert not own_server.stop()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pid": "x", "port": 1, "started": ""}', "\0"])
def test_a_spoiled_state_file_is_no_server(own_server: LocalServer, content: str) -> None:
    own_server.home.mkdir()
    (own_server.home / "server.json").write_text(content)
    assert own_server.running() is None


def test_a_server_that_cannot_start_names_its_log(own_server: LocalServer) -> None:
    own_server.home.mkdir()
    (own_server.home / "prefect.db").mkdir()  # the database cannot be opened
    with pytest.raises(Unavailable) as caught:
        own_server.start()
    assert caught.value.code == "prefect-unreachable"
    assert str(own_server.log) in caught.value.way_out
    assert own_server.log.read_text()


def test_killed_it_starts_again_on_the_same_port(server: LocalServer) -> None:
    url = server.url
    kill(server)
    assert server.running() is None
    assert server.revive()
    assert server.wait_ready() == url
    assert not server.revive()


def test_two_archives_never_share_a_port(tmp_path: Path, own_server: LocalServer) -> None:
    other = LocalServer(tmp_path / "other")
    try:
        assert own_server.start(wait=False) != other.start(wait=False)
    finally:
        other.stop()


def test_a_server_whose_archive_is_deleted_ends(own_server: LocalServer) -> None:
    own_server.start()
    pid, home = pid_of(own_server), own_server.home
    shutil.rmtree(home)
    deadline = time.monotonic() + 20
    while started(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not started(pid)


def test_a_remote_server_is_used_as_it_is(server: LocalServer) -> None:
    remote = RemoteServer(server.url)
    assert remote.wait_ready() == remote.running() == server.url
    assert not remote.revive()


def test_a_remote_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        remote = RemoteServer(f"http://127.0.0.1:{nobody.getsockname()[1]}/api")
        with pytest.raises(Unavailable, match="prefect-unreachable"):
            remote.wait_ready(timeout=0.3)
        assert remote.running() is None


def test_what_a_remote_server_asks_for_is_handed_on_and_never_shown(tmp_path: Path) -> None:
    remote = RemoteServer("https://prefect.example/api", "operator:secret", tmp_path / "ca.pem")
    assert remote.client_settings() == {"PREFECT_API_AUTH_STRING": "operator:secret", "PREFECT_API_SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    assert "secret" not in repr(remote)
    assert RemoteServer("https://prefect.example/api").client_settings() == {}


def test_neither_the_server_nor_running_a_batch_imports_prefect_before_it_is_needed(tmp_path: Path) -> None:
    code = "import sys, flows.server, flows.run; print('prefect' in sys.modules, 'httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["False", "False"]
