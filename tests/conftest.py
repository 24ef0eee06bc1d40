"""What several test modules need."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    Shell = Callable[..., str]
    Tool = Callable[..., Path]

    class RunVirtualenv(Protocol):
        """Runs virtualenv as a user does."""

        def __call__(self, *arguments: str | Path, **options: Any) -> str: ...  # noqa: D102


posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def needs(*programs: str) -> pytest.MarkDecorator:  # pragma: no cover - for the tests that tox runs apart
    """Skip a test whose programs are not there."""
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not there")


NATIVE, OTHER = ("Scripts", "bin") if os.name == "nt" else ("bin", "Scripts")


def tree(directory: str | Path) -> dict[str, tuple[int, object]]:
    """Return every path below a directory, with its mode and content, and without looking behind links."""
    found: dict[str, tuple[int, object]] = {}
    for root, directories, files in os.walk(directory):
        for name in directories + files:
            path = Path(root, name)
            mode = path.lstat().st_mode
            content: object
            try:
                content = os.readlink(path)
            except OSError:
                content = path.read_bytes() if stat.S_ISREG(mode) else None
            else:  # os.walk takes a junction for a directory
                directories[:] = [other for other in directories if other != name]
            found[path.relative_to(directory).as_posix()] = mode, content
    return found


def run(*command: str | Path, status: int | None = 0, **options: Any) -> str:
    """Run a program without input, and return all that it prints, errors too, if it ends with the status, if any."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        **{"env": {**os.environ, "PYTHONIOENCODING": "utf-8"}, **options},
    )
    assert status in {done.returncode, None}, done.stdout
    return done.stdout


def prefix(python: Path, **options: Any) -> str:
    """Return which environment an interpreter finds itself in."""
    return run(python, "-c", "import sys; print(sys.prefix)", **options).strip()


def write(directory: Path, **files: str) -> None:
    """Write files, with __ for the dot in their names."""
    for name, text in files.items():
        (directory / name.replace("__", ".")).write_text(text, encoding="utf-8")


def make_environment(directory: Path, scripts: str = NATIVE, python: str = "python") -> Path:
    """Make a minimal environment, by default with this system's layout, and return it."""
    site_packages = "Lib/site-packages" if scripts == "Scripts" else "lib/python3.13/site-packages"
    for name in (f"{scripts}/{python}", f"{site_packages}/module.py", "pyvenv.cfg"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("version = 3.13.0\n", encoding="utf-8")
    return directory


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the configuration of whoever runs the tests out of them."""
    of_virtualenv = {name for name in os.environ if name.startswith("VIRTUALENV_")}
    for name in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", *of_virtualenv}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(tmp_path / "no.ini"))
    monkeypatch.setenv("VIRTUALENV_NO_PERIODIC_UPDATE", "1")  # which would outlive the test, and write into its home
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def virtualenv(tmp_path: Path) -> RunVirtualenv:
    """Run the real virtualenv in a process of its own, and return what it prints."""

    def call(*arguments: str | Path, **options: Any) -> str:
        env = {**os.environ, "PYTHONIOENCODING": "utf-8", **options.pop("env", {})}
        return run(sys.executable, "-m", "virtualenv", *arguments, **{"cwd": tmp_path, **options, "env": env})

    return call


@pytest.fixture(scope="session")
def link_support() -> str:
    """Ask once whether the file system has the links that this system uses; ``""`` is yes, else the reason."""
    if sys.platform == "win32":  # pragma: win32 cover
        import _winapi

        with tempfile.TemporaryDirectory() as directory:
            target, alias = Path(directory, "target"), Path(directory, "alias")
            target.mkdir()
            try:
                _winapi.CreateJunction(str(target), str(alias))
            except OSError as error:
                return f"the file system has no junctions: {error}"
    return ""


@pytest.fixture
def links(link_support: str) -> None:
    """Skip a test that needs a link where the file system has none."""
    if link_support:  # pragma: win32 cover
        pytest.skip(link_support)


@pytest.fixture
def no_links(link_support: str) -> None:
    """Skip a test that needs a file system without links."""
    if not link_support:  # pragma: no branch
        pytest.skip("the file system has links")


@pytest.fixture
def case_sensitive(tmp_path: Path) -> None:
    """Skip a test that needs lib and Lib to be two names."""
    (tmp_path / "probe").touch()
    if (tmp_path / "PROBE").exists():  # pragma: linux no cover
        pytest.skip("the file system does not tell Lib from lib")
    (tmp_path / "probe").unlink()


@pytest.fixture
def as_ordinary_user() -> Iterator[Path]:
    """Run a test without root's privileges, which no permission stops, in a directory that such a user may enter."""
    if sys.platform == "win32":  # pragma: win32 cover
        pytest.skip("POSIX permissions")
    user = os.geteuid()
    ordinary = user or 65534
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, ordinary, -1)
        os.seteuid(ordinary)
        yield Path(directory)
        os.seteuid(user)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:  # pragma: no cover - for the tests that tox runs apart
    """Build the wheel, once."""
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", directory, Path(__file__).parents[1])
    return next(directory.glob("*.whl"))


