"""The documents say what is true: commands run, options, settings, codes and keys are those of the code, links lead somewhere."""

import ast
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
import typer.main

from pipeline.cli import app
from pipeline.custody import CHECKPOINT
from pipeline.errors import WAYS_OUT
from pipeline.settings import Settings
from tests.drawn import small

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [path for room in ("pipeline", "flows", "search", "ocr_models") for path in (ROOT / room).rglob("*.py")]
HOSTS = {"keepachangelog.com"}
MOST_BYTES = 300_000
RAISING = "Forbidden|Refused|PageFailed|Damaged|Conflict|NotFound|Usage|Missing|Unavailable|WorkerLost|Alarm|Rescan|refused|_refusal|_lost"

NOT_RUN = {
    "sijill ingest": "each starts Prefect; the archive the others run on is made by one",
    "sijill up": "starts Prefect: tests/e2e",
    "sijill worker": "serves until it is ended: tests/e2e/test_pool.py",
    "sijill incoming": "needs a bucket and a pool: tests/e2e/test_incoming.py",
    "sijill move": "copies an archive: tests/e2e/test_shared.py",
    "sijill backup": "writes to another disk: tests/e2e/test_backup.py",
    "sijill restore": "fills another archive: tests/e2e/test_backup.py",
    "sijill ui": "starts Prefect, and opens a browser: tests/e2e",
    "sijill doctor": "its answer is the machine's: test_doctor.py",
    "sijill model train": "takes its minutes: test_model_commands.py",
    "sijill model export": "exports what was trained: test_model_commands.py",
    "sijill model evaluate": "reads whole pages: test_model_commands.py",
    "sijill model promote": "compares on whole pages: test_model_commands.py",
    "./run": "installs: test_run_script.py",
    "docker compose": "needs Docker: ./run compose-check, test_compose.py",
    "uv sync": "installs",
    "uv run": "the tools of ./run test: looked for, not run within the tests they run",
    "export": "only names a setting",
}


@dataclass(frozen=True)
class Command:
    """One line of a fenced block, the settings before it taken off."""

    document: str
    line: str
    words: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]

    @property
    def sijill(self) -> list[str] | None:
        return list(self.words[3:]) if self.words[:3] == ("uv", "run", "sijill") else None

    @property
    def not_run(self) -> str | None:
        said = " ".join(["sijill", *self.sijill] if self.sijill else self.words)
        return next((why for begins, why in NOT_RUN.items() if said.startswith(begins)), None)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fences(text: str) -> list[str]:
    return re.findall(r"^ *```(?:sh|console)\n(.*?)^ *```", text, re.S | re.M)


def prose(path: Path) -> str:
    return re.sub(r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.S | re.M)


def inline(path: Path) -> list[str]:
    return re.findall(r"`([^`]+)`", " ".join(prose(path).splitlines()))


def commands() -> Iterator[Command]:
    for path in DOCUMENTS:
        for line in "\n".join(fences(path.read_text("utf-8"))).replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            settings = []
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                name, _, value = words.pop(0).partition("=")
                settings.append((name, value))
            if words:
                yield Command(named(path), line.strip(), tuple(words), tuple(settings))


COMMANDS = list(dict.fromkeys(commands()))
RUN = [command for command in COMMANDS if command.not_run is None]


def leaf(words: list[str]) -> tuple[typer.core.TyperCommand | typer.core.TyperGroup, list[str]]:
    """The command that words name, or the group where only its options follow; and what is left of them."""
    found, rest = typer.main.get_command(app), list(words)
    while isinstance(found, typer.core.TyperGroup) and not rest[0].startswith("--"):
        found = found.commands[rest.pop(0)]
    assert isinstance(found, (typer.core.TyperCommand, typer.core.TyperGroup))
    return found, rest


def run(*words: str) -> None:
    typer.main.get_command(app).main(list(words), "sijill", standalone_mode=False)


