"""The README's table of tools: each real tool does what its row says, as it is written there."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from conftest import NATIVE, OTHER, check, needs, write
from readme import BLOCKS, BUILT, OPTIONS, PLUGIN, PROJECT, README, ROOT, TABLE, TESTENV, VARIABLES

if TYPE_CHECKING:
    from conftest import Shell, Tool

PDM = {"pyproject__toml": f"{PROJECT}[tool.pdm]\ndistribution = false\n"}
NO_PACKAGE = f"{PROJECT}[tool.poetry]\npackage-mode = false\n"
HATCH = f"{PROJECT}{BLOCKS['hatch']}skip-install = true\n"
SESSION = "import nox\n\n@nox.session({})\ndef {}(session):\n    session.log(1)\n"
NOX = BLOCKS["noxfile.py"] + SESSION.format("", "tests")
SESSIONS = BLOCKS["noxfile.py"] + "".join(SESSION.format(f"venv_backend='{name}'", name) for name in ("uv", "venv"))
COMPLETED, RECREATE = SESSIONS.replace("session.log(1)\n", BLOCKS["nox-session"]), "nox -r -f completed.py"
HOOK = {"id": "hook", "name": "hook", "language": "python", "entry": "python -V", "pass_filenames": False}
HOOKS = json.dumps({"repos": [{"repo": "local", "hooks": [HOOK]}]})
ZIP = f"""uv pip install --target content {PLUGIN}
python -m zipapp content --main virtualenv.__main__:run_with_catch --output virtualenv.pyz
python -S virtualenv.pyz"""


class Creator(NamedTuple):
    """A tool that creates environments."""

    tool: str  # what is installed in an environment of its own
    create: str  # the lines that create environments in a project; they may ask for the aliases themselves
    environments: str = ".venv"  # where those are
    setup: str = ""  # the lines that set the tool up in its own environment, once
    files: dict[str, str] = {}  # noqa: RUF012 - the project's, which nobody changes
    complete: str = ""  # the lines that complete the environments, if that is not automatic


def create_with_tox(requires: str) -> Creator:
    """Let a tox, which lacks what is required, provision itself."""
    return Creator("tox", "tox run -e py", ".tox/py", files={"tox__ini": f"[tox]\nrequires = {requires}\n{TESTENV}"})


def create_with_pdm(create: str) -> Creator:
    """Add the plugin to PDM with the releases that it was tested with: it doesn't stand the newest hishel."""
    return Creator("pdm[locked] pip", create, setup=f"pdm self add {PLUGIN}", files=PDM)


SETUP, CREATE = re.findall(r"\$ (.+)", BLOCKS["virtualenv"])[:2]
PIPX = f"pipx install virtualenv\npipx inject virtualenv {PLUGIN}"
POETRY = "poetry config --local virtualenvs.in-project true\npoetry install --no-root"
PRE_COMMIT = f"git init\ngit add .\n{VARIABLES} PRE_COMMIT_HOME=cache pre-commit run --all-files"

#: By the name of the tool's row in the README's table; some tools have none.
CREATORS = {
    "virtualenv": Creator("pip", CREATE, setup=SETUP),
    "pipx": Creator("pipx", "virtualenv .venv", setup=PIPX),
    "uv tool": Creator("pip", "virtualenv .venv", setup=f"uv tool install virtualenv --with {PLUGIN}"),
    "uvx": Creator("pip", f"uvx --with {PLUGIN} virtualenv {OPTIONS} .venv"),
    "zip file": Creator("pip", f"{ZIP} {OPTIONS} .venv"),
    "tox": create_with_tox(PLUGIN),
    "tox-uv": create_with_tox(f"{PLUGIN}\n  tox-uv"),
    "Nox": Creator("nox", "nox", ".nox/tests", files={"noxfile__py": NOX}),
    "Hatch": Creator("hatch", "hatch env create", files={"pyproject__toml": HATCH}),
    "PDM": create_with_pdm("pdm install"),
    "PDM with uv": create_with_pdm("PDM_USE_UV=1 pdm install"),
    "PDM with uv, locking": create_with_pdm("PDM_USE_UV=1 pdm lock"),
    "PDM with uv, running": create_with_pdm("PDM_USE_UV=1 pdm run python -V"),
    "PDM with uv, venv": create_with_pdm("pdm venv create -w uv\npdm lock"),
    # As after "poetry self add", which finds no packages in a directory.
    "Poetry": Creator(f"poetry {PLUGIN}", POETRY, files={"pyproject__toml": NO_PACKAGE}),
    "Pipenv": Creator(
        "pipenv pip", "PIPENV_VENV_IN_PROJECT=1 pipenv install --skip-lock", setup=f"pip install {PLUGIN}"
    ),
    "pre-commit": Creator(
        f"pre-commit {PLUGIN}", PRE_COMMIT, "cache/*/py_env-*", files={"__pre-commit-config__yaml": HOOKS}
    ),
    "uv": Creator("pip", "uv sync", files={"pyproject__toml": PROJECT}, complete=f"uvx {PLUGIN}"),
    "python -m venv": Creator(PLUGIN, "python -m venv --without-pip .venv", complete=PLUGIN),
    "Nox with uv or venv": Creator(
        "nox", "nox", ".nox/[uv]*", files={"noxfile__py": SESSIONS, "completed__py": COMPLETED}, complete=RECREATE
    ),
}

hatch_can_be_installed = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="cryptography, which Hatch needs, has wheels for CPython only"
)