def check(environment: Path, *, asked: bool) -> None:  # pragma: no cover - as above, like all that follows
    """Check that an environment works, through all aliases of the README's table if it was asked for, else has none."""
    aliases = [OTHER, "bin/python.exe", *([] if os.name == "nt" else ["Lib/site-packages"])]
    assert [os.path.lexists(environment / alias) for alias in aliases] == [asked] * len(aliases)
    python = environment / (f"{OTHER}/python.exe" if asked else f"{NATIVE}/python")
    assert Path(prefix(python)).samefile(environment)
    assert not asked or all((environment / alias).exists() for alias in aliases)


@pytest.fixture(scope="session")
def shell(request: pytest.FixtureRequest) -> Shell:  # pragma: no cover
    """Run lines by the programs in a directory and on PATH, as a user of ours would if the package were on PyPI."""
    own, uv = os.path.dirname(sys.executable), [sys.executable, "-m", "uv"]
    if subprocess.call([*uv, "pip", "install", "--dry-run", "--no-cache", "--python", sys.executable, "-U", "six"]):
        pytest.skip("PyPI can't be reached")
    wheels = request.getfixturevalue("wheel").parent
    (home := wheels / "home").mkdir()
    for name in ("uv", "uvx"):
        shutil.copy(str(shutil.which(name, path=own)), home)
    path = [str(home), os.path.dirname(os.path.realpath(sys.executable)), *os.environ["PATH"].split(os.pathsep)]
    ours = ("VIRTUAL", "TOX", "NOX", "HATCH", "POETRY", "PDM", "PIPENV", "PIPX", "PRE_COMMIT", "PYTHON", "XDG_", "COV")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        **dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"), str(home)),
        "PATH": os.pathsep.join(entry for entry in path if entry != own),
        "PIP_FIND_LINKS": f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}",
        "UV_FIND_LINKS": str(wheels),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        "UV_CACHE_DIR": run(*uv, "cache", "dir").strip(),
    }

    def shell(lines: str, scripts: str | Path = "", **options: Any) -> str:
        output = ""
        for words in map(str.split, lines.splitlines()):
            variables = dict(word.split("=") for word in words if "=" in word and word[0].isupper())
            program, *arguments = words[len(variables) :]
            found = str(shutil.which(program, path=f"{scripts}{os.pathsep}{environ['PATH']}"))
            output += run(found, *arguments, env={**environ, **variables}, **options)
        return output

    return shell


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Tool:  # pragma: no cover
    """Install tools in an environment of their own, once, follow the lines that set them up, and return where."""

    @cache
    def tool(requirements: str, setup: str = "") -> Path:
        parent = tmp_path_factory.mktemp("tool")
        scripts = parent / "tool" / NATIVE
        own = f"UV_TOOL_DIR=tools UV_TOOL_BIN_DIR={scripts} PIPX_HOME={parent} PIPX_BIN_DIR={scripts}"
        lines = [f"uv venv tool\nuv pip install --python tool {requirements}", *setup.splitlines()]
        shell(f"\n{own} ".join(lines), scripts, cwd=parent)
        return scripts

    return tool
