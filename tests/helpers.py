"""What several test modules call."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from virtualenv_link_bin_scripts._link import Outcome

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links of POSIX")
windows = pytest.mark.skipif(sys.platform != "win32", reason="junctions of Windows")

SCRIPTS, PYTHON = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")


def make_environment(directory: Path, scripts: str = "bin", python: str = "python") -> Path:
    """Make the files by which an environment is recognized: it has no working interpreter."""
    site_packages = directory / ("Lib" if scripts == "Scripts" else "lib/python3.13") / "site-packages"
    site_packages.mkdir(parents=True)
    (directory / scripts).mkdir()
    (directory / scripts / python).touch(mode=0o755)
    (directory / "pyvenv.cfg").write_text("version = 3.13.0\n", encoding="utf-8")
    return directory


def add_program(environment: Path, name: str) -> Path:
    """Install a program in an environment of POSIX."""
    program = environment / "bin" / name
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def said(outcome: Outcome | None) -> tuple[str, str] | None:
    """Return the verb and the detail of what happened to a link, if anything did."""
    return (outcome.verb, outcome.detail) if outcome else None


def tree(directory: Path) -> dict[str, str]:
    """Return each path below a directory with what a link points to, or a file contains."""
    found = {}
    for path in sorted(directory.rglob("*")):
        try:
            content = f"-> {os.readlink(path)}"
        except OSError:
            content = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        found[path.relative_to(directory).as_posix()] = content
    return found


def run(*command: str | Path, status: int = 0, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program without input, in an environment with more variables, and return all that it prints."""
    done = subprocess.run(
        [*map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout
