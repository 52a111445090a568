"""docker-compose.yml holds its rules, without Docker; what its steps make is what its services ask for."""

import json
import re
import ssl
import stat
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from compose import healthy, prepare
from compose.make_secrets import INCOMING, RENEW_DAYS, SERVERS, Differ, keep_incoming, make
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
ENDING = {"secrets", "prepare", "sijill", "people"}
"""Steps and commands: they run to their end and are looked at by their exit code."""
WRITING = {"elasticsearch": "it writes a keystore into its own configuration folder as it starts"}
OURS = "${SIJILL_IMAGE:-sijill:0.1.0}"
FOLDERS = ("keep", "s3", "postgres", "elasticsearch", "prefect", "sijill", "worker", "people")

PLAIN = {"sijill", "${SIJILL_ACCOUNT_KEY:-}", "${INCOMING_ACCESS_KEY:-}"}

services = pytest.mark.parametrize("name", SERVICES)


@services
def test_images_are_ours_or_pinned_by_digest_and_can_be_overridden(name: str) -> None:
    image = SERVICES[name]["image"]
    assert image == OURS or re.fullmatch(r"\$\{[A-Z0-9]+_IMAGE:-[\w./-]+:[\w.]+@sha256:[0-9a-f]{64}\}", image)
    assert ("build" in SERVICES[name]) is (image == OURS)


@services
def test_nobody_is_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & service.keys()


@services
def test_containers_cannot_be_written_to(name: str) -> None:
    assert SERVICES[name]["read_only"] is (name not in WRITING)


@services
def test_resources_and_logs_are_limited(name: str) -> None:
    assert {"mem_limit", "cpus", "pids_limit"} <= SERVICES[name].keys()
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


