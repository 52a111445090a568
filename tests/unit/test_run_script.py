"""./run on machines made of fake programs: what it installs, what it says, and that its exit code is honest."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ("bash", "env", "cat", "grep", "head", "sort", "cut", "mktemp", "rm", "mkdir", "install", "dirname", "printf", "sh")
PACKAGES = ("python3", "tesseract-ocr", "tesseract-ocr-ara", "tesseract-ocr-script-arab", "poppler-utils")
FONTS = ("fonts-dejavu-core", "fonts-hosny-amiri", "fonts-kacst", "fonts-kacst-one", "fonts-noto-core", "fonts-sil-scheherazade")
SERVICES = ("maven", "postgresql")
UV = 'case "$*" in --version) echo "uv 0.13.8 (x)";; esac'


def packages(*names: str) -> str:
    return "\n".join(f"echo {name} installed" for name in names)


class Machine:
    """A search path holding only a few real tools and fake programs, each of which writes its call to a log."""

    def __init__(self, folder: Path, programs: Mapping[str, str]) -> None:
        self.bin, self.log, self.home = folder / "bin", folder / "log", folder / "home"
        for made in (self.bin, self.home):
            made.mkdir()
        for name in REAL:
            (self.bin / name).symlink_to(str(shutil.which(name)))
        for name, script in programs.items():
            (self.bin / name).write_text(f'#!/bin/sh\necho {name} "$@" >>"{self.log}"\n{script}\n')
            (self.bin / name).chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {"PATH": str(self.bin), "HOME": str(self.home), "TMPDIR": str(self.home)}
        command = [ROOT / "run", *arguments]
        return subprocess.run(
            command, env=known | environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
        )

    def calls(self, program: str) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.removeprefix(f"{program} ") for line in lines if line.split()[0] == program]


Make = Callable[..., Machine]


@pytest.fixture
def machine(tmp_path: Path) -> Make:
    """Makes a machine where everything is there, save what a test says otherwise; None takes a program away."""

    def make(**programs: str | None) -> Machine:
        whole = {"id": "echo 0", "apt-get": "", "dpkg-query": packages(*PACKAGES, *SERVICES, *FONTS), "uv": UV}
        known = whole | {name.replace("_", "-"): script for name, script in programs.items()}
        return Machine(tmp_path, {name: script for name, script in known.items() if script is not None})

    return make


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help_teaches(machine: Make, arguments: list[str]) -> None:
    answer = machine().run(*arguments)
    assert answer.returncode == 0
    for taught in ("./run demo", "./run test", "./run services up", "uv run sijill ingest", "uv run sijill doctor"):
        assert taught in answer.stdout


def test_an_unknown_command_is_told_what_there_is(machine: Make) -> None:
    answer = machine().run("deploy")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "./run setup" in answer.stderr


def test_setup_does_nothing_where_all_is_there(machine: Make) -> None:
    whole = machine()
    answer = whole.run("setup")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "Ready. Next: ./run demo, or uv run sijill --help\n"
    assert whole.calls("apt-get") == []
    assert [call for call in whole.calls("uv") if call != "--version"] == ["sync --frozen --inexact --check"]


def test_setup_installs_what_is_missing_and_only_that(machine: Make) -> None:
    bare = machine(dpkg_query=packages("python3", "tesseract-ocr", "poppler-utils") + "\necho tesseract-ocr-ara config-files")
    answer = bare.run("setup")
    assert answer.returncode == 0, answer.stderr
    assert "Installing system packages: tesseract-ocr-ara tesseract-ocr-script-arab\n" in answer.stdout
    update, install = bare.calls("apt-get")
    assert update.endswith("update")
    assert install.endswith("install --no-install-recommends tesseract-ocr-ara tesseract-ocr-script-arab")


def test_python_packages_are_installed_when_they_are_not_as_locked(machine: Make) -> None:
    stale = machine(uv=UV + '\ncase "$*" in *--check) exit 1;; esac')
    answer = stale.run("setup")
    assert answer.returncode == 0
    assert "Installing Python packages\n" in answer.stdout
    assert stale.calls("uv")[-1] == "sync --frozen --inexact"


def test_root_is_asked_for_through_sudo(machine: Make) -> None:
    users = machine(id="echo 1000", dpkg_query=packages("python3"), sudo='[ "$1" = -v ] || exec "$@"')
    assert users.run("setup", https_proxy="http://proxy:3128").returncode == 0
    called = users.calls("sudo")[-1]
    assert (
        "env DEBIAN_FRONTEND=noninteractive https_proxy=http://proxy:3128 apt-get" in called
        or "https_proxy=http://proxy:3128 DEBIAN" in called
    )


def test_without_root_or_sudo_the_packages_are_named(machine: Make) -> None:
    answer = machine(id="echo 1000", dpkg_query=packages("python3", "poppler-utils")).run("setup")
    assert answer.returncode == 69
    assert "apt-get install tesseract-ocr tesseract-ocr-ara tesseract-ocr-script-arab" in answer.stderr


def test_sudo_that_refuses_is_like_none(machine: Make) -> None:
    answer = machine(id="echo 1000", dpkg_query=packages("python3"), sudo="echo not you >&2; exit 1").run("setup")
    assert answer.returncode == 69
    assert "Ask somebody who has it for:\n  apt-get install tesseract-ocr" in answer.stderr


def test_another_system_is_told_what_it_needs(machine: Make) -> None:
    answer = machine(apt_get=None, dpkg_query=None).run("setup")
    assert answer.returncode == 69
    for needed in ("Tesseract 5", "pdftoppm", "uv"):
        assert needed in answer.stderr


def test_what_apt_says_is_shown_only_when_it_fails(machine: Make) -> None:
    answer = machine(dpkg_query="", apt_get="echo E: no such host >&2; exit 100").run("setup")
    assert answer.returncode == 69
    assert "E: no such host" in answer.stderr
    assert "then run this command again" in answer.stderr


@pytest.mark.parametrize("uv", [None, 'echo "uv 0.4.30"', "exit 127"])
def test_uv_is_installed_where_none_is_good_and_a_useless_one_in_the_way_is_named(machine: Make, uv: str | None) -> None:
    made = (
        'mkdir -p "$3/bin"; for f in pip uv uvx; do printf "#!/bin/sh\\necho uv 0.13.8\\n" >"$3/bin/$f"; /bin/chmod 755 "$3/bin/$f"; done'
    )
    users = machine(id="echo 1000", uv=uv, dpkg_query=packages(*PACKAGES, "python3-venv", "ca-certificates"), python3=made)
    answer = users.run("setup")
    assert "Installing uv 0.13.8\n" in answer.stdout
    assert (users.home / ".local/bin/uv").exists()
    again = users.run("setup") if uv is None else answer
    assert ('export PATH="$HOME/.local/bin:$PATH"' in again.stdout) is (uv is None)
    assert ("Update or remove it" in answer.stderr, answer.returncode) == ((False, 0) if uv is None else (True, 69))


def test_the_demo_gets_its_arguments_and_its_exit_code_is_passed_on(machine: Make) -> None:
    demo = machine(uv=UV + '\ncase "$*" in *pipeline.demo*) exit 3;; esac')
    assert demo.run("demo", "--once").returncode == 3
    assert demo.calls("uv")[-1] == "run --no-sync python -m pipeline.demo --once"


@pytest.mark.parametrize("failing", ["ruff check", "ruff format", "mypy", "lint-imports", "pytest", None])
def test_every_check_runs_and_any_failure_fails(machine: Make, failing: str | None) -> None:
    checks = machine(uv=UV + f'\ncase "$*" in *"--no-sync {failing}"*) exit 1;; *pytest*) echo "7 passed in 1.00s";; esac')
    answer = checks.run("test", "-k", "names")
    assert answer.returncode == (0 if failing is None else 1)
    ran = [call.removeprefix("run --no-sync ").split()[0] for call in checks.calls("uv") if call.startswith("run")]
    assert ran == ["python", "ruff", "ruff", "mypy", "lint-imports", "pytest"]
    assert checks.calls("uv")[-1] == "run --no-sync pytest -k names"
    if failing != "pytest":
        assert answer.stdout.splitlines()[-1] == "7 passed in 1.00s"
        assert ("failed before the tests" in answer.stdout) is (failing is not None)


def test_tests_bring_their_fonts_and_tools(machine: Make) -> None:
    bare = machine(dpkg_query=packages(*PACKAGES))
    assert bare.run("test").returncode == 0
    assert bare.calls("apt-get")[-1].endswith(f"install --no-install-recommends {' '.join(SERVICES + FONTS)}")
    assert "sync --frozen --inexact --all-groups --extra training --check" in bare.calls("uv")


def test_engines_that_cannot_be_built_do_not_keep_the_tests_from_running(machine: Make) -> None:
    bare = machine(uv=UV + '\ncase "$*" in *"developer build") exit 69;; esac')
    assert bare.run("test").returncode == 0
    assert bare.calls("uv")[-1] == "run --no-sync pytest"


@pytest.mark.parametrize(("command", "status"), [("up", 0), ("down", 0), ("sideways", 64)])
def test_services_say_nothing_on_standard_output_but_what_to_export(machine: Make, command: str, status: int) -> None:
    services = f'*"developer {command}") echo "export SIJILL_BLOBS=s3:x"; exit {status};; *--check) exit 1;;'
    bare = machine(dpkg_query=packages(*PACKAGES), uv=UV + f'\ncase "$*" in {services} esac')
    answer = bare.run("services", command)
    assert (answer.returncode, answer.stdout) == (status, "export SIJILL_BLOBS=s3:x\n")
    assert bare.calls("apt-get")[-1].endswith(f"install --no-install-recommends {' '.join(SERVICES)}")
    assert "sync --frozen --inexact --all-groups" in bare.calls("uv")
    assert bare.calls("uv")[-1] == f"run --no-sync python -m tests.services.developer {command}"


@pytest.mark.parametrize("engine", [True, False])
def test_an_engine_is_installed_for_the_compose_check_where_none_answers(machine: Make, engine: bool) -> None:
    bare = machine(docker="exit 0" if engine else "exit 1", uv=UV + '\ncase "$*" in *tests.compose) exit 5;; esac')
    assert bare.run("compose-check").returncode == 5
    assert [call.rpartition("--no-install-recommends ")[2] for call in bare.calls("apt-get") if " install " in call] == (
        [] if engine else ["docker.io iptables debootstrap"]
    )
    assert bare.calls("uv")[-1] == "run --no-sync python -m tests.compose"


def test_ci_runs_the_tests() -> None:
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("exec ./run test")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert os.access(ROOT / "run", os.X_OK)
