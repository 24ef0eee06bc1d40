"""The README's blocks and recipes, run as they are written there, except those of tests/frontends."""

from __future__ import annotations

import inspect
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, OTHER, check, needs, posix, prefix, run
from docutils.core import publish_doctree
from docutils.nodes import literal, literal_block, row, table

if TYPE_CHECKING:
    from conftest import Shell, Tool
    from docutils.nodes import document

ROOT = Path(__file__).parents[2]
FRONTENDS = ROOT / "tests" / "frontends"
PAGES = [ROOT / "README.rst", ROOT / "docs" / "recipes.rst"]


@pytest.fixture(scope="session")
def pages() -> list[document]:
    """Return the README, and the page of recipes."""
    settings = {"halt_level": 2, "syntax_highlight": "none"}
    return [publish_doctree(page.read_text(encoding="utf-8"), settings_overrides=settings) for page in PAGES]


@pytest.fixture(scope="session")
def blocks(pages: list[document]) -> dict[str, str]:
    """Return the pages' blocks by their names: files by their paths, and commands."""
    nodes = [node for page in pages for node in page.findall(literal_block)]
    assert all(node["names"] for node in nodes)
    return {name: f"{node.astext()}\n" for node in nodes for name in node["names"]}


@pytest.fixture(scope="module")
def project(blocks: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has the README's table, and an environment."""
    project = tmp_path_factory.mktemp("project")
    write(project, "pyproject.toml", blocks["pyproject.toml"])
    run(sys.executable, "-m", "virtualenv", ".venv", cwd=project)
    return project


def write(project: Path, name: str, text: str) -> None:
    """Write a file, in a directory of its own if its name says so."""
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text(text, encoding="utf-8")


class TestWhole:
    """Every block of the README, and every row of its table of tools, has a test."""

    def test_blocks(self, blocks: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Each block is in a test, here or in tests/frontends, which reads what docutils reads."""
        monkeypatch.syspath_prepend(FRONTENDS)
        sources = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__), *FRONTENDS.glob("*.py")))

        assert set(re.findall(r"""blocks\[["'](.+?)["']\]""", sources, re.IGNORECASE)) == set(blocks)
        read = runpy.run_path(str(FRONTENDS / "readme.py"))["BLOCKS"]
        assert {name.lower(): text for name, text in read.items()}.items() <= blocks.items()

    def test_tools(self, pages: list[document], monkeypatch: pytest.MonkeyPatch) -> None:
        """Each row has a test of what it says of "automatic", in which its set-up is as the row has it."""
        monkeypatch.syspath_prepend(FRONTENDS)
        tests = runpy.run_path(str(FRONTENDS / "test_tools.py"))
        said = {name: "no" if creator.complete else "yes" for name, creator in tests["CREATORS"].items()}
        said |= {"Git hook": "at next checkout", "Hatch with uv": "yes", "build": "no"}
        sources = {"Git hook": "test_git_hook", "Hatch with uv": "test_hatch_with_uv", "build": "test_build"}
        assert tests.keys() >= set(sources.values())
        tools = next(node for node in pages[0].findall(table) if "automatic?" in node.astext())

        rows = {line.children[0].astext(): line.children[1:] for line in list(tools.findall(row))[1:]}
        more = {name for name in said if name in {"uvx", "zip file", "pre-commit"} or "PDM with uv" in name}

        assert {name: automatic.astext() for name, (_, automatic) in rows.items()} == {
            name: automatic for name, automatic in said.items() if name not in more
        }
        for name, (setup, _) in rows.items():
            text = inspect.getsource(tests[sources[name]]) if name in sources else str(tests["CREATORS"][name])
            text = text.replace("\\n", "\n")
            text += "poetry self add virtualenv-link-bin-scripts" if name == "Poetry" else ""  # which needs an index
            words = [re.escape(word.astext()) for word in setup.findall(literal) if word.astext() not in rows]
            assert [word for word in words if not re.search(rf"(?<![\w-]){word}(?![\w-])", text)] == []

    def test_promises(self) -> None:
        """Each test that CONTRIBUTING names for a promise exists."""
        promises = (ROOT / "CONTRIBUTING.rst").read_text(encoding="utf-8").partition("\nWhat it promises\n")[2]
        named = re.findall(r"``(\w+)::(\w+)``", promises.partition("\nHow it is tested\n")[0])
        assert len(named) > 7
        for module, test in named:
            (path,) = (ROOT / "tests").rglob(f"{module}.py")
            assert re.search(rf"^(def|class) {test}\b", path.read_text(encoding="utf-8"), re.MULTILINE), test

    def test_length(self) -> None:
        """A reader gets through it."""
        assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 280

    def test_develop(self, blocks: dict[str, str]) -> None:
        """The command that runs the tests is the one that runs them in CI."""
        ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
        assert blocks["checkout"].removeprefix("$ ") in ci
        assert blocks["develop"].removeprefix("$ ") in ci


@posix
def test_checkout(blocks: dict[str, str]) -> None:
    """Whoever has a checkout and a Python, as an ordinary user, gets a completed environment, and tox."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copytree(ROOT, home / "checkout", ignore=shutil.ignore_patterns(".*", "build", "dist"))
        kept = ("PIP_", "SSL_", "LANG", "VIRTUALENV_NO_")
        inherited = {name: value for name, value in os.environ.items() if name.startswith(kept)}
        shell: dict[str, Any] = {"shell": True, "cwd": home / "checkout", "env": {**inherited, "HOME": name}}
        shell["env"]["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        if os.geteuid() == 0:
            # Not every Python can be run by others: one in root's home can't.
            for path in [home, *home.rglob("*")]:
                os.chown(path, 65534, 65534)
            pythons = f"{os.path.dirname(os.path.realpath(sys.executable))}{os.pathsep}{os.defpath}"
            shell.update(user=65534, group=65534, extra_groups=[], env={**shell["env"], "PATH": pythons})
        if subprocess.run("python3 -c 'import ensurepip'", **shell, check=False).returncode:
            pytest.skip("an ordinary user has no Python with venv here")
        checkout, develop = (blocks[key].removeprefix("$ ").strip() for key in ("checkout", "develop"))

        # Both at once, since either waits for packages.
        commands = f"{checkout} & {develop.removesuffix('run')} list && wait $!"
        listed = subprocess.check_output(commands, **shell, text=True)

        assert (home / "checkout" / ".venv" / "Scripts" / "python").exists()
        assert "coverage" in listed


def test_uv_checkout(tmp_path: Path, blocks: dict[str, str], shell: Shell) -> None:
    """Whoever has a checkout and uv gets a completed environment, and uv finds what is needed for each Python."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "build", "dist"))

    output = shell(blocks["uv-checkout"].removeprefix("$ ").replace(" && ", "\n"), cwd=checkout)

    assert f"linked {os.path.join('.venv', OTHER)} -> {NATIVE}" in output
    shell("uv sync", cwd=checkout)


@posix
@needs("make")
def test_makefile(tmp_path: Path, blocks: dict[str, str], shell: Shell) -> None:
    """A Makefile that was written on Windows runs after uv sync and the command, and in tox without any command."""
    needed = '[project]\nname = "project"\nversion = "1"\n[dependency-groups]\ndev = ["pytest", "ruff"]\n'
    tox = "[testenv]\nskip_install = true\nenv_dir = {tox_root}/.venv\ndependency_groups = dev\n"
    write(tmp_path, "Makefile", blocks["makefile"])
    write(tmp_path, "pyproject.toml", blocks["pyproject.toml"] + needed)
    write(tmp_path, "test_it.py", "def test_it() -> None:\n    assert True\n")
    write(tmp_path, "tox.ini", f"{tox}allowlist_externals = make\ncommands = make check\n")

    shell("uv sync")
    assert "Error 127" in shell("LC_ALL=C make check", status=2)
    assert "1 passed" in shell("uvx virtualenv-link-bin-scripts\nmake check")

    shutil.rmtree(tmp_path / ".venv")
    assert "1 passed" in shell(f"{sys.executable} -m tox run -e py")


@posix
@pytest.mark.usefixtures("case_sensitive")
def test_tree(project: Path, blocks: dict[str, str]) -> None:
    """The environment looks as it is drawn."""
    drawn: dict[str, str] = {}
    parents: list[str] = []
    (version,) = os.listdir(project / ".venv" / "lib")
    for line in blocks["tree"].replace("python3.13", version).splitlines()[1:]:
        indent, name = re.fullmatch(r"([│├└─ \xa0]+)(\S.*)", line).groups()  # type: ignore[union-attr]
        parents[len(indent) // 4 - 1 :] = [name.split(" -> ")[0]]
        drawn["/".join(parents)] = name.partition(" -> ")[2]
    paths = {path: project / ".venv" / path for path in drawn}
    found = {name: os.readlink(path) if path.is_symlink() else "" for name, path in paths.items()}
    assert {**found, "bin/python": ""} == drawn


def test_vscode_settings(project: Path, blocks: dict[str, str]) -> None:
    """The setting names an interpreter, which belongs to the environment."""
    settings = json.loads(blocks[".vscode/settings.json"].replace("${workspaceFolder}", project.as_posix()))

    (ruff,) = settings["ruff.path"]
    assert Path(ruff).name == "ruff.exe"
    assert Path(ruff).with_name("pip.exe").exists()

    python = Path(settings["python.defaultInterpreterPath"])
    assert python.parent.name == "bin"  # VS Code takes a program for an interpreter by its directory, too
    assert prefix(python) == str((project / ".venv").resolve())


def test_vscode_task(tmp_path: Path, blocks: dict[str, str], shell: Shell) -> None:
    """The task completes .venv, and is content without one."""
    write(tmp_path, "pyproject.toml", blocks["pyproject.toml"])
    (task,) = json.loads(blocks[".vscode/tasks.json"])["tasks"]
    command = " ".join([task["command"], *task["args"]])

    assert task["runOptions"] == {"runOn": "folderOpen"}
    shell(f"{command}\n{sys.executable} -m venv --without-pip .venv\n{command}")

    check(tmp_path / ".venv", asked=True)


def test_ruff(project: Path, blocks: dict[str, str], tmp_path: Path) -> None:
    """Ruff applies a rule that only the installed package selects."""
    build = '[build-system]\nbuild-backend = "hatchling.build"\nrequires = ["hatchling"]\n'
    write(tmp_path, "pyproject.toml", f'{build}[project]\nname = "our-rules"\nversion = "1"\n')
    write(tmp_path, "our_rules/__init__.py", "")
    write(tmp_path, "our_rules/ruff.toml", '[lint]\nselect = ["T201"]\n')
    write(project, "module.py", "print()\n")
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "module.py"]
    assert run(*ruff, cwd=project).strip() == "All checks passed!"

    run(sys.executable, "-m", "uv", "pip", "install", "--python", project / ".venv/bin/python", tmp_path)
    write(project, "ruff.toml", blocks["ruff.toml"])

    assert "T201" in run(*ruff, cwd=project, status=1)


def test_mcp(project: Path, blocks: dict[str, str]) -> None:
    """The command starts the server, which is installed in the environment."""
    write(project, ".venv/Lib/site-packages/our_server.py", "print(input())\n")
    server = json.loads(blocks[".mcp.json"])["mcpServers"]["ours"]

    command = [project / server["command"], *server["args"]]

    assert subprocess.check_output(command, cwd=project, input="hello\n", text=True) == "hello\n"


@needs("git")
def test_pre_commit(project: Path, blocks: dict[str, str], tool: Tool, shell: Shell) -> None:
    """The hook runs a module that is installed in the environment."""
    write(project, ".venv/Lib/site-packages/our_check.py", "import sys; sys.exit(f'checked by {sys.prefix}')\n")
    write(project, ".pre-commit-config.yaml", blocks[".pre-commit-config.yaml"])
    shell("git init\ngit add .pre-commit-config.yaml", cwd=project)

    printed = shell("pre-commit run --all-files", tool("pre-commit"), cwd=project, status=1)

    assert f"checked by {(project / '.venv').resolve()}" in printed


@posix
def test_activate(project: Path, blocks: dict[str, str]) -> None:
    """The line activates the environment in bash."""
    script = f"{blocks['activate']}\necho $VIRTUAL_ENV; command -v python; deactivate; echo $VIRTUAL_ENV"
    environment = (project / ".venv").resolve()
    assert run("bash", "-c", script, cwd=project).split() == [str(environment), f"{environment}/bin/python"]
