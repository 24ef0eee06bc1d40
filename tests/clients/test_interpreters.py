"""Every installed interpreter, in environments of every creator, works through the aliases as by its own path."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import NATIVE, OTHER, prefix, run, tree
from virtualenv.run import session_via_cli

PATHS = sorted({f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"})
UV = [sys.executable, "-m", "uv", "--no-config"]
OPTIONS = ["--link-bin-scripts", "--link-python-exe", "--link-site-packages"]
COMMAND = [sys.executable, "-m", "virtualenv_link_bin_scripts"]

#: Tells all that may depend on the path by which the interpreter is run.
PROBE = """
import json, multiprocessing, site, subprocess, sys, sysconfig, venv

def prefix(_=None):
    return sys.prefix

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spawned = pool.map(prefix, [0])
    print(json.dumps({
        "prefix": [sys.prefix, sys.exec_prefix, sys.base_prefix],
        "spawned": spawned,
        "subprocess": subprocess.check_output([sys.executable, "-c", "import sys; print(sys.prefix)"], text=True),
        "site": [site.getsitepackages(), [path for path in sys.path if "site-packages" in path]],
        "sysconfig": sysconfig.get_paths(),
        "pip": subprocess.check_output([sys.executable, "-m", "pip", "--version"], text=True),
    }))
"""


@pytest.fixture(scope="module", params=["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "pypy3"])
def python(request: pytest.FixtureRequest) -> str:
    """Return the path of each Python that virtualenv finds."""
    try:
        session = session_via_cli(["--python", request.param, "x"], setup_logging=False)
    except RuntimeError as error:
        pytest.skip(str(error))
    return str(session.interpreter.system_executable)


@pytest.fixture(scope="module")
def environment(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment of virtualenv with all links."""
    directory = tmp_path_factory.mktemp("environment") / ".venv"
    run(sys.executable, "-m", "virtualenv", "--python", python, *OPTIONS, directory)
    return directory


def create(creator: str, python: str) -> None:
    """Create .venv."""
    venv = [python, "-m", "venv", "--without-pip", ".venv"]
    run(*(venv if creator == "python -m venv" else [*UV, creator, "--python", python]))


def test_itself(environment: Path, tmp_path: Path) -> None:
    """It says of itself, and of what it starts, what it says by its own path."""
    (tmp_path / "probe.py").write_text(PROBE, encoding="utf-8")
    found = [json.loads(run(environment / path, "probe.py")) for path in (f"{NATIVE}/python", *PATHS)]

    assert found[0]["prefix"][0] == str(environment)
    assert found == [found[0]] * len(found)


@pytest.mark.parametrize("path", PATHS)
def test_nested_environment(environment: Path, tmp_path: Path, path: str) -> None:
    """It makes an environment of its own with venv, which works."""
    run(environment / path, "-m", "venv", "--without-pip", ".venv")

    assert prefix(tmp_path / ".venv" / NATIVE / "python") == str(tmp_path / ".venv")


def test_script(environment: Path) -> None:
    """A program with a shebang runs through the alias of the scripts directory."""
    native, other = (run(environment / scripts / "pip", "--version") for scripts in (NATIVE, OTHER))
    assert str(environment) in native
    assert other == native


@pytest.mark.parametrize("creator", ["python -m venv", "venv", "sync"])
def test_link_and_remove(tmp_path: Path, python: str, creator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command makes the links, finds them again, and removes them with nothing left; the environment works."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    project = '[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = '
    (tmp_path / "pyproject.toml").write_text(f"{project}[]\n", encoding="utf-8")
    create(creator, python)
    before = tree(tmp_path)

    lines = run(*COMMAND, *OPTIONS).splitlines()

    assert all(line.startswith("linked .venv") for line in lines)
    assert len(lines) == (1 if sys.platform == "win32" else 3)
    for path in PATHS:
        assert prefix(tmp_path / ".venv" / path) == str(tmp_path / ".venv")
    if creator == "sync":
        (tmp_path / "pyproject.toml").write_text(f'{project}["six"]\n', encoding="utf-8")
        run(*UV, "sync", "--python", python)
        assert (tmp_path / ".venv" / "Lib" / "site-packages" / "six.py").exists()
        before = {}
    assert run(*COMMAND, *OPTIONS).splitlines() == [f"already {line}" for line in lines]
    assert run(*COMMAND, "--remove").splitlines() == [line.replace("linked", "removed", 1) for line in lines]
    assert before in ({}, tree(tmp_path))


@pytest.mark.parametrize("installer", ["pip", "uv pip"])
def test_install(tmp_path: Path, python: str, installer: str) -> None:
    """An installer installs by each alias, and the package loads; with pip, it is a native extension module."""
    package, module = "six", "six"
    create("venv" if installer == "uv pip" else "python -m venv", python)
    if installer == "pip":
        package, module = ("lxml", "lxml.etree") if "pypy" in python else ("wrapt", "wrapt")
        run(*UV, "pip", "install", "pip", "--python", ".venv")
    run(*COMMAND, *OPTIONS)

    for alias in (f"{tmp_path}/.venv/{path}" for path in PATHS):
        pip, options = ([alias, "-m"], ["--no-compile"]) if installer == "pip" else (UV, ["--python", alias])
        output = run(*pip, "pip", "install", *options, "--only-binary", ":all:", package, status=None)
        if "No matching distribution found" in output:  # a new Python is ahead of its packages
            pytest.skip(f"there is no wheel of {package} for this Python")

        assert list((tmp_path / ".venv" / "Lib" / "site-packages").glob(f"{package}*")), output
        for interpreter in (alias, tmp_path / ".venv" / NATIVE / "python"):
            loaded = run(interpreter, "-c", f"import {module} as module; print(module.__file__)").strip()
            assert Path(loaded).is_relative_to(tmp_path / ".venv")
        run(*UV, "pip", "uninstall", "--python", alias, package)
