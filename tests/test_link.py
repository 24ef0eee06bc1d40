"""One link, on the real file system."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, TYPE_CHECKING

import pytest

from virtualenv_link_bin_scripts import _link
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


@pytest.fixture
def link(tmp_path: Path) -> Link:
    """Return a link that is not made yet; its target has a file in it."""
    target = tmp_path / "bin"
    target.mkdir()
    (target / "tool").write_text("a tool", encoding="utf-8")
    return Link(str(tmp_path / "Scripts"), str(target))


def leads_to_target(link: Link) -> bool:
    """Tell whether the alias is a link through which the target's file is to be had, and the only thing beside it."""
    assert sorted(os.listdir(os.path.dirname(link.alias))) == ["Scripts", "bin"]
    assert Path(link.target, "tool").read_text(encoding="utf-8") == "a tool"
    return bool(os.readlink(link.alias)) and Path(link.alias, "tool").read_text(encoding="utf-8") == "a tool"


def refusal(link: Link) -> str:
    """Return why the link was not made."""
    with pytest.raises(LinkError) as caught:
        link.make()
    message = str(caught.value)
    start = f"could not link {link.alias} to {link.target} - "
    assert message.startswith(start)
    return message[len(start) :]


@pytest.mark.usefixtures("links")
class TestMake:
    """make() puts the link where nothing gets lost."""

    def test_nothing(self, link: Link) -> None:
        """Where there is nothing, it makes the link."""
        assert not link.in_place()

        assert link.make() is None

        assert link.in_place()
        assert leads_to_target(link)

    @posix
    def test_relative(self, link: Link, tmp_path: Path) -> None:
        """On POSIX the link is relative, so that the environment may be moved."""
        link.make()

        assert os.readlink(link.alias) == "bin"
        tmp_path.rename(tmp_path.with_name("moved"))
        assert (tmp_path.with_name("moved") / "Scripts" / "tool").exists()

    def test_again(self, link: Link) -> None:
        """Asking again changes nothing."""
        link.make()
        before = os.lstat(link.alias)

        assert link.make() is None

        after = os.lstat(link.alias)
        assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
            before.st_ino,
            before.st_mtime_ns,
            before.st_ctime_ns,
        )

    def test_elsewhere(self, link: Link, tmp_path: Path) -> None:
        """A link that leads elsewhere is replaced, its target stays, and it tells where the link led."""
        elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
        elsewhere.mkdir()
        (elsewhere / "precious").touch()
        Link(link.alias, str(elsewhere)).make()

        former = link.make()

        assert former
        assert os.path.samefile(tmp_path / former, elsewhere)
        assert "?" not in former
        assert leads_to_target(link)
        assert (elsewhere / "precious").exists()

    def test_nowhere(self, link: Link, tmp_path: Path) -> None:
        """A link that leads nowhere is replaced, as in an environment that was moved."""
        gone = tmp_path.parent / f"{tmp_path.name}-gone"
        gone.mkdir()
        Link(link.alias, str(gone)).make()
        gone.rmdir()

        former = link.make()

        assert former
        assert former.endswith(gone.name)
        assert leads_to_target(link)

    @posix
    def test_absolute(self, link: Link) -> None:
        """An absolute link to the target, as people make by hand, becomes a relative one, which is not worth a word."""
        os.symlink(link.target, link.alias)

        assert link.make() is None

        assert os.readlink(link.alias) == "bin"

    def test_empty_directory(self, link: Link) -> None:
        """An empty directory is replaced."""
        os.mkdir(link.alias)

        assert link.make() is None

        assert leads_to_target(link)

    @posix
    def test_target_is_a_link_to_the_alias(self, link: Link) -> None:
        """Where the target is a link to a directory of the alias's name, there is nothing to do."""
        os.rename(link.target, link.alias)
        os.symlink("Scripts", link.target)

        assert link.make() is None

        assert os.readlink(link.target) == "Scripts"
        assert os.path.isdir(link.alias)
        assert not os.path.islink(link.alias)