MARKS = {"Hatch": hatch_can_be_installed, "pre-commit": needs("git")}


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "not asked"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, [])) for name in CREATORS])
def test_tool(tool: Tool, shell: Shell, tmp_path: Path, name: str, asked: bool) -> None:
    """A new environment has the aliases if they are asked for, or if that is not automatic, when it was completed."""
    creator = CREATORS[name]
    silent = re.sub(r"(--link-|VIRTUALENV_LINK_)\S+ ", "", creator.create)
    write(tmp_path, **creator.files)
    if creator.complete or (asked and silent == creator.create):
        with (tmp_path / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(TABLE)

    shell(f"{creator.create}\n{creator.complete}" if asked else silent, tool(creator.tool, creator.setup))

    environments = list(tmp_path.glob(creator.environments))
    assert len(environments) == (2 if "or" in name.split() else 1)
    for environment in environments:
        check(environment, asked=asked)
        created_by_uv = "uv = " in (environment / "pyvenv.cfg").read_text(encoding="utf-8")
        assert created_by_uv == (environment.name == "uv" or name in {"uv", "tox-uv"} or "PDM with uv" in name)


@hatch_can_be_installed
def test_hatch_with_uv(tool: Tool, shell: Shell, tmp_path: Path) -> None:
    """Hatch with uv completes each environment by the command alone, and goes on if that fails."""
    matrix = "[[tool.hatch.envs.default.matrix]]\nnumber = ['1', '2']\n"
    wheel = "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n"
    scripts = tool(f"hatch {PLUGIN}")
    block = BLOCKS["hatch-uv"]

    for text, variables, asked in (
        (re.sub("post-install-commands.*", "", block), "", False),
        (block, "", True),
        (block, f"PATH={os.defpath}", False),
    ):
        write(tmp_path, pyproject__toml=f"{BUILT}{text}{matrix}{wheel}{TABLE}")
        shell(f"{variables} hatch env create", scripts)

        environments = shell("hatch env find", scripts).split()
        assert len(environments) == 2
        for environment in map(Path, environments):
            assert "uv = " in (environment / "pyvenv.cfg").read_text(encoding="utf-8")
            check(environment, asked=asked)
        shell("hatch env prune", scripts)


@needs("git")
def test_git_hook(tool: Tool, shell: Shell, tmp_path: Path) -> None:
    """At a checkout, the hook completes .venv if there is one; a refusal is shown, and Git's status stays 0."""
    hooks, project = tmp_path / "hooks", tmp_path / "project"
    environment = project / ".venv"
    shutil.copytree(ROOT / "src", hooks / "src")
    for name in ("pyproject.toml", "README.rst", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hooks)
    project.mkdir()
    config = BLOCKS["hook"].replace("https://github.com/OWNER/virtualenv-link-bin-scripts", hooks.as_uri())
    write(project, **{"__pre-commit-config__yaml": config.replace("0.1.0", "main"), "pyproject__toml": TABLE})
    commit = "git -c user.name=Somebody -c user.email=somebody@example.org commit --message Begin"
    for directory in (hooks, project):
        empty = f"{commit} --allow-empty\ngit branch before"
        shell(f"git init --initial-branch main\n{empty}\ngit add .\n{commit}", cwd=directory)
    install = "pre-commit install --allow-missing-config -t post-checkout -t post-merge -t post-rewrite"
    assert f"``{install}``" in " ".join(README.split())
    shell(install, tool("pre-commit"), cwd=project)

    assert "Passed" in shell("git checkout -b without", cwd=project)
    shell("uv venv", cwd=project)
    check(environment, asked=False)

    output = shell("git checkout -b with", cwd=project)
    assert "Passed" in output
    assert "error" not in output
    check(environment, asked=True)

    (environment / OTHER).unlink()
    (environment / OTHER).write_text("precious", encoding="utf-8")
    assert f"{PLUGIN}: error: could not link " in shell("git checkout -b refused", cwd=project)
    assert (environment / OTHER).read_text(encoding="utf-8") == "precious"
    shell("git checkout before", cwd=project)


def test_build(tool: Tool, shell: Shell, tmp_path: Path) -> None:
    """Build selects no activators for its isolated environments, so they work and have no alias, though asked for."""
    backend = f"""
import pathlib, sys
from hatchling.build import *

environment = pathlib.Path(sys.prefix)
seen = ["virtualenv" in (environment / "pyvenv.cfg").read_text()]
seen += [(environment / name).exists() for name in {[NATIVE, OTHER]}]
pathlib.Path("seen").write_text(repr(seen))
"""
    system = BUILT.replace("'hatchling.build'", "'backend'\nbackend-path = ['.']")
    include = "[tool.hatch.build]\ninclude = ['*.py']\n"
    write(tmp_path, backend__py=backend, pyproject__toml=f"{system}{include}{TABLE}")

    shell(f"{VARIABLES} python -m build --wheel", tool(f"build[virtualenv] {PLUGIN}"))

    assert (tmp_path / "seen").read_text(encoding="utf-8") == "[True, True, False]"


@pytest.mark.parametrize("release", ["2.0.0", "2.5.6"])
def test_old_pdm(tool: Tool, shell: Shell, tmp_path: Path, release: str) -> None:
    """A PDM that is too old to say which environment it uses works as without the plugin."""
    write(tmp_path, **PDM)

    output = shell(f"{VARIABLES} pdm install --no-self", tool(f"pdm=={release} setuptools {PLUGIN}"))

    assert "All complete" in output
    assert PLUGIN not in output
