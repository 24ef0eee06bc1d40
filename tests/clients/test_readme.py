"""The README's recipes, run as they are written there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, posix, run_merged
from docutils.core import publish_doctree
from docutils.nodes import literal_block

if TYPE_CHECKING:
    from conftest import RunVirtualenv

README = Path(__file__).parents[2] / "README.rst"
ALIASES = ["Scripts/python", "bin/python.exe", "Lib/site-packages"]


@pytest.fixture(scope="session")
def blocks() -> dict[str, str]:
    """Return the README's named blocks: files by their paths, and commands."""
    settings = {"halt_level": 2, "syntax_highlight": "none"}
    document = publish_doctree(README.read_text(encoding="utf-8"), settings_overrides=settings)
    return {name: f"{node.astext()}\n" for node in document.findall(literal_block) for name in node["names"]}


@pytest.fixture
def project(tmp_path: Path, blocks: dict[str, str]) -> Path:
    """Return a project that has the README's table."""
    project = tmp_path / "project"
    project.mkdir()
    write(project, blocks, "pyproject.toml")
    return project


@pytest.fixture
def environment(virtualenv: RunVirtualenv, project: Path) -> Path:
    """Return the project's environment."""
    virtualenv(".venv", cwd=project)
    return project / ".venv"


def write(project: Path, blocks: dict[str, str], name: str) -> Path:
    """Write a file that the README shows."""
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(blocks[name.lower()], encoding="utf-8")
    return path


def output(project: Path, *command: str | Path, **options: Any) -> str:
    """Run a command in the project and return what it prints."""
    return run_merged(command, cwd=project, **options).stdout.strip()


def test_every_block_is_tested(blocks: dict[str, str]) -> None:
    """No recipe goes without a test."""
    files = {"pyproject.toml", ".vscode/settings.json", "ruff.toml", "makefile", "tox.ini"}
    assert set(blocks) == files | {"activate", "uv", "venv", "remove"}


def session(project: Path, block: str, **environ: str) -> None:
    """Run the commands of a block, and check that they print what it says."""
    for part in block.removeprefix("$ ").split("\n$ "):
        command, *expected = part.splitlines()
        done = subprocess.run(
            command.split(),
            cwd=project,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environ},
            check=True,
        )
        if expected:
            assert done.stdout.splitlines() == expected


@posix
def test_uv(project: Path, blocks: dict[str, str], wheel: Path) -> None:
    """The command completes the environment of uv."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[project]\nname = "project"\nversion = "1"\n')
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    block = blocks["uv"].replace("python3.13", version)

    session(project, block, UV_PYTHON=sys.executable, UV_FIND_LINKS=str(wheel.parent))  # as if it were on PyPI


@posix
def test_venv(project: Path, blocks: dict[str, str]) -> None:
    """The command completes environments of venv, and takes the aliases away."""
    session(project, blocks["venv"])
    session(project, blocks["remove"])


def test_vscode(project: Path, blocks: dict[str, str], environment: Path) -> None:
    """The setting names an interpreter, which belongs to the environment."""
    settings = json.loads(write(project, blocks, ".vscode/settings.json").read_text(encoding="utf-8"))

    python = Path(settings["python.defaultInterpreterPath"].replace("${workspaceFolder}", str(project)))

    assert python.parent.name == "bin"  # VS Code takes a program for an interpreter by its directory, too
    assert python.exists()
    assert output(project, python, "-c", "import sys; print(sys.prefix)") == str(environment.resolve())


def test_ruff(project: Path, blocks: dict[str, str], environment: Path, tmp_path: Path) -> None:
    """Ruff applies a rule that only the installed package selects."""
    rules = tmp_path / "rules"
    (rules / "our_rules").mkdir(parents=True)
    (rules / "our_rules" / "__init__.py").touch()
    (rules / "our_rules" / "ruff.toml").write_text('[lint]\nselect = ["T201"]\n', encoding="utf-8")
    (rules / "pyproject.toml").write_text(
        '[build-system]\nbuild-backend = "hatchling.build"\nrequires = ["hatchling"]\n'
        '[project]\nname = "our-rules"\nversion = "1"\n',
        encoding="utf-8",
    )
    (project / "module.py").write_text("print()\n", encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "module.py"]
    assert output(project, *ruff) == "All checks passed!"

    output(project, environment / "bin" / "python", "-m", "pip", "install", rules)
    write(project, blocks, "ruff.toml")

    assert "T201" in output(project, *ruff)


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make(project: Path, blocks: dict[str, str], environment: Path) -> None:
    """The Makefile runs the environment's interpreter."""
    write(project, blocks, "Makefile")

    lines = output(project, "make", "version").splitlines()

    assert lines[-1] == output(project, environment / NATIVE / "python", "--version")


def test_tox(project: Path, blocks: dict[str, str], wheel: Path) -> None:
    """A tox without the plugin gets it for itself, and completes every environment."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[build-system]\nbuild-backend = "hatchling.build"\nrequires = ["hatchling"]\n'
            '[project]\nname = "project"\nversion = "1"\n[tool.hatch.build]\ninclude = ["*.toml"]\n'
        )
    write(project, blocks, "tox.ini")
    tox = project.parent / "tox"
    subprocess.check_call([sys.executable, "-m", "venv", tox])
    subprocess.check_call([tox / NATIVE / "python", "-m", "pip", "install", "tox"])
    links = f"{wheel.parent} {os.environ.get('PIP_FIND_LINKS', '')}"  # as if it were on PyPI
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TOX_")}

    printed = output(project, tox / NATIVE / "tox", "run", "-e", "py,py3", env={**environ, "PIP_FIND_LINKS": links})

    assert "congratulations" in printed
    for name in ("py", "py3", ".pkg"):
        assert [alias for alias in ALIASES if not (project / ".tox" / name / alias).exists()] == []


@posix
@pytest.mark.usefixtures("environment")
def test_activate(project: Path, blocks: dict[str, str]) -> None:
    """The line activates the environment in bash."""
    script = f"{blocks['activate']}\necho $VIRTUAL_ENV; command -v python; deactivate; echo $VIRTUAL_ENV"

    environment = str((project / ".venv").resolve())
    assert output(project, "bash", "-c", script).splitlines() == [environment, f"{environment}/bin/python"]
