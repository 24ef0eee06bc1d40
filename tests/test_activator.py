"""The seam to virtualenv, in one process with it."""

from __future__ import annotations

import errno
import logging
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, OTHER, posix
from virtualenv.run import cli_run, session_via_cli

from virtualenv_link_bin_scripts import _filesystem
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


def test_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The system's refusal is a warning and the environment complete; not every machine has such a file system."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(_filesystem.LINKS, "create", refuse)
    monkeypatch.setattr(_filesystem, "_PAUSE", 0)

    cli_run(["--link-bin-scripts", "--without-pip", str(tmp_path / "x")], setup_logging=False)

    alias, target = tmp_path / "x" / OTHER, tmp_path / "x" / NATIVE
    assert warnings(caplog) == [f"{NAME}: could not link {alias} to {target} - Operation not permitted"]
    assert (target / "activate").exists()
    assert (target / "activate_this.py").exists()
    assert not os.path.lexists(alias)
    assert capfd.readouterr() == ("", "")


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


def test_windows_layout(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the environment has a name without a link, nothing is made and nothing said."""
    session = session_via_cli(["--link-python-exe", "--link-site-packages", str(tmp_path / "x")], setup_logging=False)
    (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
    scripts = tmp_path / "x" / "Scripts"
    windows: Any = SimpleNamespace(
        dest=tmp_path / "x",
        bin_dir=scripts,
        interpreter=SimpleNamespace(os="nt"),
        purelib=tmp_path / "x" / "Lib" / "site-packages",
    )

    assert activator.generate(windows) == []

    assert warnings(caplog) == []
    assert os.listdir(tmp_path) == []
