"""The README's blocks, run as they are written there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, posix, run_merged
from docutils.core import publish_doctree
from docutils.nodes import literal_block, row, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RunVirtualenv
    from docutils.nodes import document

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.rst", ROOT / "docs" / "recipes.rst"]
ALIASES = ["Scripts/python", "bin/python.exe", "Lib/site-packages"]
PROJECT = '[project]\nname = "project"\nversion = "1"\n'
VERSION = (
    f"{'pypy' if sys.implementation.name == 'pypy' else 'python'}{sys.version_info.major}.{sys.version_info.minor}"
)

#: The tests of what the table says of each tool, in tests/frontends or here, and whether it says "automatic".
TOOLS = {
    "uv": ("TestUv", "no"),
    "python -m venv": ("TestVenv", "no"),
    "Git hook": ("TestHook", "at next checkout"),
    "virtualenv": ("test_virtualenv", "yes"),
    "pipx": ("test_pipx", "yes"),
    "uv tool": ("test_uv_tool_install", "yes"),
    "tox": ("TestTox", "yes"),
    "tox-uv": ("TestToxUv", "yes"),
    "Nox": ("test_nox", "yes"),
    "Nox with uv or venv": ("test_nox_session", "no"),
    "Hatch": ("test_hatch", "yes"),
    "Hatch with uv": ("test_hatch_with_uv", "yes"),
    "PDM": ("test_pdm_uv", "yes"),
    "Poetry": ("test_poetry", "yes"),
    "Pipenv": ("test_pipenv", "yes"),
    "build": ("test_build", "no"),
}


hatch_can_be_installed = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="cryptography, which Hatch needs, has wheels for CPython only"
)


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


@pytest.fixture
def tool(tmp_path: Path) -> Callable[..., Path]:
    """Install a tool in an environment of its own, and return its scripts directory."""

    def tool(*packages: str | Path) -> Path:
        uv, directory = [sys.executable, "-m", "uv", "--no-config"], tmp_path / "tool"
        subprocess.check_call([*uv, "venv", "--quiet", "--seed", "--python", sys.executable, directory])
        subprocess.check_call([*uv, "pip", "install", "--quiet", "--python", directory, *packages])
        return directory / NATIVE

    return tool


@pytest.fixture
def published(wheel: Path) -> dict[str, str]:
    """Return the environment variables by which tools find the package as if it were on PyPI."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TOX", "VIRTUAL", "PYTHON"))}
    links = f"{wheel.parent} {os.environ.get('PIP_FIND_LINKS', '')}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    uv = {"UV_PYTHON": sys.executable, "UV_FIND_LINKS": str(wheel.parent)}
    return {**environ, **uv, "PIP_FIND_LINKS": links, "PATH": path}


def write(project: Path, blocks: dict[str, str], name: str) -> Path:
    """Write a file that the README shows."""
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(blocks[name.lower()], encoding="utf-8")
    return path


