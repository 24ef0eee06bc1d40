"""Shells activate an environment through the alias exactly as they do through its own scripts directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from conftest import NATIVE, OTHER, run_merged

if TYPE_CHECKING:
    from conftest import RunVirtualenv


class Shell(NamedTuple):
    """How a shell is run, and what activates, looks, and deactivates there."""

    command: str
    suffix: str
    text: str


POSIX = """
{source} {activate}
echo $VIRTUAL_ENV; command -v python; pip --version
deactivate
echo "[$VIRTUAL_ENV]"; command -v python
"""
SHELLS = {
    "bash": Shell("bash --norc", "", POSIX.replace("{source}", "source")),
    "zsh": Shell("zsh --no-rcs", "", POSIX.replace("{source}", "source")),
    "dash": Shell("dash", "", POSIX.replace("{source}", ".")),
    "fish": Shell("fish --no-config", ".fish", POSIX.replace("{source}", "source")),
    "tcsh": Shell(
        "tcsh -f",
        ".csh",
        """
source {activate}
echo $VIRTUAL_ENV; which python; pip --version
deactivate
echo "[$?VIRTUAL_ENV]"; which python
""",
    ),
    "xonsh": Shell(
        f"{sys.executable} -m xonsh --no-rc",
        ".xsh",
        """
import shutil
source {activate}
print($VIRTUAL_ENV, shutil.which("python", path=":".join($PATH)), sep="\\n", flush=True); pip --version
deactivate
print([${...}.get("VIRTUAL_ENV", "")]); print(shutil.which("python", path=":".join($PATH)))
""",
    ),
    "nu": Shell(
        "nu --no-config-file",
        ".nu",
        """
overlay use {activate}
print $env.VIRTUAL_ENV (which python | get 0.path); pip --version
deactivate
print $"[($env.VIRTUAL_ENV? | default '')]" (which python | get 0.path)
""",
    ),
    "pwsh": Shell(
        "pwsh -NoProfile -File",
        ".ps1",
        """
. {activate}
$env:VIRTUAL_ENV; (Get-Command python).Source; pip --version
deactivate
"[$env:VIRTUAL_ENV]"; (Get-Command python).Source
""",
    ),
}


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH on which nushell is, which npm has."""
    found = os.environ["PATH"]
    npm = shutil.which("npm")
    if not shutil.which("nu") and npm:
        prefix = tmp_path_factory.mktemp("npm")
        # A registry that does not answer costs nushell's test, not the others.
        with suppress(subprocess.TimeoutExpired):
            install = [npm, "install", "--fetch-retries", "0", "--prefix", str(prefix), "nushell"]
            subprocess.run(install, check=False, stdin=subprocess.DEVNULL, timeout=180)
        found = f"{prefix / 'node_modules' / '.bin'}{os.pathsep}{found}"
    return found


@pytest.mark.parametrize("name", SHELLS)
def test_activate(virtualenv: RunVirtualenv, tmp_path: Path, name: str, path: str) -> None:
    """VIRTUAL_ENV, python, a program and deactivate are the same, and right."""
    shell = SHELLS[name]
    program, *arguments = shell.command.split()
    found = shutil.which(program, path=path)
    if not found:
        pytest.skip(f"{name} is not there")
    virtualenv("--link-bin-scripts", ".venv")

    def activated(scripts: str) -> list[str]:
        script = tmp_path / f"script{shell.suffix}"
        script.write_text(shell.text.replace("{activate}", f".venv/{scripts}/activate{shell.suffix}"), encoding="utf-8")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
        done = run_merged(
            [found, *arguments, script],
            cwd=tmp_path,
            env={**environ, "PATH": path, "HOME": str(tmp_path), "TERM": "xterm"},
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()

    lines = activated(OTHER)

    environment = tmp_path / ".venv"
    assert lines[0] == str(environment)
    assert Path(lines[1]).parent == environment / NATIVE
    assert str(environment) in lines[2]
    assert lines[3] in {"[]", "['']", "[0]"}
    assert not Path(lines[4]).is_relative_to(environment)
    assert lines == activated(NATIVE)
