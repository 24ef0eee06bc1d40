"""Each row of the table in docs/setup.rst: the real tool does what the row says, set up as the page has it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages import README, ROOT, SETUP
from shell import check_links

if TYPE_CHECKING:
    from shell import Shell

TABLE = README["pyproject.toml"]
PROJECT = f'[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.{sys.version_info.minor}"\n'

ADDRESS = "https://github.com/OWNER/virtualenv-link-bin-scripts"
COMMIT = "git -c user.name=Me -c user.email=me@example.org commit --quiet --message Begin"

BUILD = "[build-system]\nbuild-backend = 'hatchling.build'\nrequires = ['hatchling']\n"
BUILD += "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n"

cpython = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="some dependencies have wheels for CPython only"
)


def copy_repository(shell: Shell, to: Path) -> None:
    """Make a repository of ours with a tagged release."""
    shutil.copytree(ROOT / "src", to / "src")
    for name in ("pyproject.toml", "README.rst", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, to)
    shell(f"git init --quiet --initial-branch main && git add . && {COMMIT} && git tag 0.1.0", cwd=to)


def test_uv(shell: Shell) -> None:
    """uv: the command links what ``uv sync`` has created, and the links stay at the next one."""
    shell.write("pyproject.toml", f"{PROJECT}{TABLE}")

    shell(SETUP["uv"])
    shell("uv add six && uv sync")

    check_links(shell.project / ".venv")


def test_uv_dev(shell: Shell) -> None:
    """uv, pinned in ``uv.lock``: the second line syncs and links."""
    shell.write("pyproject.toml", f"{PROJECT}{TABLE}")

    shell(SETUP["uv-dev"])

    check_links(shell.project / ".venv")


def test_git(shell: Shell) -> None:
    """Until there is a release, uv runs the command from a repository; a copy of it stands for the address."""
    repository = shell.project.parent / "repository"
    copy_repository(shell, repository)
    shell.write("pyproject.toml", TABLE)

    shell("uv venv\n" + SETUP["git"].replace(ADDRESS, str(repository)).replace("git+", "git+file://"))

    check_links(shell.project / ".venv")


def test_requirement(shell: Shell) -> None:
    """Until there is a release, pip installs the command from a repository, too."""
    repository = shell.project.parent / "repository"
    copy_repository(shell, repository)
    requirement = SETUP["requirement"].strip().replace(ADDRESS, f"file://localhost{repository}")

    shell(f"python3 -m venv .venv && source .venv/bin/activate\npip install '{requirement}'")

    assert "linked .venv/Scripts -> bin" in shell(".venv/bin/virtualenv-link-bin-scripts")


def test_venv(shell: Shell) -> None:
    """python -m venv: the command links the environment."""
    shell.write("pyproject.toml", TABLE)

    shell(SETUP["python -m venv"])

    check_links(shell.project / ".venv")


def test_venv_with_pip(shell: Shell) -> None:
    """python -m venv, without uv: the command links the activated environment."""
    shell.write("pyproject.toml", TABLE)

    shell(f"python3 -m venv .venv && source .venv/bin/activate\n{SETUP['venv-pip']}")

    check_links(shell.project / ".venv")


def test_git_hook(shell: Shell) -> None:
    """Git hook: a checkout links ``.venv``, says nothing, and if a link can't be made, says so and succeeds."""
    shell.write(".githooks/post-checkout", SETUP[".githooks/post-checkout"])
    shell.write("pyproject.toml", f"{PROJECT}{TABLE}")
    shell(f"git init --quiet --initial-branch main\n{SETUP['githooks']}git add . && {COMMIT}")
    assert "100755" in shell("git ls-files --stage .githooks/post-merge")
    shell(SETUP["hooks-path"])
    assert shell("git checkout --quiet -b no-environment") == ""
    shell("uv venv")

    assert shell("git checkout --quiet -b linked") == ""

    check_links(shell.project / ".venv")
    (shell.project / ".venv" / "Scripts").unlink()
    (shell.project / ".venv" / "Scripts").touch()
    assert "Scripts: a file of that name exists; move or delete it" in shell("git checkout --quiet -b refused")
    assert shell("git checkout pyproject.toml").count("a file of that name exists") == 1