@services
def test_what_stays_up_is_looked_after(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("no" if name in ENDING else "unless-stopped")
    assert ("healthcheck" in service) is (name not in ENDING)


@services
def test_only_prefect_is_published_and_on_loopback(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert bool(ports) is (name == "prefect")
    networks = SERVICES[name].get("networks", [])
    assert networks == ([] if SERVICES[name].get("network_mode") == "none" else ["engines", "outside"] if ports else ["engines"])
    assert FILE["networks"]["engines"]["internal"] is True


@services
def test_only_the_repository_and_the_scans_are_taken_from_the_host_to_be_read(name: str) -> None:
    volumes = SERVICES[name].get("volumes", [])
    assert all(":/" in volume for volume in volumes), "one without a name stays behind when its container goes"
    bound = [volume for volume in volumes if volume.startswith((".", "/", "$"))]
    assert all(volume.endswith(":ro") and volume.startswith(("./compose/", "${SCANS:-./scans}:")) for volume in bound)
    assert all((ROOT / volume.partition(":")[0]).exists() for volume in bound if volume.startswith("./compose/"))
    named = {volume.partition(":")[0] for volume in volumes} - {volume.partition(":")[0] for volume in bound}
    assert named <= FILE["volumes"].keys()


@services
def test_no_secret_stands_in_the_file(name: str) -> None:
    """A password is a file's name, or comes from the shell of the person at work."""
    environment = SERVICES[name].get("environment", {})
    assert environment.get("SIJILL_ACCOUNT_KEY") in (None, "${SIJILL_ACCOUNT_KEY:-}")
    secret = {key: value for key, value in environment.items() if re.search(r"PASSWORD|SECRET|TOKEN|AUTH|_KEY$", key)}
    assert {key for key, value in secret.items() if not key.endswith("_FILE") and value not in PLAIN} == set()
    assert all(str(value).startswith("/") for key, value in secret.items() if key.endswith("_FILE"))
    assert not re.search(r"://[^\s/@]+:[^\s/@]+@", str(SERVICES[name]))


@services
def test_secrets_go_only_to_who_needs_them(name: str) -> None:
    given = {volume.split(":")[0] for volume in SERVICES[name].get("volumes", []) if str(volume).startswith(("secrets-", "keep"))}
    wanted = {
        "secrets": {"keep", *(f"secrets-{folder}" for folder in FOLDERS[1:])},
        "prepare": {"secrets-sijill", "secrets-worker", "secrets-people", "secrets-elasticsearch"},
    }
    assert given == wanted.get(name, {f"secrets-{name}"})


def test_workers_have_time_to_give_back_what_they_began() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "45s"
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if needed in ENDING else "service_healthy"), name


def test_the_settings_are_settings() -> None:
    for name in ("prepare", "worker", "sijill"):
        given = {key.removeprefix("SIJILL_").lower() for key in SERVICES[name]["environment"] if key.startswith("SIJILL_")}
        assert given <= Settings.model_fields.keys()


def read_out(folder: Path) -> Settings:
    """The settings of a container with these secrets."""
    return Settings(_secrets_dir=folder)  # type: ignore[call-arg]  # pydantic-settings' own


@pytest.mark.parametrize("name", ["worker", "sijill"])
def test_who_fetches_what_comes_in_is_told_from_where(name: str, volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables of the host, its secret key as a file: with none of them, the archive's own store and account."""
    told = {key: value for key, value in SERVICES[name]["environment"].items() if key.startswith("SIJILL_INCOMING")}
    assert told == {"SIJILL_INCOMING": "${INCOMING:-}", "SIJILL_INCOMING_ACCESS_KEY": "${INCOMING_ACCESS_KEY:-}"}
    make(volumes)
    monkeypatch.setenv("SIJILL_BLOBS", SERVICES[name]["environment"]["SIJILL_BLOBS"])
    monkeypatch.setenv("SIJILL_S3_ACCESS_KEY", "sijill")
    monkeypatch.setenv("SIJILL_INCOMING", "")
    monkeypatch.setenv("SIJILL_INCOMING_ACCESS_KEY", "")
    own = (volumes / name / "sijill_s3_secret_key").read_text("ascii")
    assert read_out(volumes / name).incoming_store == ("https://s3:7070", "sijill", own)

    for key in (b"a first key\n", b"the key of scanning\n"):
        keep_incoming(volumes, key)
    monkeypatch.setenv("SIJILL_INCOMING", "http://scans:9000")
    monkeypatch.setenv("SIJILL_INCOMING_ACCESS_KEY", "scanning")
    assert read_out(volumes / name).incoming_store == ("http://scans:9000", "scanning", "the key of scanning")
    assert {stat.S_IMODE((volumes / kept).stat().st_mode) for kept in INCOMING} == {0o400}
    assert make(volumes) == [], "and later starts leave it"


def test_no_key_in_place_of_one_that_is_there(volumes: Path) -> None:
    keep_incoming(volumes, b"the key of scanning")
    with pytest.raises(ValueError, match="no key came in"):
        keep_incoming(volumes, b"\n")
    assert {(volumes / kept).read_bytes() for kept in INCOMING} == {b"the key of scanning"}


def test_the_image_is_made_of_what_the_builder_is_given() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert kept == copied
    assert all((ROOT / name).exists() for name in kept)
    assert re.search(r"^USER sijill$", (ROOT / "Dockerfile").read_text(), re.M)


@pytest.mark.parametrize("setting", ["ORT_DISABLE_TELEMETRY=1", "DO_NOT_TRACK=1"])
def test_nothing_in_the_image_tells_its_maker_of_its_use(setting: str) -> None:
    """ONNX Runtime's published wheels report models, sessions and errors unless this is set before it is loaded; Prefect its use."""
    assert setting in (ROOT / "Dockerfile").read_text().split()


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_secrets_are_made_once(volumes: Path) -> None:
    assert set(make(volumes)) >= {"s3/secret_key", "sijill/sijill_s3_secret_key", "prefect/server.pem", "people/prefect-login"}
    before = contents(volumes)
    assert make(volumes) == []
    assert contents(volumes) == before
    assert {stat.S_IMODE((volumes / name).stat().st_mode) for name in before} == {0o400}
    passwords = [value for name, value in before.items() if not name.endswith((".pem", ".key"))]
    assert len(set(passwords)) == 6  # each known to its server and its user, and no other
    assert all(len(value) >= 48 for value in passwords)


def test_what_is_lost_on_one_side_is_brought_back_from_the_other(volumes: Path) -> None:
    make(volumes)
    (volumes / "sijill/sijill_catalogue_password").unlink()
    (volumes / "sijill/ca.pem").unlink()
    before = contents(volumes)
    assert make(volumes) == ["sijill/sijill_catalogue_password", "sijill/ca.pem"]
    assert contents(volumes).items() >= before.items()
    assert (volumes / "sijill/sijill_catalogue_password").read_bytes() == (volumes / "postgres/sijill_password").read_bytes()


def test_secrets_of_two_backups_are_refused(volumes: Path) -> None:
    make(volumes)
    (volumes / "s3/secret_key").unlink()
    (volumes / "s3/secret_key").write_text("another")
    with pytest.raises(Differ, match="s3/secret_key and sijill/sijill_s3_secret_key and"):
        make(volumes)


@pytest.mark.parametrize("server", SERVERS)
def test_certificates_hold_for_the_service_they_are_named_for(server: str, volumes: Path) -> None:
    make(volumes)
    context = ssl.create_default_context(cafile=volumes / "sijill/ca.pem")
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert shakes_hands(context, volumes / server, server)
    assert shakes_hands(context, volumes / server, "localhost")
    assert not shakes_hands(context, volumes / server, "another")


def shakes_hands(client: ssl.SSLContext, folder: Path, name: str) -> bool:
    """Both sides in memory; False when the client does not trust the server."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "server.pem", folder / "server.key")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server, server_hostname=name), serving.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(8):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return not ends


def test_a_certificate_that_ends_soon_is_made_anew_by_the_same_authority(volumes: Path) -> None:
    make(volumes, days=RENEW_DAYS - 1)
    authority = (volumes / "keep/ca.key").read_bytes()
    assert make(volumes) == [f"{server}/server.pem" for server in SERVERS]
    assert (volumes / "keep/ca.key").read_bytes() == authority
    left = x509.load_pem_x509_certificate((volumes / "s3/server.pem").read_bytes()).not_valid_after_utc
    assert left.year > 2027


class Elasticsearch:
    """Gives keys to who has the password, as ``status``, and knows those it gave."""

    def __init__(self, status: int = HTTPStatus.OK) -> None:
        self.status, self.keys, self.bodies = status, list[str](), list[Mapping[str, Any]]()

    def __call__(self, method: str, path: str, authorization: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        if body is None:
            assert (method, path) == ("HEAD", "/sijill")
            return (HTTPStatus.NOT_FOUND if authorization.removeprefix("ApiKey ") in self.keys else HTTPStatus.UNAUTHORIZED), None
        assert (method, path) == ("POST", "/_security/api_key")
        assert authorization.startswith("Basic ")
        self.bodies.append(body)
        self.keys.append(f"key-{len(self.keys)}")
        return self.status, {"encoded": self.keys[-1]}


def test_the_index_gets_a_key_for_its_own_indices_alone(volumes: Path) -> None:
    make(volumes)
    server = Elasticsearch()
    assert prepare.index_key(volumes, server) is True
    assert prepare.index_key(volumes, server) is False, "the key it has is good"
    kept = volumes / "sijill/sijill_index_key"
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("key-0", 0o400)
    [body] = server.bodies
    [role] = body["role_descriptors"].values()
    assert [rule["names"] for rule in role["indices"]] == [["sijill*"]]
    assert role["cluster"] == ["monitor"]
    assert (volumes / "worker/sijill_index_key").read_text() == "key-0"
    server.keys.clear()  # Elasticsearch has lost its data
    assert prepare.index_key(volumes, server) is True


def test_no_key_is_an_error(volumes: Path) -> None:
    make(volumes)
    with pytest.raises(prepare.Refused, match="503"):
        prepare.index_key(volumes, Elasticsearch(HTTPStatus.SERVICE_UNAVAILABLE))
    assert not (volumes / "sijill/sijill_index_key").exists()


class Accounts:
    """`sijill account`, as prepare uses it."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def __call__(self, key: str, *words: str) -> str:
        assert (key == "") is (not self.known), "the first is made without a key, others by an admin"
        assert key in ("", *(told for told, role in self.known.items() if role == "admin"))
        match words:
            case ("list", "--json"):
                return json.dumps([{"name": told.removeprefix("key-of-")} for told in self.known])
            case ("key", name):
                self.known[f"new-key-of-{name}"] = self.known.pop(f"key-of-{name}")
                return f"Key, shown this once: new-key-of-{name}\n"
            case ("add", name, "--role", role):
                self.known[f"key-of-{name}"] = role
                return f"1. {name}: {role} in every holding\nKey, shown this once: key-of-{name}\n"
        raise AssertionError(words)


def test_accounts_are_made_once_for_people_and_for_workers(volumes: Path) -> None:
    sijill = Accounts()
    assert prepare.accounts(volumes, sijill) == ["admin", "worker"]
    assert sijill.known == {"key-of-admin": "admin", "key-of-worker": "operator"}
    assert (volumes / "people/admin-key").read_text() == "key-of-admin"
    assert (volumes / "worker/sijill_account_key").read_text() == "key-of-worker"
    assert prepare.accounts(volumes, sijill) == []


@pytest.mark.parametrize(("known", "worker"), [((), "key-of-worker"), (("worker",), "new-key-of-worker")])
def test_a_restored_archive_keeps_its_admin_and_its_workers_get_a_key(volumes: Path, known: tuple[str, ...], worker: str) -> None:
    sijill = Accounts()
    sijill.known = {"key-of-amal": "admin", **{f"key-of-{name}": "operator" for name in known}}
    assert prepare.accounts(volumes, sijill, "key-of-amal") == ["admin", "worker"]
    assert (volumes / "people/admin-key").read_text() == "key-of-amal"
    assert (volumes / "worker/sijill_account_key").read_text() == worker
    assert sijill.known == {"key-of-amal": "admin", worker: "operator"}
    assert prepare.accounts(volumes, sijill, "key-of-another") == []


def test_the_key_is_found_in_what_the_command_says() -> None:
    assert re.search(rf'say\(f"{prepare.TOLD}', (ROOT / "pipeline/cli/account.py").read_text("utf-8"))
    with pytest.raises(prepare.Refused):
        prepare._key("1. admin: admin in every holding\n")


@pytest.mark.parametrize(
    ("known", "well"),
    [
        ([{"name": "HOST-7", "status": "ONLINE"}], True),
        ([{"name": "HOST-7", "status": "OFFLINE"}, {"name": "HOST-9", "status": "ONLINE"}], True),
        ([{"name": "HOST-7", "status": "OFFLINE"}], False),
        ([{"name": "another-7", "status": "ONLINE"}], False),
        ([], False),
    ],
)
def test_a_worker_is_well_when_the_server_hears_of_it(known: list[dict[str, str]], well: bool) -> None:
    assert healthy.online([{**each, "name": each["name"].replace("HOST", "3f2a")} for each in known], "3f2a") is well
