"""One link, on the real file system."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, TYPE_CHECKING

import pytest
from conftest import posix, tree

from virtualenv_link_bin_scripts import _link
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an environment, as far as links are concerned."""
    root = tmp_path / "environment"
    site_packages = root / "lib" / "python3.13" / "site-packages"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python").write_text("an interpreter", encoding="utf-8")
    site_packages.mkdir(parents=True)
    (site_packages / "module.py").write_text("a module", encoding="utf-8")
    return root


def link_in(root: Path, name: str) -> Link:
    """Return a link of an environment."""
    site_packages = root / "lib" / "python3.13" / "site-packages"
    link = Environment(str(root), str(root / "bin"), "python", str(site_packages)).link(name)
    assert link
    return link


@pytest.fixture(params=["bin-scripts", "python-exe", "site-packages"])
def link(request: pytest.FixtureRequest, root: Path) -> Link:
    """Return each link of an environment in turn."""
    if sys.platform == "win32" and request.param == "python-exe":  # pragma: win32 cover
        pytest.skip("on Windows a target is always a directory")
    return link_in(root, request.param)


@pytest.fixture
def place(link: Link) -> Path:
    """Return the alias's place, in a directory that is there."""
    place = Path(link.alias)
    place.parent.mkdir(exist_ok=True)
    return place


def put_link(place: Path, target: Path) -> None:
    """Put some other link in a place."""
    Link(str(place.parent), str(place), str(target)).make()


def refusal(link: Link) -> str:
    """Return why a link is not made."""
    with pytest.raises(LinkError) as caught:
        link.make()
    message = str(caught.value)
    start = f"could not link {link.alias} to {link.target} - "
    assert message.startswith(start)
    return message[len(start) :]