def test_pre_commit(shell: Shell) -> None:
    """Git hook, by pre-commit: a checkout links ``.venv``, a refusal is shown, and Git's status is 0."""
    ours = shell.project.parent / "ours"
    copy_repository(shell, ours)
    config = SETUP[".pre-commit-config.yaml"].replace(ADDRESS, str(ours))
    shell.write(".pre-commit-config.yaml", config)
    shell.write("pyproject.toml", f"{PROJECT}{TABLE}")
    shell.install("pre-commit")
    shell(f"git init --quiet --initial-branch main && {SETUP['pre-commit']}git add . && {COMMIT} && uv venv")

    shell("git checkout -b linked")

    check_links(shell.project / ".venv")
    (shell.project / ".venv" / "Scripts").unlink()
    (shell.project / ".venv" / "Scripts").touch()
    assert "Scripts: a file of that name exists; move or delete it" in shell("git checkout -b refused")


def test_virtualenv(shell: Shell) -> None:
    """virtualenv: a new environment is linked."""
    shell.install("pip")
    shell.write("pyproject.toml", TABLE)

    shell(SETUP["virtualenv"])

    check_links(shell.project / ".venv")


def test_pipx(shell: Shell) -> None:
    """virtualenv by pipx: a new environment is linked, and the command is on the PATH."""
    shell.install("pipx")
    shell.write("pyproject.toml", TABLE)
    shell(SETUP["pipx"])

    shell("virtualenv .venv")

    check_links(shell.project / ".venv")
    assert "links in place" in shell("virtualenv-link-bin-scripts --check")


def test_uv_tool(shell: Shell) -> None:
    """virtualenv by uv tool: a new environment is linked, and the command is on the PATH."""
    shell.write("pyproject.toml", TABLE)
    shell(SETUP["uv tool"])

    shell("virtualenv .venv")

    check_links(shell.project / ".venv")
    assert "links in place" in shell("virtualenv-link-bin-scripts --check")


TOX = "env_list = a, b\n[testenv]\nskip_install = true\ndeps = pycowsay\n"


@pytest.mark.parametrize("command", ["run-parallel", "devenv -e a .tox/a"])
def test_tox(shell: Shell, command: str) -> None:
    """tox: a new environment is linked, and its programs have their names."""
    shell.install("tox")
    shell.write("tox.ini", SETUP["tox.ini"] + TOX)
    shell.write("pyproject.toml", TABLE)

    shell(f"tox {command}")

    check_links(shell.project / ".tox" / "a")
    assert (shell.project / ".tox" / "a" / "bin" / "pycowsay.exe").is_symlink()


@pytest.mark.parametrize("command", ["run-parallel", "devenv -e a .tox/a"])
def test_tox_uv(shell: Shell, command: str) -> None:
    """tox-uv: a new environment, which uv creates, is linked, and its programs have their names."""
    shell.install("tox")
    shell.write("tox.ini", SETUP["tox.ini"] + "    tox-uv\n" + TOX)
    shell.write("pyproject.toml", TABLE)

    shell(f"tox {command}")

    assert "uv = " in (shell.project / ".tox" / "a" / "pyvenv.cfg").read_text(encoding="utf-8")
    check_links(shell.project / ".tox" / "a")
    assert (shell.project / ".tox" / "a" / "bin" / "pycowsay.exe").is_symlink()


def test_testenv(shell: Shell) -> None:
    """tox, without the table: ``[testenv]`` asks for links, and a program below ``Scripts`` runs by its path."""
    shell.install("tox")
    command = "commands = {env_dir}/Scripts/pycowsay.exe moo"
    shell.write("tox.ini", SETUP["tox.ini"] + TOX + SETUP["testenv"] + SETUP["allowlist"] + command)

    assert "moo" in shell("tox run")


def test_nox(shell: Shell) -> None:
    """Nox: the environment of a session is linked."""
    shell.install("nox")
    session = "import nox\n\n@nox.session\ndef tests(session):\n    session.log('tests')\n"
    shell.write("noxfile.py", f"{SETUP['noxfile.py']}{session}")
    shell.write("pyproject.toml", TABLE)

    shell("nox")

    check_links(shell.project / ".nox" / "tests")


@pytest.mark.parametrize("backend", ["uv", "venv"])
def test_nox_without_virtualenv(shell: Shell, backend: str) -> None:
    """Nox with uv or venv: the line in the session links its environment."""
    shell.install("nox")
    session = f"import nox\n\n@nox.session(venv_backend='{backend}')\ndef tests(session):\n    {SETUP['nox-session']}"
    shell.write("noxfile.py", f"{SETUP['noxfile.py']}{session}")
    shell.write("pyproject.toml", TABLE)

    shell("nox")

    check_links(shell.project / ".nox" / "tests")