def append(project: Path, text: str) -> None:
    """Write more into the project's pyproject.toml."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def output(project: Path, *command: str | Path, **options: Any) -> str:
    """Run a command in the project and return what it prints."""
    return run_merged(command, cwd=project, **options).stdout.strip()


def is_complete(environment: Path) -> bool:
    """Return whether an environment has all aliases."""
    return all((environment / alias).exists() for alias in ALIASES)


def follow(project: Path, block: str, **options: Any) -> None:
    """Run the commands of a block, and check that they print what it says."""
    for part in block.removeprefix("$ ").split("\n$ "):
        command, *expected = part.splitlines()
        done = subprocess.run(
            shlex.split(command), cwd=project, stdout=subprocess.PIPE, encoding="utf-8", check=True, **options
        )
        if expected:
            assert done.stdout.splitlines() == expected


class TestWhole:
    """Every block of the README has a test."""

    def test_blocks(self, blocks: dict[str, str]) -> None:
        """Each block is tested."""
        files = {"pyproject.toml", "noxfile.py", "ruff.toml", ".mcp.json", ".pre-commit-config.yaml"}
        files |= {".vscode/settings.json", ".vscode/tasks.json", "makefile"}
        others = {
            "uv",
            "virtualenv",
            "checkout",
            "develop",
            "tree",
            "nox-session",
            "hatch",
            "hatch-uv",
            "hook",
            "activate",
        }
        assert set(blocks) == files | others

    def test_tools(self, pages: list[document]) -> None:
        """So is each line of the table of tools, with what it says of "automatic"."""
        tools = next(node for node in pages[0].findall(table) if "automatic?" in node.astext())
        lines = [[entry.astext() for entry in line.children] for line in tools.findall(row)][1:]
        assert {name: automatic for name, _, automatic in lines} == {name: yes for name, (_, yes) in TOOLS.items()}
        tests = "".join(
            path.read_text(encoding="utf-8") for path in (ROOT / "tests/frontends/test_frontends.py", Path(__file__))
        )
        for name, (test, _) in TOOLS.items():
            assert re.search(rf"^(def|class) {test}\b", tests, re.MULTILINE), name

    def test_length(self) -> None:
        """A reader gets through it."""
        assert len((ROOT / "README.rst").read_text(encoding="utf-8").splitlines()) <= 280

    def test_develop(self, blocks: dict[str, str]) -> None:
        """The command that runs the tests is the one that runs them in CI."""
        for name in ("checkout", "develop"):
            assert blocks[name].removeprefix("$ ") in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@posix
def test_checkout(blocks: dict[str, str]) -> None:
    """Whoever has a checkout and a Python, as an ordinary user, gets a completed environment, and tox."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copytree(ROOT, home / "checkout", ignore=shutil.ignore_patterns(".*", "build", "dist"))
        inherited = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG"))}
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

        subprocess.check_call(blocks["checkout"].removeprefix("$ "), **shell)
        develop = blocks["develop"].removeprefix("$ ").strip()
        listed = subprocess.check_output(f"{develop.removesuffix('run')} list", **shell, text=True)

        assert (home / "checkout" / ".venv" / "Scripts" / "python").exists()
        assert "coverage" in listed


@posix
@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_makefile(project: Path, blocks: dict[str, str], published: dict[str, str]) -> None:
    """A Makefile that was written on Windows runs after uv sync and the command, and in tox without any command."""
    write(project, blocks, "Makefile")
    (project / "test_it.py").write_text("def test_it() -> None:\n    assert True\n", encoding="utf-8")
    append(project, f"{PROJECT}[dependency-groups]\ndev = ['pytest', 'ruff']\n")
    tox = "[tox]\nrequires = virtualenv-link-bin-scripts\n[testenv]\nskip_install = true\nenv_dir = {tox_root}/.venv\n"
    (project / "tox.ini").write_text(
        f"{tox}dependency_groups = dev\nallowlist_externals = make\ncommands = make check\n", encoding="utf-8"
    )
    uv = [sys.executable, "-m", "uv"]

    output(project, *uv, "sync", env=published)
    assert "Error 127" in output(project, "make", "check", env={**published, "LC_ALL": "C"})
    output(project, *uv, "tool", "run", "virtualenv-link-bin-scripts", env=published)
    assert "1 passed" in output(project, "make", "check", env=published)

    shutil.rmtree(project / ".venv")
    printed = output(project, sys.executable, "-m", "tox", "run", "-e", "py", env=published)
    assert "1 passed" in printed, printed


