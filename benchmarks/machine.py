"""What a figure was measured on: without it a figure says nothing."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "opencv-python-headless", "prefect", "sqlalchemy")


def describe() -> dict[str, Any]:
    """Processor, memory, system, versions, the revision measured, and how busy the machine was as the run began (load over a minute)."""
    return {
        "cpu": _line(Path("/proc/cpuinfo"), "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "versions": {
            "python": platform.python_version(),
            "tesseract": _first_line("tesseract", "--version").removeprefix("tesseract "),
            "pdftoppm": _first_line("pdftoppm", "-v").removeprefix("pdftoppm version "),
            **{name: version(name) for name in PACKAGES},
        },
        "revision": _first_line("git", "-C", str(Path(__file__).parent), "rev-parse", "--short=10", "HEAD"),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "load": round(os.getloadavg()[0], 1),
    }


def sijill() -> str:
    """The command as installed beside this Python."""
    return str(Path(sys.executable).with_name("sijill"))


def _line(path: Path, key: str) -> str:
    """The value of the first ``key : value`` line."""
    lines = (line.partition(":") for line in path.read_text("utf-8").splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), platform.machine())


def _first_line(*command: str) -> str:
    """What a program says of itself; some do so on standard error."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "none"
    return (done.stdout or done.stderr).partition("\n")[0]