@cpython
def test_hatch(shell: Shell) -> None:
    """Hatch: a new environment is linked."""
    shell.install("hatch")
    shell.write("pyproject.toml", f"{PROJECT}{SETUP['hatch']}skip-install = true\n{TABLE}")

    shell("hatch env create")

    check_links(shell.project / ".venv")


@cpython
def test_hatch_with_uv(shell: Shell) -> None:
    """Hatch with uv: a new environment is linked, wherever that is."""
    shell.install("hatch")
    shell.write("pyproject.toml", f"{BUILD}{PROJECT}{SETUP['hatch-uv']}{TABLE}")

    shell("hatch env create")

    check_links(Path(shell("hatch env find").strip()))


@cpython
def test_hatch_with_uv_goes_on(shell: Shell) -> None:
    """Hatch with uv: Hatch goes on if the command fails, here because of a mistake in the table."""
    shell.install("hatch")
    shell.write("pyproject.toml", f"{BUILD}{PROJECT}{SETUP['hatch-uv']}{TABLE}mistake = true\n")

    assert "mistake is unknown" in shell("hatch env create")


@pytest.mark.parametrize("variable", ["", "PDM_USE_UV=1"], ids=["PDM", "PDM with uv"])
def test_pdm(shell: Shell, variable: str) -> None:
    """PDM: the environment is linked, also one that uv creates."""
    shell.install("'pdm[locked]' pip")  # without [locked] it is broken by newer dependencies
    shell.write("pyproject.toml", f"{PROJECT}[tool.pdm]\ndistribution = false\n{TABLE}")
    shell(SETUP["pdm"])

    shell(f"{variable} pdm install")

    check_links(shell.project / ".venv")


def test_poetry(shell: Shell) -> None:
    """Poetry: the environment is linked.

    ``poetry self add`` asks PyPI for more than a mirror has, so here the plugin is installed by uv.
    """
    shell.install("poetry virtualenv-link-bin-scripts")
    shell.write("pyproject.toml", f"{PROJECT}[tool.poetry]\npackage-mode = false\n{TABLE}")
    add, config = SETUP["poetry"].splitlines()
    assert add == "poetry self add virtualenv-link-bin-scripts"

    shell(f"{config}\npoetry install --no-root")

    check_links(shell.project / ".venv")


def test_pipenv(shell: Shell) -> None:
    """Pipenv: the environment is linked."""
    shell.install("pipenv pip")
    shell.write("pyproject.toml", TABLE)
    shell(SETUP["pipenv"])

    shell("PIPENV_VENV_IN_PROJECT=1 pipenv install --skip-lock")

    check_links(shell.project / ".venv")


def test_ci(shell: Shell) -> None:
    """CI: ``--check`` fails right after ``uv sync``, and succeeds after the command."""
    shell.write("pyproject.toml", f"{PROJECT}{TABLE}")
    shell("uv sync")

    assert "missing .venv/Scripts -> bin" in shell("uvx virtualenv-link-bin-scripts --check", status=1)

    shell("uvx virtualenv-link-bin-scripts && uvx virtualenv-link-bin-scripts --check")


def test_build(shell: Shell) -> None:
    """build: its isolated environments are not linked, although they are asked for."""
    shell.install("'build[virtualenv]' virtualenv-link-bin-scripts")
    backend = """
import os, sys
from hatchling.build import *
print("Scripts", os.path.lexists(os.path.join(sys.prefix, "Scripts")))
"""
    system = "[build-system]\nbuild-backend = 'backend'\nbackend-path = ['.']\nrequires = ['hatchling']\n"
    include = "[tool.hatch.build]\ninclude = ['*.py']\n"
    shell.write("backend.py", backend)
    shell.write("pyproject.toml", f"{system}{PROJECT}{include}{TABLE}")

    output = shell("VIRTUALENV_LINK_BIN_SCRIPTS=1 python -m build --wheel")

    assert "Scripts False" in output


def test_page_is_complete() -> None:
    """Each row of the table, and each block of the page, has a test here."""
    page = (ROOT / "docs" / "setup.rst").read_text(encoding="utf-8")
    table = page.split("programs that you install later\n")[1].split('"The command" is')[0]
    rows = re.findall(r"^([A-Za-z][^ ]*(?: [^ ]+)*)  ", table, re.MULTILINE)
    tests = Path(__file__).read_text(encoding="utf-8")

    assert len(rows) == 16
    assert [row for row in rows if f'"""{row}: ' not in tests] == []
    assert [name for name in SETUP if f'SETUP["{name}"]' not in tests and f"SETUP['{name}']" not in tests] == []