@posix
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy's programs have more names")
def test_uv(tmp_path: Path, blocks: dict[str, str], published: dict[str, str]) -> None:
    """Whoever knows only uv gets a completed environment from the first block."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")

    follow(tmp_path, blocks["uv"].replace("python3.13", VERSION), env=published)

    assert is_complete(tmp_path / ".venv")


def test_virtualenv(
    tmp_path: Path, blocks: dict[str, str], tool: Callable[..., Path], published: dict[str, str]
) -> None:
    """Whoever knows pip and virtualenv gets one from the second block."""
    path = f"{tool('pip')}{os.pathsep}{published['PATH']}"

    follow(tmp_path, blocks["virtualenv"], env={**published, "PATH": path})

    assert is_complete(tmp_path / ".venv")


@posix
@pytest.mark.usefixtures("case_sensitive")
def test_tree(environment: Path, blocks: dict[str, str]) -> None:
    """The environment looks as it is drawn."""
    drawn: dict[str, str] = {}
    parents: list[str] = []
    for line in blocks["tree"].replace("python3.13", VERSION).splitlines()[1:]:
        indent, name = re.fullmatch(r"([│├└─ \xa0]+)(\S.*)", line).groups()  # type: ignore[union-attr]
        parents[len(indent) // 4 - 1 :] = [name.split(" -> ")[0]]
        drawn["/".join(parents)] = name.partition(" -> ")[2]
    found = {path: os.readlink(environment / path) if (environment / path).is_symlink() else "" for path in drawn}
    assert {**found, "bin/python": ""} == drawn


class TestVenv:
    """An environment that venv has created is completed by the command."""

    def test_command(self, project: Path) -> None:
        """It is not automatic, and the command does it."""
        subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", project / ".venv"])
        assert not is_complete(project / ".venv")

        subprocess.check_call([Path(sys.executable).with_name("virtualenv-link-bin-scripts")], cwd=project)

        assert is_complete(project / ".venv")


def test_nox(project: Path, blocks: dict[str, str], tool: Callable[..., Path], published: dict[str, str]) -> None:
    """Nox installs the plugin for itself, and completes the environments of its sessions."""
    session = "import nox\n\n@nox.session\ndef tests(session):\n    session.run('python', '--version')\n"
    write(project, blocks, "noxfile.py").write_text(blocks["noxfile.py"] + session, encoding="utf-8")

    printed = output(project, tool("nox") / "nox", env=published)

    assert is_complete(project / ".nox" / "tests"), printed


@pytest.mark.parametrize("backend", ["uv", "venv"])
def test_nox_session(
    project: Path, blocks: dict[str, str], tool: Callable[..., Path], published: dict[str, str], backend: str
) -> None:
    """With the backends uv and venv nothing is automatic, and the line in the session completes its environment."""
    session = f"{blocks['noxfile.py']}import nox\n\n@nox.session(venv_backend='{backend}')\ndef tests(session):\n"
    nox = tool("nox") / "nox"
    (project / "noxfile.py").write_text(f"{session}    pass\n", encoding="utf-8")
    output(project, nox, env=published)
    assert not is_complete(project / ".nox" / "tests")

    (project / "noxfile.py").write_text(f"{session}    {blocks['nox-session']}", encoding="utf-8")
    printed = output(project, nox, env=published)

    assert is_complete(project / ".nox" / "tests"), printed


@hatch_can_be_installed
def test_hatch(project: Path, blocks: dict[str, str], tool: Callable[..., Path], published: dict[str, str]) -> None:
    """Hatch installs the plugin for itself, and completes its environments."""
    append(project, f"{PROJECT}{blocks['hatch']}skip-install = true\n")

    printed = output(project, tool("hatch") / "hatch", "env", "create", env=published)

    assert is_complete(project / ".venv"), printed


@hatch_can_be_installed
def test_hatch_with_uv(
    project: Path, blocks: dict[str, str], tool: Callable[..., Path], published: dict[str, str]
) -> None:
    """Hatch with uv runs the command for each environment that it has created, and goes on if that fails."""
    build = "[build-system]\nbuild-backend = 'hatchling.build'\nrequires = ['hatchling']\n"
    wheel = "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n"
    matrix = "[[tool.hatch.envs.default.matrix]]\nnumber = ['1', '2']\n"
    append(project, f"{build}{PROJECT}{wheel}{blocks['hatch-uv']}{matrix}")
    hatch = tool("hatch") / "hatch"
    data = {"HATCH_DATA_DIR": str(project.parent / "data")}

    printed = output(project, hatch, "env", "create", env={**published, **data})

    environments = [Path(line) for line in output(project, hatch, "env", "find", env={**published, **data}).split()]
    assert len(environments) == 2
    for environment in environments:
        assert "uv = " in (environment / "pyvenv.cfg").read_text(encoding="utf-8")
        assert is_complete(environment), printed

    output(project, hatch, "env", "prune", env={**published, **data})
    broken = {**published, **data, "PATH": f"{hatch.parent}{os.pathsep}{os.defpath}"}
    output(project, hatch, "env", "create", env=broken)
    assert [(environment / "pyvenv.cfg").exists() for environment in environments] == [True, True]


def test_vscode_settings(project: Path, blocks: dict[str, str], environment: Path) -> None:
    """The setting names an interpreter, which belongs to the environment."""
    settings = json.loads(write(project, blocks, ".vscode/settings.json").read_text(encoding="utf-8"))

    python = Path(settings["python.defaultInterpreterPath"].replace("${workspaceFolder}", str(project)))
    (ruff,) = settings["ruff.path"]
    assert Path(ruff).name == "ruff.exe"
    assert Path(ruff.replace("${workspaceFolder}", str(project))).with_name("pip.exe").exists()

    assert python.parent.name == "bin"  # VS Code takes a program for an interpreter by its directory, too
    assert python.exists()
    assert output(project, python, "-c", "import sys; print(sys.prefix)") == str(environment.resolve())


def test_vscode_task(project: Path, blocks: dict[str, str], published: dict[str, str]) -> None:
    """The task completes .venv, and is content without one."""
    (task,) = json.loads(write(project, blocks, ".vscode/tasks.json").read_text(encoding="utf-8"))["tasks"]
    command = [task["command"], *task["args"]]

    assert task["runOptions"] == {"runOn": "folderOpen"}
    subprocess.run(command, cwd=project, env=published, check=True)
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", project / ".venv"])
    subprocess.run(command, cwd=project, env=published, check=True)

    assert is_complete(project / ".venv")


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


@pytest.mark.usefixtures("environment")
def test_mcp(project: Path, blocks: dict[str, str]) -> None:
    """The command starts the server, which is installed in the environment."""
    installed = project / ".venv" / "Lib" / "site-packages" / "our_server.py"
    installed.write_text("print(input())\n", encoding="utf-8")
    server = json.loads(write(project, blocks, ".mcp.json").read_text(encoding="utf-8"))["mcpServers"]["ours"]

    command = [project / server["command"], *server["args"]]

    assert subprocess.check_output(command, cwd=project, input="hello\n", text=True) == "hello\n"


@pytest.mark.skipif(not shutil.which("git"), reason="git is not there")
def test_pre_commit(
    project: Path, blocks: dict[str, str], environment: Path, tool: Callable[..., Path], published: dict[str, str]
) -> None:
    """The hook runs a module that is installed in the environment."""
    installed = environment / "Lib" / "site-packages" / "our_check.py"
    installed.write_text("import sys; sys.exit(f'checked by {sys.prefix}')\n", encoding="utf-8")
    write(project, blocks, ".pre-commit-config.yaml")
    subprocess.check_call(["git", "init", "--quiet"], cwd=project)
    subprocess.check_call(["git", "add", ".pre-commit-config.yaml"], cwd=project)

    printed = output(project, tool("pre-commit") / "pre-commit", "run", "--all-files", env=published)

    assert f"checked by {environment.resolve()}" in printed


@posix
@pytest.mark.usefixtures("environment")
def test_activate(project: Path, blocks: dict[str, str]) -> None:
    """The line activates the environment in bash."""
    script = f"{blocks['activate']}\necho $VIRTUAL_ENV; command -v python; deactivate; echo $VIRTUAL_ENV"

    environment = str((project / ".venv").resolve())
    assert output(project, "bash", "-c", script).splitlines() == [environment, f"{environment}/bin/python"]