class TestMake:
    """make() puts the link where nothing gets lost."""

    @pytest.fixture(autouse=True)
    def made(self, links: None, root: Path, link: Link) -> Iterator[None]:  # noqa: ARG002 - skips before all else
        """Check after each test that the alias leads to the target, and that nothing else has changed."""
        before = tree(root)
        yield
        assert link.in_place()
        assert os.readlink(link.alias)
        assert os.path.samefile(link.alias, link.target)
        alias = Path(link.alias).relative_to(root)
        added = {path.as_posix().lower() for path in [alias, *alias.parents]}  # Lib is lib on macOS
        after = {path: what for path, what in tree(root).items() if path in before or path.lower() not in added}
        assert after == before

    def test_nothing(self, link: Link) -> None:
        """Where there is nothing, the link is made, and the directory that it is in."""
        assert not link.in_place()
        assert link.make() is None

    @posix
    def test_relative(self, link: Link, root: Path) -> None:
        """On POSIX the link is relative, so that the environment may be moved."""
        link.make()

        assert not os.path.isabs(os.readlink(link.alias))
        moved = root.rename(root.with_name("moved"))
        alias, target = (moved / Path(path).relative_to(root) for path in (link.alias, link.target))
        assert alias.samefile(target)
        moved.rename(root)

    def test_again(self, link: Link) -> None:
        """Asking again changes nothing."""
        link.make()
        before = os.lstat(link.alias)

        assert link.make() is None

        after = os.lstat(link.alias)
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_elsewhere(self, link: Link, place: Path, tmp_path: Path) -> None:
        """A link that leads elsewhere is replaced, what it led to stays, and where it led is told."""
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "precious").touch()
        put_link(place, elsewhere)

        former = link.make()

        assert former
        assert (place.parent / former).samefile(elsewhere)
        assert os.listdir(elsewhere) == ["precious"]

    def test_nowhere(self, link: Link, place: Path, tmp_path: Path) -> None:
        """A link that leads nowhere is replaced, as in an environment that was moved."""
        gone = tmp_path / "gone"
        gone.mkdir()
        put_link(place, gone)
        gone.rmdir()

        former = link.make()

        assert former == str(gone) if sys.platform == "win32" else os.path.relpath(gone, place.parent)

    @posix
    def test_absolute(self, link: Link, place: Path) -> None:
        """An absolute link to the target, as people make by hand, becomes a relative one without a word."""
        place.symlink_to(link.target)

        assert link.make() is None

        assert not os.path.isabs(os.readlink(place))

    def test_empty_directory(self, link: Link, place: Path) -> None:
        """An empty directory is replaced."""
        place.mkdir()
        assert link.make() is None

    @posix
    def test_processes_were_faster_to_replace(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process puts in the place of the empty directory is welcome."""
        place.mkdir()
        rmdir = os.rmdir
        content = link.relative_target()

        def replace_and_rmdir(path: str) -> None:
            rmdir(path)
            os.symlink(content, place)
            rmdir(path)

        monkeypatch.setattr(os, "rmdir", replace_and_rmdir)

        assert link.make() is None

    @posix
    def test_processes_were_faster_to_make(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process makes at the last moment is welcome."""
        symlink = os.symlink

        def make_twice(content: str, path: str, *, target_is_directory: bool) -> None:
            symlink(content, path, target_is_directory)
            symlink(content, path, target_is_directory)

        monkeypatch.setattr(os, "symlink", make_twice)

        assert link.make() is None

    @pytest.mark.parametrize("before", ["nothing", "empty directory", "link that leads nowhere"])
    def test_processes(self, link: Link, root: Path, place: Path, before: str) -> None:
        """Processes that make a link at the same time all succeed, and there is one link in the end."""
        gone = root.with_name("gone")
        with ExitStack() as stack:
            makers = [stack.enter_context(maker(root, link)) for _ in range(4)]
            for _ in range(20):
                if before == "empty directory":
                    place.mkdir()
                elif before == "link that leads nowhere":
                    gone.mkdir()
                    put_link(place, gone)
                    gone.rmdir()
                elif os.listdir(place.parent) == []:
                    place.parent.rmdir()
                for requests, _ in makers:
                    print(file=requests, flush=True)
                assert [answers.readline() for _, answers in makers] == ["made\n"] * 4
                assert link.in_place()
                assert os.path.samefile(link.alias, link.target)
                place.unlink()
        link.make()


MAKE = """
import sys
from virtualenv_link_bin_scripts._link import Link

link = Link(*sys.argv[1:])
for _ in sys.stdin:
    link.make()
    print("made", flush=True)
"""


@contextmanager
def maker(root: Path, link: Link) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a process that makes the link once for each line it reads."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, root, link.alias, link.target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdin, process.stdout


class TestNothingToDo:
    """Where the environment has both names without a link, nothing changes."""

    @posix
    def test_target_is_a_link_to_the_alias(self, root: Path) -> None:
        """It has if the target is a link to a directory of the alias's name."""
        (root / "bin").rename(root / "Scripts")
        (root / "bin").symlink_to("Scripts")
        before = tree(root)

        assert link_in(root, "bin-scripts").make() is None

        assert tree(root) == before

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    def test_one_directory(self, root: Path) -> None:
        """It has if both names mean one directory, as lib and Lib do on macOS; here a link makes them one."""
        (root / "lib" / "python3.13").rename(root / "lib" / "python")
        (root / "lib" / "python" / "site-packages").rename(root / "lib" / "site-packages")
        (root / "Lib").symlink_to("lib")
        before = tree(root)
        target = root / "lib" / "site-packages"

        assert Link(str(root), str(root / "Lib" / "site-packages"), str(target)).make() is None

        assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
class TestParentIsALink:
    """The directory that the alias is in may be a link, as long as that stays in the environment."""

    def test_inside(self, root: Path) -> None:
        """Where Lib leads to lib, as both names do on macOS without a link, the alias is made there."""
        (root / "Lib").symlink_to("lib")
        link = link_in(root, "site-packages")

        for _ in range(2):
            assert link.make() is None

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")
        assert link.in_place()

    def test_inside_below_a_linked_directory(self, root: Path, tmp_path: Path) -> None:
        """So it is where the environment itself has two paths."""
        (root / "Lib").symlink_to("lib")
        (tmp_path / "link").symlink_to("environment")

        assert link_in(tmp_path / "link", "site-packages").make() is None

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")

    @pytest.mark.parametrize("name", ["elsewhere", "environment-2"])
    def test_outside(self, root: Path, tmp_path: Path, name: str) -> None:
        """Nothing is ever written outside the environment."""
        elsewhere = tmp_path / name
        elsewhere.mkdir()
        (root / "Lib").symlink_to(f"../{name}")

        reason = refusal(link_in(root, "site-packages"))

        assert reason == f"{root / 'Lib'} leads out of the environment, to {elsewhere.resolve()}"
        assert os.listdir(elsewhere) == []

    def test_scripts_directory_outside(self, root: Path, tmp_path: Path) -> None:
        """Not even where the scripts directory is a link."""
        elsewhere = (root / "bin").rename(tmp_path / "elsewhere")
        (root / "bin").symlink_to(elsewhere)

        reason = refusal(link_in(root, "python-exe"))

        assert reason == f"{root / 'bin'} leads out of the environment, to {elsewhere.resolve()}"
        assert os.listdir(elsewhere) == ["python"]

    def test_nowhere(self, root: Path) -> None:
        """A link that leads nowhere is no place for an alias."""
        (root / "Lib").symlink_to("gone")

        assert refusal(link_in(root, "site-packages")) == f"{root / 'Lib'} is no directory, and stays as it is"

        assert os.readlink(root / "Lib") == "gone"


class TestRefusal:
    """make() leaves what it may not replace, and says why."""

    @pytest.fixture(autouse=True)
    def unchanged(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """Check after each test that nothing has changed but for the thing that it put in the place."""
        if "place" not in request.fixturenames:
            yield
            return
        root, place = request.getfixturevalue("root"), request.getfixturevalue("place")
        before = tree(root)
        yield
        alias = place.relative_to(root).as_posix().lower()  # Lib is lib on macOS
        after = {path: what for path, what in tree(root).items() if not f"{path.lower()}/".startswith(f"{alias}/")}
        assert after == before

    def test_directory(self, link: Link, place: Path) -> None:
        """A directory with something in it is left as it is."""
        place.mkdir()
        (place / "precious").touch()

        assert refusal(link) == "a directory with something in it is in its place, and stays there"

        assert os.listdir(place) == ["precious"]

    def test_file(self, link: Link, place: Path) -> None:
        """A file is left as it is."""
        place.write_text("precious", encoding="utf-8")

        assert refusal(link) == "a file is in its place, and stays there"

        assert place.read_text(encoding="utf-8") == "precious"

    @posix
    def test_fifo(self, link: Link, place: Path) -> None:
        """A FIFO is left as it is."""
        os.mkfifo(place)

        assert refusal(link) == "a FIFO is in its place, and stays there"

        assert place.is_fifo()

    @posix
    def test_socket(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A socket is left as it is."""
        with socket.socket(socket.AF_UNIX) as server, monkeypatch.context() as context:
            context.chdir(place.parent)  # a socket's path has to be short
            server.bind(place.name)

            assert refusal(link) == "a socket is in its place, and stays there"

        assert place.is_socket()

    def test_parent_is_a_file(self, root: Path) -> None:
        """A file in the place of the directory that the alias is in is left as it is."""
        (root / "lib").rename(root / "library")  # one name with Lib, on some systems
        (root / "Lib").write_text("precious", encoding="utf-8")

        reason = refusal(link_in(root, "site-packages"))

        assert reason == f"{root / 'Lib'} is no directory, and stays as it is"
        assert (root / "Lib").read_text(encoding="utf-8") == "precious"

    @pytest.mark.parametrize("name", ["bin-scripts", "python-exe", "site-packages"])
    def test_no_permission(self, as_ordinary_user: Path, name: str) -> None:
        """Where the user may not write, the reason is the system's."""
        root = as_ordinary_user
        (root / "bin").mkdir()
        (root / "bin").chmod(0o555)
        root.chmod(0o555)

        reason = refusal(link_in(root, name))

        root.chmod(0o755)
        assert reason == os.strerror(errno.EACCES)
        assert list(tree(root)) == ["bin"]

    @pytest.mark.usefixtures("links")
    def test_no_target(self, root: Path) -> None:
        """Where there is no target, no trace is left, not even the directory that the alias would be in."""
        before = tree(root)

        refusal(Link(str(root), str(root / "Library" / "alias"), str(root / "gone")))

        assert tree(root) == before


class TestSystemWithoutLinks:
    """Where the system refuses every link, all is as it was; a file system without links can't be had everywhere."""

    @pytest.fixture(autouse=True)
    def _no_links(self, monkeypatch: pytest.MonkeyPatch) -> None:
        symlink = os.symlink

        def refuse(content: str, path: str, *, target_is_directory: bool = False) -> None:
            if content == "gone":
                symlink(content, path, target_is_directory)
            else:
                raise OSError(errno.EPERM, "Operation not permitted", content, None, path)

        monkeypatch.setattr(os, "symlink", refuse)
        monkeypatch.setattr(_link, "_PAUSE", 0)
        if sys.platform == "win32":  # pragma: win32 cover

            def refuse_junction(target: str, alias: str) -> None:
                os.mkdir(alias)
                raise OSError(errno.EPERM, "Operation not permitted", target, None, alias)

            monkeypatch.setattr("_winapi.CreateJunction", refuse_junction)

    def test_nothing(self, link: Link, root: Path) -> None:
        """Where there was nothing, there is nothing."""
        before = tree(root)

        assert refusal(link) == "Operation not permitted"

        assert tree(root) == before

    def test_empty_directory(self, link: Link, place: Path) -> None:
        """An empty directory is put back."""
        place.mkdir()

        assert refusal(link) == "Operation not permitted"

        assert place.is_dir()

    @posix
    def test_former_link(self, link: Link, place: Path) -> None:
        """A link that leads elsewhere is put back."""
        os.symlink("gone", place)

        assert refusal(link) == "Operation not permitted"

        assert os.readlink(place) == "gone"


@posix
class TestWindows:
    """Windows's junctions, with a fake of the one module that is not to be had here.

    The fake's junction is an absolute symbolic link, which answers os.readlink and os.unlink as a junction does.

    """

    @pytest.fixture(params=["bin-scripts", "site-packages"])
    def link(self, request: pytest.FixtureRequest, root: Path) -> Link:
        """Return each link that may be needed on Windows: MSYS2's Python has the layout of POSIX."""
        return link_in(root, request.param)

    @pytest.fixture(autouse=True)
    def winapi(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        """Make the module believe that it runs on Windows."""
        winapi = SimpleNamespace(CreateJunction=os.symlink)
        monkeypatch.setitem(sys.modules, "_winapi", winapi)
        monkeypatch.setattr(_link, "sys", SimpleNamespace(platform="win32"))
        monkeypatch.setattr(_link, "_PAUSE", 0)
        return winapi

    @pytest.fixture
    def no_junctions(self, winapi: SimpleNamespace) -> None:
        """Let a junction fail as it does on a file system without them."""

        def create(_target: str, alias: str) -> None:
            os.mkdir(alias)
            raise OSError(errno.EINVAL, "Request not supported")

        winapi.CreateJunction = create

    def test_junction(self, link: Link) -> None:
        """A junction is made, which leads to an absolute path."""
        assert link.make() is None

        assert os.readlink(link.alias) == link.target

    def test_existing_junction(self, link: Link, winapi: SimpleNamespace) -> None:
        """A junction that leads to the target is in place."""
        link.make()
        before = os.lstat(link.alias)
        del winapi.CreateJunction

        assert link.make() is None

        assert os.lstat(link.alias) == before

    def test_junction_elsewhere(self, link: Link, place: Path) -> None:
        r"""A junction that leads elsewhere is replaced, and its \\?\ is not shown."""
        place.symlink_to(r"\\?\C:\gone")

        assert link.make() == r"C:\gone"

        assert os.readlink(link.alias) == link.target

    @pytest.mark.usefixtures("no_junctions")
    def test_symbolic_link_instead(self, link: Link) -> None:
        """Where there are no junctions, the directory that the attempt leaves is removed and a symbolic link made."""
        assert link.make() is None

        assert not os.path.isabs(os.readlink(link.alias))
        assert os.path.samefile(link.alias, link.target)

    def test_pypy(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """PyPy has no CreateJunction, and makes a symbolic link."""
        monkeypatch.setitem(sys.modules, "_winapi", ModuleType("_winapi"))

        assert link.make() is None

        assert not os.path.isabs(os.readlink(link.alias))

    @pytest.mark.usefixtures("no_junctions")
    def test_neither(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is neither, no trace is left, and the junction's reason is given."""
        before = tree(root)

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "A required privilege is not held by the client")

        monkeypatch.setattr(os, "symlink", refuse)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    @pytest.mark.usefixtures("no_junctions")
    def test_success_without_a_link(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A symbolic link that is reported and not there, as in Wine, is no success."""
        before = tree(root)
        monkeypatch.setattr(os, "symlink", lambda *_, **__: None)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    def test_success_with_a_wrong_link(self, link: Link, winapi: SimpleNamespace, tmp_path: Path) -> None:
        """A junction that is reported and leads elsewhere is removed."""
        winapi.CreateJunction = lambda _, alias: os.symlink(tmp_path, alias)

        assert link.make() is None

        assert os.path.samefile(link.alias, link.target)