@cache
def constants() -> frozenset[str]:
    """Every string that stands in the source."""
    nodes = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def raised() -> set[str]:
    """Every reason code that the source gives to an error, an alarm or a note."""
    calls = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    first = [call.args[0] for call in calls if call.args and re.fullmatch(RAISING, ast.unparse(call.func).rpartition(".")[2])]
    return {one.value for one in first if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def tables(path: Path) -> list[list[list[str]]]:
    """The cells of each table's rows, its head left out."""
    found = re.findall(r"(?:^\|.*\|\n)+", path.read_text("utf-8"), re.M)
    return [[[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]] for table in found]


def test_the_documents_are_there() -> None:
    wanted = {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md", "docs/formats.md", "docs/reasons.md"}
    wanted |= {f"docs/roles/{role}.md" for role in ("archivist", "investigator", "reviewer", "operator", "liaison")}
    assert wanted <= set(map(named, DOCUMENTS))
    assert len(RUN) > 20


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.document}: {command.line}")
def test_every_command_can_be_typed(command: Command) -> None:
    words = list(command.words)
    if command.sijill:
        found, rest = leaf(command.sijill)
        found.make_context(words[2], rest)  # raises for an option that is not there, or an argument that is missing
    elif words[0] == "./run":
        assert re.search(rf"^  {words[1]}\)", (ROOT / "run").read_text(), re.M)
    elif words[:4] == ["uv", "run", "python", "-m"]:
        assert find_spec(words[4])
    elif words[:2] == ["uv", "run"]:
        assert shutil.which(words[2], path=Path(sys.executable).parent)
    else:
        assert command.not_run, "a command that is neither run nor excused"
    if not command.sijill:
        assert [word for word in words if word.endswith(".py") and not (ROOT / word).exists()] == []


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A folder with an archive and all that the documents' commands name; what stands for their capitals."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "scans").mkdir()
    for number, name in enumerate("abc"):
        small(number).save(folder / f"scans/{name}.png", dpi=(300, 300))
    (folder / "names.txt").write_text("سامر الحلبي\nنزار\n", "utf-8")
    (folder / "pages.jsonl").write_text('{"source": "register.pdf", "page": 1, "text": "المدعو سامر بن نزار الحلبي"}\n', "utf-8")
    manifest = next(text for text in re.findall(r"```toml\n(.*?)```", (ROOT / "docs/roles/archivist.md").read_text("utf-8"), re.S))
    (folder / "manifest.toml").write_text(manifest, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SIJILL_HOME", str(folder / "archive"))
        patch.setenv("SIJILL_READER", "constant")
        patch.setenv("SIJILL_PROCESSES", "1")
        with redirect_stdout(StringIO()) as said:
            try:
                run("ingest", "scans", "--holding", "Box 12", "--manifest", "manifest.toml")
                run("review", "export", "--out", "all.jsonl")
            finally:
                run("down")
        lines = [json.loads(line) for line in (folder / "all.jsonl").read_text("utf-8").splitlines()]
        first, second, third = (line["page_id"] for line in lines)
        (folder / "lines.jsonl").write_text(json.dumps(lines[0] | {"checked": True}), "utf-8")
        checkpoint = CHECKPOINT.search(said.getvalue())
        assert checkpoint
        assert len({first, second, third}) == 3
        yield {"PAGE_ID": second, "SHA256": third.split("-")[0], "CHECKPOINT": checkpoint[0]}


@pytest.mark.parametrize("command", RUN, ids=lambda command: f"{command.document}: {command.line}")
def test_commands_do_what_they_say(command: Command, archive: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in command.settings:
        monkeypatch.setenv(name, value)
    run(*(archive.get(word, word) for word in command.sijill or ()))


@pytest.mark.parametrize(
    ("words", "section"),
    [
        (["status", "--json"], "Status"),
        (["search", "سامر نزار الحلبي", "--json"], "Search"),
        (["read", "scans/a.png", "--format", "json"], "Read"),
        (["review", "export"], "Review"),
        (["account", "list", "--json"], "Accounts"),
        (["account", "audit", "--json"], "Accounts"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_key_is_told(words: list[str], section: str, archive: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    del archive
    run(*words)
    said = capsys.readouterr().out
    given = json.loads(said.splitlines()[0] if section == "Review" else said)
    sections = re.split(r"^## ", (ROOT / "docs/formats.md").read_text("utf-8"), flags=re.M)
    also = "Search" if section == "Read" else section  # what a person is made of is told once, with a hit's
    told = " ".join(re.findall(r"`([^`]+)`", "".join(text for text in sections if text.startswith((section, also)))))
    missing = set(keys(given)) - set(re.findall(r"\w+", told))
    assert missing == set()


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(part)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_named_in_running_text_exist(path: Path) -> None:
    for said in inline(path):
        if not said.startswith("sijill ") or "…" in said:
            continue
        words = said.split()[1:]
        found, _ = leaf(words[:2] if words[0] in ("review", "model", "account") else words[:1])
        known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, said


def test_settings_are_those_of_the_code() -> None:
    variables = {f"SIJILL_{name.upper()}": field for name, field in Settings.model_fields.items()}
    for path in DOCUMENTS:
        unknown = set(re.findall(r"SIJILL_[A-Z0-9_]+", path.read_text("utf-8"))) - variables.keys()
        assert unknown == set(), named(path)
    [told] = [table for table in tables(ROOT / "docs/formats.md") if table[0][0] == "`SIJILL_HOME`"]
    rows = {row[0].strip("`"): (row[1].strip("`"), row[2]) for row in told}
    real = {name: ("" if field.default is None else str(field.default), str(field.description)) for name, field in variables.items()}
    real["SIJILL_PROCESSES"] = ("one a core", real["SIJILL_PROCESSES"][1])
    assert rows == real


def test_limits_of_security_are_the_defaults() -> None:
    for _, name, default in tables(ROOT / "SECURITY.md")[0]:
        value = Settings.model_fields[name.strip("`").removeprefix("SIJILL_").lower()].default
        assert default.startswith(f"{value:g}"), name


def test_every_way_out_is_told_as_the_code_has_it() -> None:
    assert {code.strip("`"): advice for code, advice in tables(ROOT / "docs/reasons.md")[0]} == dict(WAYS_OUT)


def test_every_code_is_told_and_every_code_told_is_there() -> None:
    told = {row[0].strip("`") for table in tables(ROOT / "docs/reasons.md") for row in table}
    assert raised() - told == set()
    assert told - constants() == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_codes_and_files_named_are_there(path: Path) -> None:
    said = inline(path)
    codes = {word for word in said if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)}
    assert codes - constants() == set()
    files = {word for word in said if re.fullmatch(r"(?:pipeline|flows|search|ocr_models|tests|fixtures|docs)/[\w./-]*", word)}
    assert {word for word in files if "NAME" not in word and not (ROOT / word).exists()} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if target.startswith("https://"):
            assert target.split("/")[2] in HOSTS, target
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(found), target
        assert found.suffix not in (".png", ".jpg", ".svg") or found.stat().st_size <= MOST_BYTES, target


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", prose(path), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_documents_speak_of_the_project_alone(path: Path) -> None:
    """No path of somebody's machine, no address but those known."""
    text = path.read_text("utf-8")
    assert re.findall(r"(?<![\w.…/:>*])/[a-z]+/[\w.-]+", text) == []
    assert {host for host in re.findall(r"https?://([\w.-]+)", text) if not known(host)} == set()


def known(host: str) -> bool:
    """Ours, this machine, or of the names set aside for examples (RFC 2606)."""
    return host in HOSTS | {"127.0.0.1"} or host.endswith(".example.org")
