"""Adding links on behalf of a host tool."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, make_environment, posix, tree

from virtualenv_link_bin_scripts._apply import add_links_to_existing, remove_links, run_in_host
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._options import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from virtualenv_link_bin_scripts._apply import Report

    Case = tuple[dict[str, str], str, str, bool, list[str]]

NAME = "virtualenv-link-bin-scripts"
VARIABLE = "VIRTUALENV_LINK_BIN_SCRIPTS"
ASK, ASK_ALL = {VARIABLE: "1"}, {VARIABLE: "1", "VIRTUALENV_LINK_SITE_PACKAGES": "1"}

UNKNOWN, NO_LIB = "{0}: there is no interpreter in bin or Scripts", "{0}/lib: no such directory"
REASON = f"a file is in the way, and was left alone; if it is a copy of {NATIVE}, delete it"
REFUSED = f"could not link {{0}}/{OTHER} to {{0}}/{NATIVE} - {REASON}"
MISTAKES = [
    f"{VARIABLE} is 'maybe', expected true or false",
    f"{{1}}/project/pyproject.toml: tool.{NAME}.python-exe is 1, expected true or false",
]


def add_links(environment: Path, variables: dict[str, str]) -> list[str]:
    """Add the requested links, and return the aliases that are in place."""
    project = str(environment.parents[1] / "project")
    return run_in_host(lambda log: add_links_to_existing(str(environment), variables, project, log))


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize(
    "case",  # variables, table, path in the environment that is moved away, or else added; is the link made; messages
    [
        pytest.param((ASK, "project: bin-scripts = false", "note", True, []), id="variable"),
        pytest.param(({}, "environments: bin-scripts = true", "note", True, []), id="table above"),
        pytest.param(({}, "project: bin-scripts = true", "note", True, []), id="table of the project"),
        pytest.param(({}, "project: ", "note", False, []), id="nothing"),
        pytest.param(({VARIABLE: "0"}, "project: bin-scripts = true", "note", False, []), id="refusing variable"),
        pytest.param((ASK, "project: ", "pyvenv.cfg", False, []), id="no environment"),
        pytest.param(({}, "project: ", f"{NATIVE}/python", False, []), id="nothing, and unknown layout"),
        pytest.param((ASK, "project: ", f"{NATIVE}/python", False, [UNKNOWN]), id="unknown layout"),
        pytest.param((ASK_ALL, "project: ", "lib", True, [NO_LIB]), id="unknown site-packages", marks=posix),
        pytest.param((ASK, "project: ", OTHER, False, [REFUSED]), id="file in the way"),
        pytest.param(({VARIABLE: "maybe"}, "project: python-exe = 1", "note", False, MISTAKES), id="mistakes"),
    ],
)
def test_existing(tmp_path: Path, caplog: pytest.LogCaptureFixture, case: Case) -> None:
    """An existing environment gets the links that a variable or a table asks for, and what goes wrong is logged."""
    variables, table, path, is_made, messages = case
    environment = make_environment(tmp_path / "environments" / "x")
    (tmp_path / "project").mkdir()
    directory, _, line = table.partition(": ")
    (tmp_path / directory / "pyproject.toml").write_text(f"[tool.{NAME}]\n{line}\n", encoding="utf-8")
    if (environment / path).exists():
        (environment / path).rename(tmp_path / "gone")
    else:
        (environment / path).touch()
    before = tree(environment)

    assert add_links(environment, variables) == [str(environment / OTHER)] * is_made

    assert is_made == (environment / OTHER).is_dir()
    assert is_made or tree(environment) == before
    expected = [message.format(environment, tmp_path).replace("/", os.sep) for message in messages]
    assert caplog.messages == [f"{NAME}: {message}" for message in expected]


@posix
def test_stale(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A link to a program that is gone is removed, and not in place."""
    environment = make_environment(tmp_path / "environments" / "x")
    (environment / "bin" / "gone.exe").symlink_to("gone")
    (environment / "bin" / "python").chmod(0o755)

    assert add_links(environment, {"VIRTUALENV_LINK_EXE": "1"}) == [str(environment / "bin" / "python.exe")]

    assert not os.path.lexists(environment / "bin" / "gone.exe")
    assert caplog.messages == []


@posix
def test_look_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An alias that can't be looked at for a moment is kept for the scripts that run through it."""
    environment = make_environment(tmp_path / "x")
    (environment / "Scripts").symlink_to("bin")
    (environment / "bin" / "tool").write_text(f"#!{environment}/Scripts/python\n", encoding="utf-8")
    monkeypatch.setattr("virtualenv_link_bin_scripts._apply.exists", lambda path: os.stat(f"{path}/python/gone"))

    run_in_host(lambda log: remove_links(Environment.from_directory(str(environment)), OPTIONS, log, force=False))

    assert "these scripts run through it: tool" in caplog.text


def test_unexpected_error(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, cut to a sensible length, and never raised."""

    def step(_: Report) -> None:
        raise RuntimeError("x" * 10_000)

    assert run_in_host(step) == []

    (message,) = caplog.messages
    assert message.startswith(f"{NAME}: could not add links - RuntimeError('xxx")
    assert len(message) < 300