class TestRefusal:
    """make() leaves what it may not replace, and says why."""

    def test_directory(self, link: Link) -> None:
        """A directory with something in it is left as it is."""
        os.mkdir(link.alias)
        Path(link.alias, "precious").touch()

        assert refusal(link) == "a directory with something in it is in its place, and stays there"

        assert os.listdir(link.alias) == ["precious"]

    def test_file(self, link: Link) -> None:
        """A file is left as it is."""
        Path(link.alias).write_text("precious", encoding="utf-8")

        assert refusal(link) == "a file is in its place, and stays there"

        assert Path(link.alias).read_text(encoding="utf-8") == "precious"

    @posix
    def test_fifo(self, link: Link) -> None:
        """A FIFO is left as it is."""
        os.mkfifo(link.alias)

        assert refusal(link) == "a FIFO is in its place, and stays there"

        assert Path(link.alias).is_fifo()

    @posix
    def test_socket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A socket is left as it is."""
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as server:
            monkeypatch.chdir(directory)  # a socket's path has to be short
            server.bind("Scripts")
            os.mkdir("bin")

            assert refusal(Link("Scripts", "bin")) == "a socket is in its place, and stays there"

            assert Path("Scripts").is_socket()
            monkeypatch.undo()

    def test_no_permission(self, as_ordinary_user: Path) -> None:
        """Where the user may not write, the reason is the system's."""
        (as_ordinary_user / "bin").mkdir()
        as_ordinary_user.chmod(0o555)

        reason = refusal(Link(str(as_ordinary_user / "Scripts"), str(as_ordinary_user / "bin")))

        as_ordinary_user.chmod(0o755)
        assert reason == os.strerror(errno.EACCES)
        assert os.listdir(as_ordinary_user) == ["bin"]

    def test_no_target(self, tmp_path: Path, link_support: str) -> None:
        """Where there is no target, no link is left behind."""
        reason = refusal(Link(str(tmp_path / "Scripts"), str(tmp_path / "bin")))

        assert "ile not found" in reason or reason == os.strerror(errno.ENOENT) or link_support
        assert os.listdir(tmp_path) == []


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

    def test_nothing(self, link: Link) -> None:
        """Where there was nothing, there is nothing."""
        assert refusal(link) == "Operation not permitted"

        assert not os.path.lexists(link.alias)

    def test_empty_directory(self, link: Link) -> None:
        """An empty directory is put back."""
        os.mkdir(link.alias)

        assert refusal(link) == "Operation not permitted"

        assert os.path.isdir(link.alias)

    @posix
    def test_former_link(self, link: Link) -> None:
        """A link that leads elsewhere is put back."""
        os.symlink("gone", link.alias)

        assert refusal(link) == "Operation not permitted"

        assert os.readlink(link.alias) == "gone"


