"""Shells activate an environment through the alias exactly as they do through its own scripts directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import NATIVE, OTHER, run


class Shell(NamedTuple):
    """How a shell is run, and what activates there, shows the variable, also when it is gone, and finds Python."""

    command: str
    suffix: str = ""
    source: str = "source"
    show: str = "echo $VIRTUAL_ENV"
    gone: str = 'echo "[$VIRTUAL_ENV]"'
    python: str = "command -v python"


SHELLS = {
    "bash": Shell("bash --norc"),
    "zsh": Shell("zsh --no-rcs"),
    "dash": Shell("dash", source="."),
    "fish": Shell("fish --no-config", ".fish"),
    "tcsh": Shell("tcsh -f", ".csh", gone='echo "[$?VIRTUAL_ENV]"', python="which python"),
    "xonsh": Shell(
        *(f"{sys.executable} -m xonsh --no-rc", ".xsh", "source", "print($VIRTUAL_ENV, flush=True)"),
        'print([${...}.get("VIRTUAL_ENV", "")])',
        'print(__import__("shutil").which("python", path=":".join($PATH)), flush=True)',
    ),
    "nu": Shell(
        *("nu --no-config-file", ".nu", "overlay use", "print $env.VIRTUAL_ENV"),
        "print $\"[($env.VIRTUAL_ENV? | default '')]\"",
        "print (which python | get 0.path)",
    ),
    "pwsh": Shell(
        *("pwsh -NoProfile -File", ".ps1", ".", "$env:VIRTUAL_ENV"),
        '"[$env:VIRTUAL_ENV]"',
        "(Get-Command python).Source",
    ),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH on which nushell is, which npm has."""
    found, npm = os.environ["PATH"], shutil.which("npm")
    if shutil.which("nu") or not npm:
        return found
    prefix = tmp_path_factory.mktemp("npm")
    # A registry that does not answer costs nushell's test, not the others.
    with suppress(subprocess.TimeoutExpired):
        run(npm, "install", "--fetch-retries", "0", "--prefix", prefix, "nushell", status=None, timeout=180)
    return f"{prefix / 'node_modules' / '.bin'}{os.pathsep}{found}"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that has the alias of the scripts directory."""
    environment = tmp_path_factory.mktemp("project") / ".venv"
    run(sys.executable, "-m", "virtualenv", "--link-bin-scripts", environment)
    return environment


@pytest.mark.parametrize("name", SHELLS)
def test_activate(environment: Path, tmp_path: Path, name: str, path: str) -> None:
    """VIRTUAL_ENV, python, a program and deactivate are the same, and right."""
    shell = SHELLS[name]
    program, *arguments = shell.command.split()
    found = shutil.which(program, path=path)
    if not found:
        pytest.skip(f"{name} is not there")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    variables = {**inherited, "PATH": path, "HOME": str(tmp_path), "TERM": "xterm"}

    def activated(scripts: str) -> list[str]:
        lines = [f"{shell.source} .venv/{scripts}/activate{shell.suffix}", shell.show, shell.python, "pip --version"]
        script = environment.with_name(f"script{shell.suffix}")
        script.write_text("\n".join([*lines, "deactivate", shell.gone, shell.python, ""]), encoding="utf-8")
        return run(found, *arguments, script, cwd=environment.parent, env=variables).splitlines()

    lines = activated(OTHER)

    assert lines[0] == str(environment)
    assert Path(lines[1]).parent == environment / NATIVE
    assert str(environment) in lines[2]
    assert lines[3] in {"[]", "['']", "[0]"}
    assert not Path(lines[4]).is_relative_to(environment)
    assert lines == activated(NATIVE)
