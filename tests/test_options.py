"""The options, set in every way that virtualenv offers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from virtualenv.run import cli_run, session_via_cli

from virtualenv_link_bin_scripts.activator import LinkBinScriptsActivator

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of virtualenv's configuration file, which is not there yet."""
    path = tmp_path / "virtualenv.ini"
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(path))
    return path


def asked_for(tmp_path: Path, *arguments: str) -> bool:
    """Tell whether virtualenv asks the plugin for the link."""
    session = session_via_cli([*arguments, str(tmp_path / "environment")], setup_logging=False)
    (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
    return bool(activator._asked_for)


def test_default(tmp_path: Path) -> None:
    """Nothing is asked for by default."""
    assert not asked_for(tmp_path)


def test_flag(tmp_path: Path) -> None:
    """The flag asks for the link."""
    assert asked_for(tmp_path, "--link-bin-scripts")


def test_last_flag_counts(tmp_path: Path) -> None:
    """Of the two forms the last one counts."""
    assert not asked_for(tmp_path, "--link-bin-scripts", "--no-link-bin-scripts")
    assert asked_for(tmp_path, "--no-link-bin-scripts", "--link-bin-scripts")


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "True"])
def test_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The environment variable asks for the link, in every word for yes that virtualenv knows."""
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", value)
    assert asked_for(tmp_path)


@pytest.mark.parametrize("value", ["0", "false", "no", "off", ""])
def test_environment_variable_says_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The environment variable can say no."""
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", value)
    assert not asked_for(tmp_path)


def test_ini(tmp_path: Path, ini: Path) -> None:
    """virtualenv.ini asks for the link."""
    ini.write_text("[virtualenv]\nlink_bin_scripts = true\n", encoding="utf-8")
    assert asked_for(tmp_path)


def test_environment_variable_beats_ini(tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable has precedence over virtualenv.ini."""
    ini.write_text("[virtualenv]\nlink_bin_scripts = true\n", encoding="utf-8")
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", "0")
    assert not asked_for(tmp_path)


def test_flag_beats_all(tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line has precedence over both."""
    ini.write_text("[virtualenv]\nlink_bin_scripts = true\n", encoding="utf-8")
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", "1")
    assert not asked_for(tmp_path, "--no-link-bin-scripts")
    ini.write_text("[virtualenv]\nlink_bin_scripts = false\n", encoding="utf-8")
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", "0")
    assert asked_for(tmp_path, "--link-bin-scripts")


@pytest.mark.parametrize("value", ["0", "1"])
def test_no_environment_variable_for_the_negative_form(
    tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """VIRTUALENV_NO_LINK_BIN_SCRIPTS and its key in virtualenv.ini switch nothing on."""
    ini.write_text(f"[virtualenv]\nno_link_bin_scripts = {value}\n", encoding="utf-8")
    monkeypatch.setenv("VIRTUALENV_NO_LINK_BIN_SCRIPTS", value)
    assert not asked_for(tmp_path)


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The help names the option and says what it does on each system."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as caught:
        cli_run(["--help"], setup_logging=False)
    assert not caught.value.code
    lines = " ".join(capsys.readouterr().out.split())
    assert "--link-bin-scripts also give the environment the other system's scripts directory" in lines
    assert "on Linux and macOS a symbolic link Scripts to bin, on Windows a junction bin to Scripts (default: " in lines
    assert "--no-link-bin-scripts leave the environment with its own scripts directory alone" in lines


def test_nothing_happens_before_generate(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Building a session, as tox does on every call, neither writes nor prints."""
    asked_for(tmp_path, "--link-bin-scripts")
    assert os.listdir(tmp_path) == []
    assert capfd.readouterr() == ("", "")
