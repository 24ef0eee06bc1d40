"""Each shell activates an environment through the alias of its scripts directory."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import posix, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = posix

SH = "source .venv/Scripts/activate\necho $VIRTUAL_ENV\ncommand -v python\n"


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("bash --norc", SH),
        ("zsh --no-rcs", SH),
        ("dash", SH.replace("source", ".")),
        ("fish --no-config", SH.replace("activate", "activate.fish")),
        ("tcsh -f", "source .venv/Scripts/activate.csh\necho $VIRTUAL_ENV\nwhich python\n"),
        (
            "nu --no-config-file",
            "overlay use .venv/Scripts/activate.nu\nprint $env.VIRTUAL_ENV (which python).0.path\n",
        ),
        ("pwsh -NoProfile -File", ". .venv/Scripts/activate.ps1\n$env:VIRTUAL_ENV\n(Get-Command python).Source\n"),
        (
            f"{sys.executable} -m xonsh --no-rc",
            "source .venv/Scripts/activate.xsh\nprint($VIRTUAL_ENV, flush=True)\nwhich python\n",
        ),
    ],
    ids=lambda value: value.split()[0].rpartition("/")[2],
)
def test_activate(tmp_path: Path, command: str, script: str) -> None:
    """VIRTUAL_ENV is the environment, and ``python`` is its interpreter."""
    program, *options = command.split()
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    run(sys.executable, "-m", "virtualenv", "--without-pip", "--link-bin-scripts", ".venv")
    suffix = ".ps1" if program == "pwsh" else ""
    (tmp_path / f"script{suffix}").write_text(script, encoding="utf-8")

    output = run(program, *options, f"script{suffix}", env={"HOME": str(tmp_path), "TERM": "xterm", "PYTHONPATH": ""})

    environment = tmp_path / ".venv"
    assert output.split() == [str(environment), os.path.join(environment, "bin", "python")]
