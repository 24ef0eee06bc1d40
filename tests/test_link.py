"""One link, on the real file system: what it may replace, and what happens if the system refuses."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

import pytest
from conftest import posix, tree

from virtualenv_link_bin_scripts import _filesystem, _link
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._link import Link, LinkError, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = (True, None)
ALREADY = (False, None)


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


def aside(link: Link) -> Path:
    """Return where a link is while it is being replaced."""
    return Path(f"{link.alias}.virtualenv-link-bin-scripts")


def put_link(place: Path, target: Path) -> None:
    """Put some other link in a place."""
    Link(str(place.parent), str(place), str(target)).make()


def all_but(root: Path, link: Link) -> dict[str, tuple[int, object]]:
    """Return what is in an environment besides the alias, what is in it, and the directory that it is in."""
    place = Path(link.alias).relative_to(root)
    parents = {path.as_posix().lower() for path in [place, *place.parents]}  # Lib is lib on macOS
    return {
        path: what
        for path, what in tree(root).items()
        if path.lower() not in parents and not path.lower().startswith(f"{place.as_posix().lower()}/")
    }


def points_to_target(link: Link) -> bool:
    """Tell whether the alias is a link, and points to the target."""
    return _filesystem.is_link(link.alias) and os.path.samefile(link.alias, link.target) and link.in_place()


def refusal(link: Link) -> str:
    """Return why a link is not made."""
    with pytest.raises(LinkError) as caught:
        link.make()
    message = str(caught.value)
    start = f"could not link {link.alias} to {link.target} - "
    assert message.startswith(start)
    return message[len(start) :]


@pytest.mark.usefixtures("links")
class TestMake:
    """make() puts the link where nothing gets lost, and changes nothing else."""

    def test_makes_link_and_its_directory(self, link: Link, root: Path) -> None:
        """Where there is nothing, the link is made, and the directory that it is in."""
        before = all_but(root, link)
        assert not link.in_place()

        assert link.make() == MADE

        assert points_to_target(link)
        assert all_but(root, link) == before

    @posix
    def test_makes_relative_link(self, link: Link, root: Path) -> None:
        """On POSIX the link is relative, so that the environment may be moved."""
        link.make()

        assert not os.path.isabs(os.readlink(link.alias))
        moved = root.rename(root.with_name("moved"))
        alias, target = (moved / Path(path).relative_to(root) for path in (link.alias, link.target))
        assert alias.samefile(target)

    def test_leaves_right_link_alone(self, link: Link) -> None:
        """Asking again changes nothing."""
        link.make()
        before = os.lstat(link.alias)

        assert link.make() == ALREADY

        after = os.lstat(link.alias)
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_replaces_link_that_points_elsewhere(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """A link that points elsewhere is replaced, what it pointed to stays, and where it pointed is told."""
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "precious").touch()
        put_link(place, elsewhere)
        before = all_but(root, link)

        made, former = link.make()

        assert made
        assert former
        assert (place.parent / former).samefile(elsewhere)
        assert os.listdir(elsewhere) == ["precious"]
        assert points_to_target(link)
        assert all_but(root, link) == before

    def test_replaces_dangling_link(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """A link that points to nothing is replaced, as in an environment that was moved."""
        gone = tmp_path / "gone"
        gone.mkdir()
        put_link(place, gone)
        gone.rmdir()
        before = all_but(root, link)

        made, former = link.make()

        assert made
        assert former == (str(gone) if sys.platform == "win32" else os.path.relpath(gone, place.parent))
        assert points_to_target(link)
        assert all_but(root, link) == before

    @posix
    def test_makes_absolute_link_relative(self, link: Link, root: Path, place: Path) -> None:
        """An absolute link to the target, as people make by hand, becomes a relative one without a word."""
        place.symlink_to(link.target)
        before = all_but(root, link)

        assert link.make() == MADE

        assert not os.path.isabs(os.readlink(place))
        assert points_to_target(link)
        assert all_but(root, link) == before

    def test_replaces_empty_directory(self, link: Link, root: Path, place: Path) -> None:
        """An empty directory is replaced."""
        place.mkdir()
        before = all_but(root, link)

        assert link.make() == MADE

        assert points_to_target(link)
        assert all_but(root, link) == before


@pytest.mark.usefixtures("links")
class TestOtherProcesses:
    """Processes that are at work at the same time, or that were killed at it, do no harm."""

    @posix
    def test_accepts_link_that_replaced_empty_directory(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A link that another process puts in the place of the empty directory is welcome."""
        place.mkdir()
        rmdir = os.rmdir
        content = link.relative_target()

        def replace_and_rmdir(path: str) -> None:
            rmdir(path)
            os.symlink(content, place)
            rmdir(path)

        monkeypatch.setattr(os, "rmdir", replace_and_rmdir)

        assert link.make() == ALREADY

        assert points_to_target(link)

    @posix
    def test_accepts_link_made_at_last_moment(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process makes at the last moment is welcome."""
        symlink = os.symlink

        def make_twice(content: str, path: str, *, target_is_directory: bool) -> None:
            symlink(content, path, target_is_directory)
            symlink(content, path, target_is_directory)

        monkeypatch.setattr(os, "symlink", make_twice)

        assert link.make() == ALREADY

        assert points_to_target(link)

    @posix
    def test_does_not_remove_file_that_took_links_place(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that is put in the place of the former link at the last moment is not lost."""
        place.symlink_to("gone")
        rename = os.rename

        def replace_and_rename(source: str, target: str) -> None:
            if source == link.alias and place.is_symlink():
                place.unlink()
                place.write_text("precious", encoding="utf-8")
            rename(source, target)

        monkeypatch.setattr(os, "rename", replace_and_rename)
        monkeypatch.setattr(_link, "_PAUSE", 0)

        assert refusal(link) == "a file is in the way, and was left alone"

        assert place.read_text(encoding="utf-8") == "precious"
        assert not os.path.lexists(aside(link))

    def test_finishes_what_killed_process_began(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """The next run makes the link for a process that was killed in between, and tells what that has replaced."""
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        put_link(aside(link), elsewhere)

        made, former = link.make()

        assert made
        assert former
        assert (place.parent / former).samefile(elsewhere)
        assert points_to_target(link)
        assert "virtualenv-link-bin-scripts" not in str(tree(root))

    @pytest.mark.parametrize("right", [True, False])
    def test_clears_away_what_killed_process_left(self, link: Link, root: Path, place: Path, right: bool) -> None:
        """The next run removes the former link that a process has left beside the new one, or beside yet another."""
        gone = root.with_name("gone")
        gone.mkdir()
        put_link(aside(link), gone)
        if right:
            os.rename(aside(link), root / "kept")
            link.make()
            os.rename(root / "kept", aside(link))
        else:
            put_link(place, gone)

        made, _ = link.make()

        assert made == (not right)
        assert points_to_target(link)
        assert "virtualenv-link-bin-scripts" not in str(tree(root))

    def test_leaves_what_is_in_the_way(self, link: Link, place: Path, tmp_path: Path) -> None:
        """A file that has the name by which the former link would be moved aside is not touched."""
        put_link(place, tmp_path)
        aside(link).write_text("precious", encoding="utf-8")

        assert refusal(link) == f"{aside(link)} is in the way, and was left alone"

        assert place.samefile(tmp_path)
        assert aside(link).read_text(encoding="utf-8") == "precious"

    @pytest.mark.parametrize("before", ["nothing", "empty directory", "dangling link"])
    def test_all_succeed_at_once(self, link: Link, root: Path, place: Path, before: str) -> None:
        """Processes that make a link at the same time all succeed, and there is one link in the end."""
        gone = root.with_name("gone")
        others = all_but(root, link)
        with ExitStack() as stack:
            makers = [stack.enter_context(maker(root, link)) for _ in range(4)]
            for _ in range(20):
                if before == "empty directory":
                    place.mkdir()
                elif before == "dangling link":
                    gone.mkdir()
                    put_link(place, gone)
                    gone.rmdir()
                elif os.listdir(place.parent) == []:
                    place.parent.rmdir()
                for requests, _ in makers:
                    print(file=requests, flush=True)
                assert [answers.readline() for _, answers in makers] == ["made\n"] * 4
                assert points_to_target(link)
                assert all_but(root, link) == others
                place.unlink()


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
    def test_target_links_to_alias(self, root: Path) -> None:
        """It has if the target is a link to a directory of the alias's name."""
        (root / "bin").rename(root / "Scripts")
        (root / "bin").symlink_to("Scripts")
        before = tree(root)

        assert link_in(root, "bin-scripts").make() == ALREADY

        assert tree(root) == before

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    def test_alias_and_target_are_one_directory(self, root: Path) -> None:
        """It has if both names mean one directory, as lib and Lib do on macOS; here a link makes them one."""
        (root / "lib" / "python3.13").rename(root / "lib" / "python")
        (root / "lib" / "python" / "site-packages").rename(root / "lib" / "site-packages")
        (root / "Lib").symlink_to("lib")
        before = tree(root)
        target = root / "lib" / "site-packages"

        assert Link(str(root), str(root / "Lib" / "site-packages"), str(target)).make() == ALREADY

        assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
class TestParentIsALink:
    """The directory that the alias is in may be a link, as long as that stays in the environment."""

    def test_inside(self, root: Path) -> None:
        """Where Lib points to lib, as both names do on macOS without a link, the alias is made there."""
        (root / "Lib").symlink_to("lib")
        link = link_in(root, "site-packages")

        assert link.make() == MADE
        assert link.make() == ALREADY

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")
        assert link.in_place()

    def test_inside_below_linked_directory(self, root: Path, tmp_path: Path) -> None:
        """So it is where the environment itself has two paths."""
        (root / "Lib").symlink_to("lib")
        (tmp_path / "link").symlink_to("environment")

        assert link_in(tmp_path / "link", "site-packages").make() == MADE

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")

    @pytest.mark.parametrize("name", ["elsewhere", "environment-2"])
    def test_outside(self, root: Path, tmp_path: Path, name: str) -> None:
        """Nothing is ever written outside the environment."""
        elsewhere = tmp_path / name
        elsewhere.mkdir()
        (root / "Lib").symlink_to(f"../{name}")

        reason = refusal(link_in(root, "site-packages"))

        assert reason == f"{root / 'Lib'} points out of the environment, to {elsewhere.resolve()}"
        assert os.listdir(elsewhere) == []

    def test_scripts_directory_outside(self, root: Path, tmp_path: Path) -> None:
        """Not even where the scripts directory is a link."""
        elsewhere = (root / "bin").rename(tmp_path / "elsewhere")
        (root / "bin").symlink_to(elsewhere)

        reason = refusal(link_in(root, "python-exe"))

        assert reason == f"{root / 'bin'} points out of the environment, to {elsewhere.resolve()}"
        assert os.listdir(elsewhere) == ["python"]

    def test_dangling(self, root: Path) -> None:
        """A link that points to nothing is no place for an alias."""
        (root / "Lib").symlink_to("gone")

        assert refusal(link_in(root, "site-packages")) == f"{root / 'Lib'} is not a directory, and was left alone"

        assert os.readlink(root / "Lib") == "gone"


class TestRefusal:
    """make() leaves what it may not replace, and says why."""

    def test_directory_with_content(self, link: Link, root: Path, place: Path) -> None:
        """A non-empty directory is left as it is."""
        place.mkdir()
        (place / "precious").touch()
        before = tree(root)

        assert refusal(link) == "a non-empty directory is in the way, and was left alone"

        assert tree(root) == before

    def test_file(self, link: Link, root: Path, place: Path) -> None:
        """A file is left as it is."""
        place.write_text("precious", encoding="utf-8")
        before = tree(root)

        assert refusal(link) == "a file is in the way, and was left alone"

        assert tree(root) == before

    @posix
    def test_fifo(self, link: Link, root: Path, place: Path) -> None:
        """A FIFO is left as it is."""
        os.mkfifo(place)
        before = tree(root)

        assert refusal(link) == "a FIFO is in the way, and was left alone"

        assert tree(root) == before

    @posix
    def test_socket(self, link: Link, root: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A socket is left as it is."""
        with socket.socket(socket.AF_UNIX) as server, monkeypatch.context() as context:
            context.chdir(place.parent)  # a socket's path has to be short
            server.bind(place.name)
            before = tree(root)

            assert refusal(link) == "a socket is in the way, and was left alone"

        assert tree(root) == before

    @pytest.mark.parametrize("name", ["bin-scripts", "site-packages"])
    def test_copied_directory(self, root: Path, name: str) -> None:
        """A directory that a tool has copied which follows links is left, and the message says what to do."""
        link = link_in(root, name)
        Path(link.alias).mkdir(parents=True)
        for path in Path(link.target).iterdir():
            (Path(link.alias) / path.name).write_bytes(path.read_bytes())
        before = tree(root)

        assert refusal(link) == (
            "a non-empty directory is in the way; it looks like a copy of"
            f" {Path(link.target).name}, made by a tool that follows links: delete {link.alias} and try again"
        )

        assert tree(root) == before

    def test_copied_file(self, root: Path) -> None:
        """So it is with a file."""
        link = link_in(root, "python-exe")
        Path(link.alias).write_text("an interpreter", encoding="utf-8")
        before = tree(root)

        assert refusal(link) == (
            "a file is in the way; it looks like a copy of python, made by a tool that follows links:"
            f" delete {link.alias} and try again"
        )

        assert tree(root) == before

    def test_directory_not_readable(self, as_ordinary_user: Path) -> None:
        """A directory that can't be looked into is not called a copy."""
        (as_ordinary_user / "bin").mkdir()
        link = link_in(as_ordinary_user, "bin-scripts")
        (as_ordinary_user / "Scripts").mkdir()
        (as_ordinary_user / "Scripts" / "precious").touch()
        (as_ordinary_user / "Scripts").chmod(0o000)

        reason = refusal(link)

        (as_ordinary_user / "Scripts").chmod(0o755)
        assert reason == "a non-empty directory is in the way, and was left alone"

    def test_parent_is_file(self, root: Path) -> None:
        """A file in the place of the directory that the alias is in is left as it is."""
        (root / "lib").rename(root / "library")  # one name with Lib, on some systems
        (root / "Lib").write_text("precious", encoding="utf-8")

        reason = refusal(link_in(root, "site-packages"))

        assert reason == f"{root / 'Lib'} is not a directory, and was left alone"
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
        """Where there is no target, nothing is left behind, not even the directory that the alias would be in."""
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

    def test_leaves_nothing_behind(self, link: Link, root: Path) -> None:
        """Where there was nothing, there is nothing."""
        before = tree(root)

        assert refusal(link) == "Operation not permitted"

        assert tree(root) == before

    def test_puts_empty_directory_back(self, link: Link, root: Path, place: Path) -> None:
        """An empty directory is put back."""
        place.mkdir()
        before = tree(root)

        assert refusal(link) == "Operation not permitted"

        assert tree(root) == before

    @posix
    def test_puts_former_link_back(self, link: Link, root: Path, place: Path) -> None:
        """A link that points elsewhere is put back, itself and not a copy, though it dangles."""
        os.symlink("gone", place)
        before = tree(root), place.lstat().st_ino

        assert refusal(link) == "Operation not permitted"

        assert (tree(root), place.lstat().st_ino) == before

    @posix
    def test_puts_back_what_killed_process_moved(self, link: Link, place: Path) -> None:
        """So is one that a killed process has moved aside."""
        os.symlink("gone", aside(link))

        assert refusal(link) == "Operation not permitted"

        assert os.readlink(place) == "gone"
        assert not os.path.lexists(aside(link))

    @posix
    def test_does_not_put_former_link_over_file(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A former link is not put back over what somebody has put in its place meanwhile."""
        os.symlink("gone", place)

        def refuse(_: str, path: str, **__: object) -> None:
            Path(path).write_text("precious", encoding="utf-8")
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "symlink", refuse)

        assert refusal(link) == "a file is in the way, and was left alone"

        assert place.read_text(encoding="utf-8") == "precious"

    @posix
    def test_tells_former_link_though_first_try_failed(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the former link pointed is told, also if the system refuses at first."""
        os.symlink("gone", place)
        refuse = os.symlink

        def refuse_once(content: str, path: str, *, target_is_directory: bool) -> None:
            monkeypatch.undo()
            refuse(content, path, target_is_directory=target_is_directory)

        monkeypatch.setattr(os, "symlink", refuse_once)

        assert link.make() == (True, "gone")


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
        """Make the modules believe that they run on Windows."""
        winapi = SimpleNamespace(CreateJunction=os.symlink)
        monkeypatch.setitem(sys.modules, "_winapi", winapi)
        for module in (_filesystem, _link):
            monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))
        monkeypatch.setattr(_link, "_PAUSE", 0)
        return winapi

    @pytest.fixture
    def no_junctions(self, winapi: SimpleNamespace) -> None:
        """Let a junction fail as it does on a file system without them."""

        def create(_target: str, alias: str) -> None:
            os.mkdir(alias)
            raise OSError(errno.EINVAL, "Request not supported")

        winapi.CreateJunction = create

    @pytest.fixture
    def no_symlinks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refuse symbolic links, as to an ordinary user of Windows."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "A required privilege is not held by the client")

        monkeypatch.setattr(os, "symlink", refuse)

    def test_makes_junction(self, link: Link) -> None:
        """A junction is made, which contains an absolute path."""
        assert link.make() == MADE

        assert os.readlink(link.alias) == link.target

    def test_junction_contains_real_path(self, root: Path, tmp_path: Path) -> None:
        """A junction contains the real path, so that it outlives a link on the way to the environment."""
        (tmp_path / "way").symlink_to("environment")

        assert link_in(tmp_path / "way", "bin-scripts").make() == MADE

        assert os.readlink(root / "Scripts") == str(root.resolve() / "bin")

    def test_junction_contains_no_verbatim_path(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        r"""A junction to \\?\C:\... would dangle, so it is made to C:\...."""
        resolved: list[str] = []
        monkeypatch.setattr(os.path, "realpath", lambda path: rf"\\?\C:{path}")
        monkeypatch.setitem(
            sys.modules, "_winapi", SimpleNamespace(CreateJunction=lambda target, _: resolved.append(target))
        )

        _filesystem._create_junction(link.alias, link.target, "")

        assert resolved == [f"C:{link.target}"]

    def test_leaves_right_junction_alone(self, link: Link, winapi: SimpleNamespace) -> None:
        """A junction that points to the target is in place."""
        link.make()
        before = os.lstat(link.alias)
        del winapi.CreateJunction

        assert link.make() == ALREADY

        assert os.lstat(link.alias) == before

    def test_replaces_junction_that_points_elsewhere(self, link: Link, place: Path) -> None:
        r"""A junction that points elsewhere is replaced, and its \\?\ is not shown."""
        place.symlink_to(r"\\?\C:\gone")

        assert link.make() == (True, r"C:\gone")

        assert os.readlink(link.alias) == link.target

    @pytest.mark.usefixtures("no_junctions", "no_symlinks")
    def test_puts_former_junction_back(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """A former junction is put back, itself, where the user may make no symbolic link in its stead."""
        subprocess.check_call(["ln", "-s", tmp_path / "gone", place])
        before = tree(root), place.lstat().st_ino

        assert refusal(link) == "Request not supported"

        assert (tree(root), place.lstat().st_ino) == before

    def test_removes_what_killed_process_left(
        self, link: Link, root: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a killed process has left is out of the way, since Windows renames nothing over a directory."""
        rename = os.rename

        in_the_way = []

        def record_and_rename(source: str, target: str) -> None:
            in_the_way.append(os.path.lexists(target))
            rename(source, target)

        monkeypatch.setattr(os, "rename", record_and_rename)
        aside(link).symlink_to(tmp_path)
        place.symlink_to("gone")

        assert link.make() == (True, "gone")

        assert in_the_way == [False]
        assert "virtualenv-link-bin-scripts" not in str(tree(root))

    @pytest.mark.usefixtures("no_junctions")
    def test_makes_symbolic_link_instead(self, link: Link) -> None:
        """Where there are no junctions, the directory that the attempt leaves is removed and a symbolic link made."""
        assert link.make() == MADE

        assert not os.path.isabs(os.readlink(link.alias))
        assert os.path.samefile(link.alias, link.target)

    def test_makes_symbolic_link_with_pypy(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """PyPy has no CreateJunction, and makes a symbolic link."""
        monkeypatch.setitem(sys.modules, "_winapi", ModuleType("_winapi"))

        assert link.make() == MADE

        assert not os.path.isabs(os.readlink(link.alias))

    @pytest.mark.usefixtures("no_junctions", "no_symlinks")
    def test_leaves_nothing_behind(self, link: Link, root: Path) -> None:
        """Where neither can be had, nothing is left behind, and the junction's reason is given."""
        before = tree(root)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    @pytest.mark.usefixtures("no_junctions")
    def test_success_without_link(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A symbolic link that is reported and not there, as in Wine, is no success."""
        before = tree(root)
        monkeypatch.setattr(os, "symlink", lambda *_, **__: None)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    def test_success_with_wrong_link(self, link: Link, winapi: SimpleNamespace, tmp_path: Path) -> None:
        """A junction that is reported and points elsewhere is removed."""
        winapi.CreateJunction = lambda _, alias: os.symlink(tmp_path, alias)

        assert link.make() == MADE

        assert os.path.samefile(link.alias, link.target)

    @pytest.mark.parametrize(
        ("content", "shown"),
        [
            (r"\\?\UNC\srv\share\Scripts", r"\\srv\share\Scripts"),
            (r"\\?\Volume{11111111-2222-3333-4444-555555555555}\Scripts", None),
            (r"\\srv\share\Scripts", None),
        ],
    )
    def test_keeps_link_to_share_or_volume(self, root: Path, content: str, shown: str | None) -> None:
        """A link to a share or a volume points out of the environment, whatever it looks like."""
        (root / "Scripts").symlink_to(content)

        with pytest.raises(LinkError) as caught:
            remove(str(root), str(root / "Scripts"), scripts=str(root / "bin"), force=False)

        expected = f"it points out of the environment, to {shown or content}; --force removes it"
        assert str(caught.value) == f"kept {root / 'Scripts'} - {expected}"
        assert (root / "Scripts").is_symlink()


class TestRemove:
    """remove() removes a link, and what a killed process has left of one."""

    def remove(self, root: Path, **options: Any) -> str | None:
        """Remove the alias of the scripts directory."""
        options = {"force": False, **options}
        return remove(str(root), str(root / "Scripts"), scripts=str(root / "bin"), **options)

    @posix
    @pytest.mark.parametrize("content", ["bin", "gone"])
    def test_link_that_killed_process_moved(self, root: Path, content: str) -> None:
        """A link that a killed process has moved aside counts as the alias."""
        before = tree(root)
        (root / "Scripts.virtualenv-link-bin-scripts").symlink_to(content)

        assert self.remove(root) == content

        assert tree(root) == before

    @posix
    def test_link_that_killed_process_replaced(self, root: Path) -> None:
        """A link that a killed process has replaced goes too."""
        before = tree(root)
        (root / "Scripts.virtualenv-link-bin-scripts").symlink_to("gone")
        (root / "Scripts").symlink_to("bin")

        assert self.remove(root) == "bin"

        assert tree(root) == before

    @posix
    def test_path_that_cannot_be_resolved(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The system's refusal to resolve a path is an error with its reason; POSIX hardly ever refuses."""
        (root / "Scripts").symlink_to("bin")

        def refuse(path: str) -> str:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

        monkeypatch.setattr(os.path, "realpath", refuse)

        with pytest.raises(LinkError) as caught:
            self.remove(root)

        assert str(caught.value) == f"could not remove {root / 'Scripts'} - {os.strerror(errno.EIO)}"