@posix
class TestWindows:
    """Windows's junctions, with a fake of the one module that is not to be had here.

    The fake's junction is an absolute symbolic link, which answers os.readlink and os.unlink as a junction does.

    """

    @pytest.fixture
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

    @pytest.mark.usefixtures("winapi")
    def test_junction(self, link: Link) -> None:
        """A junction is made, which leads to an absolute path."""
        assert link.make() is None

        assert os.readlink(link.alias) == link.target
        assert leads_to_target(link)

    @pytest.mark.usefixtures("winapi")
    def test_existing_junction(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A junction that leads to the target is in place."""
        link.make()
        before = os.lstat(link.alias)
        monkeypatch.setattr(_link, "_create_junction", None)

        assert link.make() is None

        assert os.lstat(link.alias) == before

    @pytest.mark.usefixtures("winapi")
    def test_junction_elsewhere(self, link: Link) -> None:
        r"""A junction that leads elsewhere is replaced, and its \\?\ is not shown."""
        os.symlink(r"\\?\C:\gone", link.alias)

        assert link.make() == r"C:\gone"

        assert leads_to_target(link)

    @pytest.mark.usefixtures("no_junctions")
    def test_symbolic_link_instead(self, link: Link) -> None:
        """Where there are no junctions, the directory that the attempt leaves is removed and a symbolic link made."""
        assert link.make() is None

        assert os.readlink(link.alias) == "bin"
        assert leads_to_target(link)

    def test_pypy(self, link: Link, monkeypatch: pytest.MonkeyPatch, winapi: SimpleNamespace) -> None:
        """PyPy has no CreateJunction, and makes a symbolic link."""
        del winapi
        monkeypatch.setitem(sys.modules, "_winapi", ModuleType("_winapi"))

        assert link.make() is None

        assert os.readlink(link.alias) == "bin"

    @pytest.mark.usefixtures("no_junctions")
    def test_neither(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is neither, no trace is left, and the junction's reason is given."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "A required privilege is not held by the client")

        monkeypatch.setattr(os, "symlink", refuse)

        assert refusal(link) == "Request not supported"

        assert not os.path.lexists(link.alias)

    @pytest.mark.usefixtures("no_junctions")
    def test_success_without_a_link(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A symbolic link that is reported and not there, as in Wine, is no success."""
        monkeypatch.setattr(os, "symlink", lambda *_, **__: None)

        assert refusal(link) == "Request not supported"

        assert not os.path.lexists(link.alias)

    def test_success_with_a_wrong_link(self, link: Link, winapi: SimpleNamespace, tmp_path: Path) -> None:
        """A junction that is reported and leads elsewhere is removed."""
        winapi.CreateJunction = lambda _, alias: os.symlink(tmp_path, alias)

        assert link.make() is None

        assert os.readlink(link.alias) == "bin"


class TestAtOnce:
    """Processes that make one link at the same time all succeed, and there is one link in the end."""

    @posix
    def test_other_is_first_to_look(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that appears just when the empty directory in its place is looked for is welcome."""
        rmdir = os.rmdir

        def make_and_rmdir(path: str) -> None:
            os.symlink("bin", link.alias)
            rmdir(path)

        monkeypatch.setattr(os, "rmdir", make_and_rmdir)

        assert link.make() is None

        assert leads_to_target(link)

    @posix
    def test_other_is_first_to_make(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that appears just before its own is made is welcome."""
        symlink = os.symlink

        def make_twice(content: str, path: str, *, target_is_directory: bool) -> None:
            symlink(content, path, target_is_directory)
            symlink(content, path, target_is_directory)

        monkeypatch.setattr(os, "symlink", make_twice)

        assert link.make() is None

        assert leads_to_target(link)

    @pytest.mark.usefixtures("links")
    @pytest.mark.parametrize("before", ["nothing", "empty directory", "link that leads nowhere"])
    def test_processes(self, link: Link, before: str) -> None:
        """Real processes succeed, whatever was there."""
        gone = Path(link.alias).with_name("gone")
        with ExitStack() as stack:
            makers = [stack.enter_context(maker(link)) for _ in range(4)]
            for _ in range(20):
                if before == "empty directory":
                    os.mkdir(link.alias)
                elif before == "link that leads nowhere":
                    gone.mkdir()
                    Link(link.alias, str(gone)).make()
                    gone.rmdir()
                for requests, _ in makers:
                    print(file=requests, flush=True)
                assert [answers.readline() for _, answers in makers] == ["made\n"] * 4
                assert link.in_place()
                assert leads_to_target(link)
                os.unlink(link.alias)


MAKE = """
import sys
from virtualenv_link_bin_scripts._link import Link

link = Link(*sys.argv[1:])
for _ in sys.stdin:
    link.make()
    print("made", flush=True)
"""


@contextmanager
def maker(link: Link) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a process that makes the link once for each line it reads."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, link.alias, link.target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdin, process.stdout
