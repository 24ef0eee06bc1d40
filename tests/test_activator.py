"""The seam to virtualenv, in one process with it."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
from conftest import OTHER, posix
from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts._options import NAME
from virtualenv_link_bin_scripts.activator import LinkBinScriptsActivator

if TYPE_CHECKING:
    from pathlib import Path


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the plugin's warnings."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("virtualenv_link_bin_scripts") and record.levelno == logging.WARNING
    ]


def generate(destination: Path, *arguments: str) -> list[Path]:
    """Create an environment and return what the plugin says it has put in place."""
    session = session_via_cli([*arguments, "--without-pip", str(destination)], setup_logging=False)
    session.creator.run()
    (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
    return activator.generate(session.creator)


@pytest.mark.usefixtures("links")
def test_returned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It returns the alias, whether it was made now or existed, and nothing when nothing is asked for."""
    assert generate(tmp_path / "x") == []
    assert not os.path.lexists(tmp_path / "x" / OTHER)
    for _ in range(2):
        assert generate(tmp_path / "x", "--link-bin-scripts") == [tmp_path / "x" / OTHER]
    assert warnings(caplog) == []


@posix
def test_each_on_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A link that can't be made does not stop the others, and one that is replaced is logged, and in place."""
    scripts, python = tmp_path / "x" / "Scripts", tmp_path / "x" / "bin" / "python.exe"
    (scripts / "precious").mkdir(parents=True)
    python.parent.mkdir()
    python.symlink_to("elsewhere")

    made = generate(tmp_path / "x", "--link-bin-scripts", "--link-python-exe", "--link-site-packages")

    assert made == [python, tmp_path / "x" / "Lib" / "site-packages"]
    refused, replaced = warnings(caplog)
    assert refused.startswith(f"{NAME}: could not link {scripts} to {scripts.with_name('bin')} - ")
    assert replaced == f"{NAME}: replaced {python}, which pointed to elsewhere"
