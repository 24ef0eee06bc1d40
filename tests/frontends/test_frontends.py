"""The real tools that create environments with virtualenv, each with the plugin installed.

Each creates one when it is asked for the alias, and one when it is not.

"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, run_merged

if TYPE_CHECKING:
    from collections.abc import Callable

    Tool = Callable[..., Path]
    Run = Callable[..., str]

ASK = {"VIRTUALENV_LINK_BIN_SCRIPTS": "1"}
TABLE = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
PROJECT = f"""
[project]
name = "project"
version = "1"
requires-python = ">={sys.version_info.major}.{sys.version_info.minor}"
"""
UV = [sys.executable, "-m", "uv", "--no-config"]
#: What of the environment that the tests run in would have a say in the tools.
PREFIXES = ("VIRTUAL", "TOX", "NOX", "HATCH", "POETRY", "PDM", "PIPENV", "PIPX", "PRE_COMMIT", "PYTHON", "XDG_", "COV")

asked = pytest.mark.parametrize("asked", [True, False], ids=["asked for", "not asked for"])


@pytest.fixture(scope="session", autouse=True)
def _network(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip all, at the first test, where there is no network."""
    download = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--dest",
        str(tmp_path_factory.mktemp("six")),
        "six",
    ]
    if subprocess.run(download, capture_output=True, check=False).returncode:
        pytest.skip("PyPI can't be reached")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory for what the tools keep for themselves."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environ(home: Path, wheel: Path) -> dict[str, str]:
    """Return the environment variables that the tools see, which find the package as if it were on PyPI."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
    cache = subprocess.check_output([*UV, "cache", "dir"], text=True).strip()
    own = ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA")
    # As pip and as uv look for it: pipx and PDM take uv if they find it.
    own_links = str(wheel.parent)
    found = {"PIP_FIND_LINKS": f"{own_links} {os.environ.get('PIP_FIND_LINKS', '')}", "UV_FIND_LINKS": own_links}
    python = {"UV_CACHE_DIR": cache, "UV_PYTHON": sys.executable}
    return {**environ, **dict.fromkeys(own, str(home)), **found, **python}


@pytest.fixture
def run(environ: dict[str, str], tmp_path: Path) -> Run:
    """Run a program in the project, and return what it prints."""

    def run(*command: str | Path, ask: bool = False, cwd: Path = tmp_path, **variables: str) -> str:
        env = {**environ, **(ASK if ask else {}), **variables}
        done = run_merged(command, cwd=cwd, env=env, errors="replace")
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture(scope="session")
def tool(wheel: Path, tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Tool:
    """Install a tool in an environment of its own, by default beside the plugin, and return its scripts directory."""
    installed: dict[tuple[str, ...], Path] = {}

    def tool(*requirements: str, plugin: bool = True) -> Path:
        packages = (*requirements, *([str(wheel)] if plugin else []))
        if packages not in installed:
            directory = tmp_path_factory.mktemp(requirements[0].split("[")[0])
            subprocess.check_call([*UV, "venv", "--quiet", "--allow-existing", directory], env=environ)
            subprocess.check_call([*UV, "pip", "install", "--quiet", "--python", directory, *packages], env=environ)
            installed[packages] = directory / NATIVE
        return installed[packages]

    return tool


def check(environment: Path, *, asked: bool) -> None:
    """Check that an environment has the alias, and works through it, if that was asked for, and only then."""
    assert (environment / "pyvenv.cfg").exists()
    assert os.path.lexists(environment / OTHER) == asked
    if asked:
        assert (environment / OTHER).samefile(environment / NATIVE)
    scripts = OTHER if asked else NATIVE
    code = "import json, sys; print(json.dumps(sys.prefix))"
    prefix = json.loads(subprocess.check_output([environment / scripts / "python", "-c", code]))
    assert Path(prefix).samefile(environment)


def write(directory: Path, **files: str) -> None:
    """Write files, with __ for the dot in their names."""
    for name, text in files.items():
        (directory / name.replace("__", ".")).write_text(text, encoding="utf-8")


def environments(directory: Path) -> list[Path]:
    """Return all environments below a directory."""
    return [path.parent for path in directory.rglob("pyvenv.cfg")]


class TestTox:
    """tox, whose environments may have it in four ways."""

    @asked
    def test_set_env(self, tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
        """tox.ini asks with set_env."""
        set_env = "set_env = VIRTUALENV_LINK_BIN_SCRIPTS = 1\n" if asked else ""
        write(tmp_path, tox__ini=f"[testenv]\nskip_install = true\n{set_env}commands = python -c 'import sys'\n")

        run(tool("tox") / "tox", "run", "-e", "py")

        check(tmp_path / ".tox" / "py", asked=asked)

    @asked
    def test_pyproject(self, tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
        """The table in pyproject.toml asks."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE if asked else PROJECT)

        run(tool("tox") / "tox", "run", "-e", "py")

        check(tmp_path / ".tox" / "py", asked=asked)

    @asked
    def test_requires(self, tool: Tool, run: Run, tmp_path: Path, wheel: Path, asked: bool) -> None:
        """A tox without the plugin provisions itself with it."""
        requires = f"[tox]\nrequires = virtualenv-link-bin-scripts @ {wheel.as_uri()}\n"
        write(tmp_path, tox__ini=f"{requires}[testenv]\nskip_install = true\n", pyproject__toml=TABLE if asked else "")

        output = run(tool("tox", plugin=False) / "tox", "run", "-e", "py")

        assert "provision" in output
        check(tmp_path / ".tox" / "py", asked=asked)

    @asked
    def test_parallel(self, tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
        """Environments that are created at the same time all have it."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE if asked else PROJECT)
        names = ["py", "py3", f"py3{sys.version_info.minor}"]

        run(tool("tox") / "tox", "run-parallel", "-e", ",".join(names))

        for name in names:
            check(tmp_path / ".tox" / name, asked=asked)

    def test_refused(self, tool: Tool, run: Run, tmp_path: Path) -> None:
        """A warning says who warns."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE)
        run(tool("tox") / "tox", "run", "-e", "py")
        (tmp_path / ".tox" / "py" / OTHER).unlink()
        (tmp_path / ".tox" / "py" / OTHER).touch()

        assert "virtualenv-link-bin-scripts: could not link " in run(tool("tox") / "tox", "run", "-e", "py")

    @pytest.mark.skipif(os.name == "nt", reason="on Windows nothing is left to do")
    def test_exe(self, tool: Tool, run: Run, tmp_path: Path) -> None:
        """The commands meet the Windows names of what was installed for them."""
        ini = "[testenv]\nskip_install = true\ndeps = pycowsay\ncommands = pycowsay.exe --version\n"
        write(tmp_path, tox__ini=ini, pyproject__toml="[tool.virtualenv-link-bin-scripts]\nexe = true\n")

        run(tool("tox") / "tox", "run", "-e", "py")

        assert os.readlink(tmp_path / ".tox" / "py" / "bin" / "pycowsay.exe") == "pycowsay"

    def test_existing_environment(self, tool: Tool, run: Run, tmp_path: Path) -> None:
        """An existing environment is completed, and not created again."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n")
        run(tool("tox") / "tox", "run", "-e", "py")
        check(tmp_path / ".tox" / "py", asked=False)
        (tmp_path / ".tox" / "py" / "kept").touch()
        write(tmp_path, pyproject__toml=TABLE)

        run(tool("tox") / "tox", "run", "-e", "py")

        check(tmp_path / ".tox" / "py", asked=True)
        assert (tmp_path / ".tox" / "py" / "kept").exists()


@pytest.mark.parametrize("release", ["3.28.0", "4.0.0", "4.0.3", "4.0.9"])
def test_old_tox(tool: Tool, run: Run, tmp_path: Path, release: str) -> None:
    """A tox that is too old for the plugin's hooks works as without it; its virtualenv adds the links."""
    write(tmp_path, tox__ini="[tox]\nskipsdist = true\n[testenv]\nskip_install = true\ncommands = python -V\n")
    tox = tool(f"tox=={release}", "setuptools") / "tox"

    assert release in run(tox, "--version")
    run(tox, "-e", "py", ask=True)

    check(tmp_path / ".tox" / "py", asked=True)


@pytest.mark.parametrize("release", ["2.0.0", "2.5.6"])
def test_old_pdm(tool: Tool, run: Run, tmp_path: Path, release: str) -> None:
    """A PDM that is too old to say which environment it uses works as without the plugin."""
    write(tmp_path, pyproject__toml=f"{PROJECT}[tool.pdm]\ndistribution = false\n")
    options = {"PDM_IGNORE_ACTIVE_VENV": "1", "PDM_CHECK_UPDATE": "0"}

    output = run(tool(f"pdm=={release}", "setuptools") / "pdm", "install", "--no-self", ask=True, **options)

    assert "All complete" in output
    assert "virtualenv-link-bin-scripts" not in output


@asked
def test_nox(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Nox."""
    session = (
        "import nox\n\n@nox.session(venv_backend='virtualenv')\ndef tests(session):\n    session.run('python', '-V')\n"
    )
    write(tmp_path, noxfile__py=session)

    run(tool("nox") / "nox", ask=asked)

    check(tmp_path / ".nox" / "tests", asked=asked)


@asked
def test_hatch(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Hatch."""
    write(tmp_path, pyproject__toml=f"{PROJECT}[tool.hatch.envs.default]\nskip-install = true\npath = '.hatch'\n")

    run(tool("hatch") / "hatch", "env", "create", ask=asked)

    check(tmp_path / ".hatch", asked=asked)


@asked
def test_poetry(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Poetry, with the environment in the project."""
    write(tmp_path, pyproject__toml=f"{PROJECT}[tool.poetry]\npackage-mode = false\n{TABLE if asked else ''}")

    poetry = tool("poetry") / "poetry"
    run(poetry, "config", "--local", "virtualenvs.in-project", "true")
    run(poetry, "install", "--no-root")

    check(tmp_path / ".venv", asked=asked)


@asked
def test_pdm(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """PDM, which installs the plugin for itself, with the environment in the project, as it has it by default."""
    write(tmp_path, pyproject__toml=f"{PROJECT}[tool.pdm]\ndistribution = false\n{TABLE if asked else ''}")

    pdm = tool("pdm[locked]", "pip", plugin=False) / "pdm"
    run(pdm, "self", "add", "virtualenv-link-bin-scripts")
    run(pdm, "install", PDM_IGNORE_ACTIVE_VENV="1", PDM_CHECK_UPDATE="0")

    check(tmp_path / ".venv", asked=asked)


@asked
def test_pipenv(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Pipenv, with the environment in the project."""
    write(tmp_path, Pipfile="", pyproject__toml=TABLE if asked else "")

    run(
        *(tool("pipenv") / "pipenv", "install", "--skip-lock", "--python", sys.executable),
        PIPENV_VENV_IN_PROJECT="1",
        PIPENV_IGNORE_VIRTUALENVS="1",
    )

    check(tmp_path / ".venv", asked=asked)


@asked
def test_pre_commit(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """pre-commit, whose environments are in its cache."""
    hook = {"id": "hook", "name": "hook", "language": "python", "entry": "python -V", "pass_filenames": False}
    write(tmp_path, **{"__pre-commit-config__yaml": json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]})})
    run("git", "init")
    run("git", "add", ".")
    cache = tmp_path / "cache"

    run(tool("pre-commit") / "pre-commit", "run", "--all-files", ask=asked, PRE_COMMIT_HOME=str(cache))

    (environment,) = environments(cache)
    check(environment, asked=asked)


@asked
def test_pipx(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Virtualenv that is installed by pipx, with the plugin injected."""
    pipx = tool("pipx", plugin=False) / "pipx"
    variables = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    run(pipx, "install", "virtualenv", **variables)
    run(pipx, "inject", "virtualenv", "virtualenv-link-bin-scripts", **variables)

    write(tmp_path, pyproject__toml=TABLE if asked else PROJECT)

    run(tmp_path / "bin" / "virtualenv", "x")

    check(tmp_path / "x", asked=asked)


@asked
def test_uv_tool_install(run: Run, tmp_path: Path, wheel: Path, asked: bool) -> None:
    """Virtualenv that is installed by uv, with the plugin."""
    variables = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    run(*UV, "tool", "install", "virtualenv", "--with", wheel, **variables)

    write(tmp_path, pyproject__toml=TABLE if asked else PROJECT)

    run(tmp_path / "bin" / "virtualenv", "x")

    check(tmp_path / "x", asked=asked)


@asked
def test_uvx(run: Run, tmp_path: Path, wheel: Path, asked: bool) -> None:
    """Virtualenv that uv runs without installing it."""
    option = ["--link-bin-scripts"] if asked else []

    run(*UV, "tool", "run", "--with", wheel, "virtualenv", *option, "x", UV_TOOL_DIR=str(tmp_path / "tools"))

    check(tmp_path / "x", asked=asked)


@asked
def test_zipapp(run: Run, tmp_path: Path, wheel: Path, asked: bool) -> None:
    """Virtualenv and the plugin in one zip file, made of what is installed."""
    run(*UV, "pip", "install", "--target", tmp_path / "content", wheel)
    zipapp.create_archive(tmp_path / "content", tmp_path / "virtualenv.pyz", main="virtualenv.__main__:run_with_catch")
    shutil.rmtree(tmp_path / "content")

    run(sys.executable, "-S", tmp_path / "virtualenv.pyz", *(["--link-bin-scripts"] if asked else []), "x")

    check(tmp_path / "x", asked=asked)


@asked
def test_build(tool: Tool, run: Run, tmp_path: Path, asked: bool) -> None:
    """Build selects no activators for its isolated environments, so they work and have no alias, asked for or not."""
    hook = """
import pathlib, sys
from hatchling.build import *

environment = pathlib.Path(sys.prefix)
names = sorted(path.name for path in environment.iterdir())
pathlib.Path("seen").write_text((environment / "pyvenv.cfg").read_text() + "\\n" + repr(names))
"""
    backend = "[build-system]\nbuild-backend = 'backend'\nbackend-path = ['.']\nrequires = ['hatchling']\n"
    include = "[tool.hatch.build]\ninclude = ['*.py']\n"
    write(tmp_path, backend__py=hook, pyproject__toml=f"{backend}{PROJECT}{include}{TABLE if asked else ''}")

    run(tool("build[virtualenv]") / "python", "-m", "build", "--wheel", ask=asked)

    configuration, names = (tmp_path / "seen").read_text(encoding="utf-8").rsplit("\n", 1)
    assert "virtualenv" in configuration
    assert repr(NATIVE) in names
    assert repr(OTHER) not in names


class TestToxUv:
    """Tox with tox-uv, which lets uv create the environments: the plugin completes them anyway."""

    @pytest.fixture
    def tox(self, tool: Tool, run: Run) -> Callable[..., str]:
        """Run it."""
        scripts = tool("tox", "tox-uv")
        return lambda *arguments, **options: run(scripts / "tox", *arguments, **options)

    @asked
    def test_run(self, tox: Run, tmp_path: Path, asked: bool) -> None:
        """The table in pyproject.toml asks."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE if asked else "")

        tox("run", "-e", "py")

        assert "uv = " in (tmp_path / ".tox" / "py" / "pyvenv.cfg").read_text(encoding="utf-8")
        check(tmp_path / ".tox" / "py", asked=asked)

    @asked
    def test_environment_variable(self, tox: Run, tmp_path: Path, asked: bool) -> None:
        """The shell's environment variable asks, as it does where virtualenv creates the environments."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n")

        tox("run", "-e", "py", ask=asked)

        check(tmp_path / ".tox" / "py", asked=asked)

    @asked
    def test_set_env(self, tox: Run, tmp_path: Path, asked: bool) -> None:
        """set_env asks, and refuses what the table asks for."""
        set_env = f"set_env = VIRTUALENV_LINK_BIN_SCRIPTS = {asked:d}\n"
        write(tmp_path, tox__ini=f"[testenv]\nskip_install = true\n{set_env}", pyproject__toml="" if asked else TABLE)

        tox("run", "-e", "py")

        check(tmp_path / ".tox" / "py", asked=asked)

    def test_parallel(self, tox: Run, tmp_path: Path) -> None:
        """Environments that are created at the same time all have it."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE)

        tox("run-parallel", "-e", "py,py3")

        for name in ("py", "py3"):
            check(tmp_path / ".tox" / name, asked=True)

    @pytest.mark.parametrize("arguments", [["run", "--notest", "-e", "py"], ["devenv", "-e", "py", "dev"]])
    def test_no_commands(self, tox: Run, tmp_path: Path, arguments: list[str]) -> None:
        """An environment that runs no commands has it."""
        write(tmp_path, tox__ini="[testenv]\nskip_install = true\n", pyproject__toml=TABLE)

        tox(*arguments)

        check(tmp_path / ("dev" if "dev" in arguments else ".tox/py"), asked=True)

    def test_package(self, tox: Run, tmp_path: Path) -> None:
        """The environment in which tox builds the package has it, too."""
        build = "[build-system]\nbuild-backend = 'hatchling.build'\nrequires = ['hatchling']\n"
        include = "[tool.hatch.build]\ninclude = ['*.ini']\n"
        write(tmp_path, tox__ini="[tox]\n", pyproject__toml=f"{build}{PROJECT}{include}{TABLE}")

        tox("run", "-e", "py")

        for name in ("py", ".pkg"):
            check(tmp_path / ".tox" / name, asked=True)

    def test_requires(self, tool: Tool, run: Run, tmp_path: Path, wheel: Path) -> None:
        """A tox without both provisions itself with them."""
        requires = f"[tox]\nrequires =\n    tox-uv\n    virtualenv-link-bin-scripts @ {wheel.as_uri()}\n"
        write(tmp_path, tox__ini=f"{requires}[testenv]\nskip_install = true\n", pyproject__toml=TABLE)

        run(tool("tox", plugin=False) / "tox", "run", "-e", "py")

        check(tmp_path / ".tox" / "py", asked=True)


@asked
@pytest.mark.parametrize("command", [["install"], ["lock"], ["run", "python", "-V"]], ids=" ".join)
def test_pdm_uv(tool: Tool, run: Run, tmp_path: Path, asked: bool, command: list[str]) -> None:
    """PDM with use_uv: its plugin completes what uv creates, at whatever command."""
    write(tmp_path, pyproject__toml=f"{PROJECT}[tool.pdm]\ndistribution = false\n{TABLE if asked else ''}")
    uv = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    # With the releases of its dependencies that it was tested with: it doesn't stand the newest hishel.
    pdm = tool("pdm[locked]") / "pdm"
    run(pdm, *command, PDM_USE_UV="1", PDM_IGNORE_ACTIVE_VENV="1", PDM_CHECK_UPDATE="0", **uv)

    assert "uv = " in (tmp_path / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8")
    check(tmp_path / ".venv", asked=asked)


class TestUv:
    """uv, which has no plugins: the command completes what it creates."""

    @pytest.fixture
    def uv(self, run: Run, tmp_path: Path) -> Callable[..., str]:
        """Run it in a project, as if this package were on PyPI."""
        write(tmp_path, pyproject__toml=PROJECT)
        return lambda *arguments, **options: run(*UV, *arguments, **options)

    def test_run(self, uv: Run, tmp_path: Path) -> None:
        """The command is a development dependency, takes the project's environment, and the links survive uv sync."""
        uv("add", "--dev", "virtualenv-link-bin-scripts")
        check(tmp_path / ".venv", asked=False)

        assert f"linked .venv/{OTHER} -> {NATIVE}" in uv("run", "virtualenv-link-bin-scripts").splitlines()

        check(tmp_path / ".venv", asked=True)
        uv("add", "six")
        uv("sync")
        check(tmp_path / ".venv", asked=True)
        assert f"already linked .venv/{OTHER} -> {NATIVE}" in uv("run", "virtualenv-link-bin-scripts", "--check")

    def test_overlay(self, uv: Run, tmp_path: Path) -> None:
        """``uv run --with`` completes the project's environment, and not the overlay that the command runs in."""
        uv("sync")

        output = uv("run", "--with", "virtualenv-link-bin-scripts", "virtualenv-link-bin-scripts")

        assert f"linked .venv/{OTHER} -> {NATIVE}" in output.splitlines()
        check(tmp_path / ".venv", asked=True)

    def test_active_environment(self, uv: Run, tmp_path: Path) -> None:
        """``uvx`` completes the active environment, whatever it is called, where there is no .venv."""
        uv("venv", "venv")

        uv("tool", "run", "virtualenv-link-bin-scripts", VIRTUAL_ENV=str(tmp_path / "venv"))

        check(tmp_path / "venv", asked=True)

    def test_environment_elsewhere(self, uv: Run, tmp_path: Path) -> None:
        """UV_PROJECT_ENVIRONMENT gets what the project requests, and --check says so only then."""
        environment = tmp_path / "elsewhere" / "venv"
        project = tmp_path / "project"
        project.mkdir()
        write(project, pyproject__toml=f"{PROJECT}{TABLE}python-exe = true\n")
        options = {"cwd": project, "UV_PROJECT_ENVIRONMENT": str(environment)}
        uv("sync", **options)

        with pytest.raises(AssertionError, match=r"missing .*python"):
            uv("tool", "run", "virtualenv-link-bin-scripts", "--check", **options)
        uv("tool", "run", "virtualenv-link-bin-scripts", **options)

        uv("tool", "run", "virtualenv-link-bin-scripts", "--check", **options)
        check(environment, asked=True)
        assert (environment / "bin" / "python.exe").exists()

    @pytest.mark.skipif(os.name == "nt", reason="on Windows the package has no such directory")
    def test_directory_of_a_package(self, uv: Run, tmp_path: Path) -> None:
        """A package that installs a directory with the alias's name is in the way of that link alone."""
        uv("venv")
        uv("pip", "install", "--python", ".venv", "ahk-binary")

        with pytest.raises(AssertionError, match="a non-empty directory is in the way"):
            uv("tool", "run", "virtualenv-link-bin-scripts", "--link-python-exe")

        assert (tmp_path / ".venv" / "bin" / "python.exe").is_symlink()
        uv("tool", "run", "virtualenv-link-bin-scripts", "--remove")
        assert not os.path.lexists(tmp_path / ".venv" / "bin" / "python.exe")

    @pytest.mark.skipif(os.name == "nt", reason="on Windows nothing is left to do")
    def test_exe(self, uv: Run, tmp_path: Path) -> None:
        """A program with a Windows name is upgraded and uninstalled, and the next run removes the name."""
        uv("venv")
        pip = ["pip", "install", "--quiet", "--python", ".venv"]
        command = ["tool", "run", "virtualenv-link-bin-scripts", "--no-link-bin-scripts", "--link-exe"]
        uv(*pip, "pyjokes==0.6.0")
        uv(*command)
        joke = tmp_path / ".venv" / "bin" / "pyjoke.exe"

        assert uv(*pip, "--upgrade", "pyjokes") == ""
        subprocess.check_call([joke])
        uv("pip", "uninstall", "--quiet", "--python", ".venv", "pyjokes")
        assert "removed .venv/bin/pyjoke.exe -> pyjoke" in uv(*command)

        assert not os.path.lexists(joke)

    @pytest.mark.parametrize("relocatable", [[], ["--relocatable"]], ids=["", "relocatable"])
    def test_remove(self, uv: Run, run: Run, tmp_path: Path, tool: Tool, relocatable: list[str]) -> None:
        """Scripts that uv has installed through the alias keep it, until they are reinstalled."""
        command = tool("virtualenv") / "virtualenv-link-bin-scripts"
        uv("venv", *relocatable)
        run(command)
        uv("pip", "install", "--python", f".venv/{OTHER}/python", "pyjokes")

        with pytest.raises(AssertionError, match="these scripts run through it: pyjoke"):
            run(command, "--remove")

        check(tmp_path / ".venv", asked=True)
        uv("pip", "install", "--python", f".venv/{NATIVE}/python", "--reinstall", "pyjokes")
        run(command, "--remove")
        check(tmp_path / ".venv", asked=False)


class TestHook:
    """The hook that this repository has for pre-commit."""

    @pytest.fixture
    def project(self, tool: Tool, run: Run, tmp_path: Path) -> Path:
        """Return a project in which pre-commit runs it after each checkout."""
        root = Path(__file__).parents[2]
        hooks, project = tmp_path / "hooks", tmp_path / "project"
        hooks.mkdir()
        project.mkdir()
        for name in ("pyproject.toml", "README.rst", "LICENSE", ".pre-commit-hooks.yaml"):
            shutil.copy(root / name, hooks)
        shutil.copytree(root / "src", hooks / "src")
        block = (root / "README.rst").read_text(encoding="utf-8").partition(":name: hook")[2].partition("\n**")[0]
        config = block.replace("https://github.com/OWNER/virtualenv-link-bin-scripts", hooks.as_uri())
        write(project, **{"__pre-commit-config__yaml": config.replace("rev: 0.1.0", "rev: main")})
        for directory in (hooks, project):
            run("git", "init", "--initial-branch", "main", cwd=directory)
            run("git", "add", ".", cwd=directory)
            author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
            run("git", *author, "commit", "--message", "Begin", cwd=directory)
        run(tool("pre-commit", plugin=False) / "pre-commit", "install", "-t", "post-checkout", cwd=project)
        return project

    def test_checkout(self, project: Path, run: Run) -> None:
        """It completes .venv after a checkout, and no environment is no error."""
        assert "Passed" in run("git", "checkout", "-b", "before", cwd=project)
        run(*UV, "venv", cwd=project)
        check(project / ".venv", asked=False)

        output = run("git", "checkout", "-b", "after", cwd=project)

        assert "Passed" in output
        assert "error" not in output
        check(project / ".venv", asked=True)

    def test_refused(self, project: Path, run: Run) -> None:
        """A refusal is shown, and Git's status is that of the checkout."""
        run(*UV, "venv", cwd=project)
        (project / ".venv" / OTHER).write_text("precious", encoding="utf-8")

        output = run("git", "checkout", "-b", "after", cwd=project)

        assert "virtualenv-link-bin-scripts: error: could not link " in output
        assert (project / ".venv" / OTHER).read_text(encoding="utf-8") == "precious"


class TestWithoutPlugins:
    """Hatch with uv as its installer hears nothing of the plugin; the command completes what it creates."""

    def test_not_completed(self, tool: Tool, run: Run, tmp_path: Path) -> None:
        """The table alone does nothing there, and the command does."""
        options = "[tool.hatch.envs.default]\nskip-install = true\npath = '.hatch'\ninstaller = 'uv'\n"
        write(tmp_path, pyproject__toml=f"{PROJECT}{options}{TABLE}")

        run(tool("hatch") / "hatch", "env", "create", ask=True)

        check(tmp_path / ".hatch", asked=False)
        assert run(tool("virtualenv") / "virtualenv-link-bin-scripts", tmp_path / ".hatch").startswith("linked ")
        check(tmp_path / ".hatch", asked=True)
