"""Which environment the command takes, and which project's table counts for it."""

from __future__ import annotations

import errno
import os
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, make_environment, posix, run

from virtualenv_link_bin_scripts import _cli
from virtualenv_link_bin_scripts._cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    SetUp = Callable[[str, str, str], Path]

START = "virtualenv-link-bin-scripts: error: "
ENVIRONMENTS = PROJECT, ELSEWHERE = "project/.venv", "elsewhere/other"
ACTIVE, CHOSEN = f"VIRTUAL_ENV={{}}/{ELSEWHERE}", "UV_PROJECT_ENVIRONMENT="


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """Return a function that sets where the command runs, by which environment's interpreter, and a variable."""
    for environment in ENVIRONMENTS:
        make_environment(tmp_path / environment)
    for name in ("overlay", "project/deep", "elsewhere/deep", "redirect"):
        (tmp_path / name).mkdir()
    config = f"extends-environment = {tmp_path / ELSEWHERE}\n"
    (tmp_path / "overlay" / "pyvenv.cfg").write_text(config, encoding="utf-8")
    (tmp_path / "redirect" / ".venv").write_text(f"../{ELSEWHERE}\n", encoding="utf-8")

    def set_up(directory: str, prefix: str, variables: str) -> Path:
        monkeypatch.chdir(tmp_path / directory)
        monkeypatch.setattr(sys, "prefix", str(tmp_path / prefix))
        for variable in variables.split():
            name, value = variable.split("=")
            monkeypatch.setenv(name, value.format(tmp_path))
        return tmp_path

    return set_up


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize(
    ("directory", "prefix", "variable", "environment"),
    [
        pytest.param("project", "tools", "", PROJECT, id="in the working directory"),
        pytest.param("project/deep", "tools", "", PROJECT, id="above"),
        pytest.param("redirect", "tools", "", ELSEWHERE, id="named by a file"),
        pytest.param("project", ELSEWHERE, f"{ACTIVE} {CHOSEN}gone", ELSEWHERE, id="active, as under uv run"),
        pytest.param("project", "tools", ACTIVE, PROJECT, id="active, but run by uvx"),
        pytest.param("project", "overlay", "VIRTUAL_ENV={}/overlay", ELSEWHERE, id="below that of uv run --with"),
        pytest.param(".", "tools", ACTIVE, ELSEWHERE, id="active, and no other found"),
        pytest.param("project", "tools", f"{CHOSEN}{{}}/{ELSEWHERE}", ELSEWHERE, id="chosen for uv"),
        pytest.param("elsewhere/deep", "tools", f"{CHOSEN}other", ELSEWHERE, id="chosen for uv, above"),
    ],
)
def test_takes(set_up: SetUp, directory: str, prefix: str, variable: str, environment: str) -> None:
    """Without an argument the command takes the environment that uv would take, and no other."""
    root = set_up(directory, prefix, variable)
    assert main([]) == 0
    assert [path for path in ENVIRONMENTS if (root / path / OTHER).exists()] == [environment]


@pytest.mark.parametrize(
    ("variable", "tried"),
    [
        ("", ".venv is neither in {} nor above, and VIRTUAL_ENV is not set"),
        ("VIRTUAL_ENV=/gone", ".venv is neither in {} nor above, and VIRTUAL_ENV=/gone does not exist"),
        (f"{CHOSEN}gone {ACTIVE}", f"{CHOSEN}gone is neither in {{}} nor above"),
    ],
)
def test_finds_none(set_up: SetUp, capsys: pytest.CaptureFixture[str], variable: str, tried: str) -> None:
    """Where it finds none, the error names all that was tried, and --ignore-missing makes it no error."""
    root = set_up("elsewhere/deep", "tools", variable)
    assert main(["--ignore-missing"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main([]) == 1
    tried = tried.format(root / "elsewhere" / "deep")
    assert capsys.readouterr() == ("", f"{START}no environment found: {tried}\n")


@pytest.mark.usefixtures("links")
def test_interpreter_of_active_environment(tmp_path: Path) -> None:
    """A process of the active environment's interpreter takes that environment, and another takes .venv."""
    for name in ("active", ".venv"):
        venv.create(tmp_path / name, symlinks=os.name != "nt")
    variables = {"VIRTUAL_ENV": str(tmp_path / "active"), "PYTHONPATH": str(Path(_cli.__file__).parents[1])}
    for name in ("active", ".venv"):
        python = tmp_path / name / NATIVE / "python"
        output = run(python, "-m", "virtualenv_link_bin_scripts", env={**os.environ, **variables})
        assert output == f"linked {os.path.join(name, OTHER)} -> {NATIVE}\n"


@pytest.mark.parametrize("content", [b"a\0b\n", b"x" * 100_000], ids=["zero", "long"])
def test_file_that_names_no_path(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    """A file .venv that holds something else is an error, and little of it is read."""
    (tmp_path / ".venv").write_bytes(content)
    assert main([]) == 1
    assert capsys.readouterr() == ("", f"{START}{tmp_path / '.venv'}: its first line is not a path\n")


def test_empty_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty path, as of an unset variable, is an error, and does not mean the working directory."""
    make_environment(tmp_path)
    assert main([""]) == 1
    assert capsys.readouterr() == ("", f"{START}the path of an environment is empty\n")


@posix
def test_path_that_cannot_be_encoded(capsys: pytest.CaptureFixture[str]) -> None:
    """A path that this system has no way to name is an error, and not taken for one that exists."""
    assert main(["\ud800"]) == 1
    output, error = capsys.readouterr()
    assert output == ""
    assert error.endswith(f"{os.sep}\\ud800{os.sep}pyvenv.cfg: {os.strerror(errno.EILSEQ)}\n")


@pytest.mark.parametrize("place", ["elsewhere", "project", "redirect"])
def test_table(set_up: SetUp, capsys: pytest.CaptureFixture[str], place: str) -> None:
    """The table above the environment decides what is left open, or where the command runs, or above a file .venv."""
    root = set_up("project", "tools", "")
    lines = "bin-scripts = false\npython-exe = true\nsite-packages = true\n"
    (root / place / "pyproject.toml").write_text(f"[tool.virtualenv-link-bin-scripts]\n{lines}", encoding="utf-8")
    arguments = ["--no-link-python-exe", str(root / "redirect" / ".venv")]

    assert [main(["--check", *arguments]), main(arguments)] == [os.name != "nt", 0]

    link = f"{root / ELSEWHERE}/Lib/site-packages -> ../lib/python3.13/site-packages\n"
    assert capsys.readouterr() == (f"missing {link}linked {link}" if os.name != "nt" else "", "")


@posix
def test_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no working directory, that is the error, unless the environment's whole path is given."""
    environment = make_environment(tmp_path / ".venv")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    for arguments in ([], [".venv"]):
        assert main(arguments) == 1
        expected = f"{START}there is no working directory - {os.strerror(errno.ENOENT)}\n"
        assert capsys.readouterr() == ("", expected)
    assert main([str(environment)]) == 0
    assert capsys.readouterr() == (f"linked {environment}/Scripts -> bin\n", "")


def test_cannot_look(as_ordinary_user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the command can't see whether there is an environment, it seeks none further up."""
    environment = make_environment(as_ordinary_user / ".venv")
    (as_ordinary_user / "closed").mkdir()
    monkeypatch.chdir(as_ordinary_user / "closed")
    (as_ordinary_user / "closed").chmod(0o000)

    assert main([]) == 1

    (as_ordinary_user / "closed").chmod(0o755)
    assert not os.path.lexists(environment / "Scripts")
