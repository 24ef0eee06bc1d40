"""Every way to ask tox for the aliases, and every way to create its environments, with virtualenv and with tox-uv."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from conftest import OTHER, check, posix, write
from readme import BUILT, PLUGIN, TABLE, TESTENV, VARIABLES

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shell, Tool

SET, UNSET = (re.sub(r"(\w+)=1 ?", rf"  \1 = {value}\n", f"set_env =\n{VARIABLES}") for value in (1, 0))


@pytest.fixture(params=["", "tox-uv"], ids=["virtualenv", "uv"])
def tox(request: pytest.FixtureRequest, tool: Tool, shell: Shell, tmp_path: Path) -> Shell:
    """Run tox, for which virtualenv or uv creates the environments."""

    def tox(line: str) -> str:
        output = shell(line, tool(f"tox {request.param} {PLUGIN}"))
        for path in tmp_path.rglob("pyvenv.cfg"):
            assert ("uv = " in path.read_text(encoding="utf-8")) == (request.param != "")
        return output

    return tox


RUN = "tox run -e py"
PACKAGE = f"{BUILT}[tool.hatch.build]\ninclude = ['*.ini']\n{TABLE}"


@pytest.mark.parametrize(
    ("line", "ini", "pyproject", "environments"),
    [
        pytest.param(RUN, TESTENV, TABLE, "py", id="pyproject.toml"),
        pytest.param(f"{VARIABLES} {RUN}", TESTENV, "", "py", id="environment variables"),
        pytest.param(RUN, TESTENV + SET, "", "py", id="set_env"),
        pytest.param(f"{VARIABLES} {RUN}", TESTENV + UNSET, TABLE, "", id="set_env refuses"),
        pytest.param("tox run-parallel -e py,py3", TESTENV, TABLE, "py py3", id="at the same time"),
        pytest.param("tox run --notest -e py", TESTENV, TABLE, "py", id="without commands"),
        pytest.param("tox devenv -e py dev", TESTENV, TABLE, "dev", id="devenv"),
        pytest.param(RUN, "[tox]\n", PACKAGE, "py .pkg", id="package"),
    ],
)
def test_ask(tox: Shell, tmp_path: Path, line: str, ini: str, pyproject: str, environments: str) -> None:  # noqa: PLR0913, PLR0917 - a row's columns
    """Whatever asks, all environments have the aliases; set_env has precedence over pyproject.toml and the shell."""
    write(tmp_path, tox__ini=ini, pyproject__toml=pyproject)

    tox(line)

    created = [path.parent for path in tmp_path.rglob("pyvenv.cfg")]
    assert {environment.name for environment in created} == set(environments.split() or ["py"])
    for environment in created:
        check(environment, asked=environments != "")


def test_existing_environment(tox: Shell, tmp_path: Path) -> None:
    """An existing environment is completed, and not created again; where that is refused, the warning says by whom."""
    environment = tmp_path / ".tox" / "py"
    write(tmp_path, tox__ini=TESTENV)
    tox(RUN)
    check(environment, asked=False)
    (environment / "kept").touch()
    write(tmp_path, pyproject__toml=TABLE)

    tox(RUN)

    check(environment, asked=True)
    assert (environment / "kept").exists()
    (environment / OTHER).unlink()
    (environment / OTHER).touch()
    assert f"{PLUGIN}: could not link " in tox(RUN)


@posix
def test_exe(tox: Shell, tmp_path: Path) -> None:
    """The commands meet the Windows names of what was installed for them."""
    write(tmp_path, tox__ini=f"{TESTENV}deps = pycowsay\ncommands = pycowsay.exe --version\n", pyproject__toml=TABLE)

    tox(RUN)

    assert os.readlink(tmp_path / ".tox" / "py" / "bin" / "pycowsay.exe") == "pycowsay"


@pytest.mark.parametrize("release", ["3.28.0", "4.0.0", "4.0.3", "4.0.9"])
def test_old_tox(tool: Tool, shell: Shell, tmp_path: Path, release: str) -> None:
    """A tox that is too old for the plugin's hooks works as without it; its virtualenv adds the links."""
    write(tmp_path, tox__ini=f"[tox]\nskipsdist = true\n{TESTENV}commands = python -V\n")
    scripts = tool(f"tox=={release} setuptools {PLUGIN}")

    assert release in shell("tox --version", scripts)
    shell(f"{VARIABLES} tox -e py", scripts)

    check(tmp_path / ".tox" / "py", asked=True)
