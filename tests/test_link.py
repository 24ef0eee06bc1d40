"""One link, on the real file system: what it may replace, and what happens if the system refuses."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
from conftest import posix, tree

from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._environment import Environment, LayoutError
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPTIONS = ["bin-scripts", "python-exe", "site-packages"]


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


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for other processes where there are none."""
    monkeypatch.setattr(_filesystem, "_PAUSE", 0)


def link_in(root: Path, option: str) -> Link:
    """Return a link of an environment."""
    environment = Environment(str(root), str(root / "bin"), "python", None)
    ((alias, target, _),) = environment.links(option)
    return Link(environment, alias, target)


@pytest.fixture(params=OPTIONS)
def link(request: pytest.FixtureRequest, root: Path) -> Link:
    """Return each link of an environment in turn."""
    if sys.platform == "win32" and request.param == "python-exe":  # pragma: win32 cover
        pytest.skip("on Windows a target is always a directory")
    return link_in(root, request.param)


@pytest.fixture
def place(link: Link) -> Path:
    """Return the alias's place, in an existing directory."""
    place = Path(link.alias)
    place.parent.mkdir(exist_ok=True)
    return place


def temporary(link: Link) -> Path:
    """Return where a link is made that takes the place of something."""
    return Path(f"{link.alias}.virtualenv-link-bin-scripts")


def put_link(place: Path, target: Path) -> None:
    """Put some other link to an existing directory in a place."""
    _filesystem.LINKS.create(str(place), str(target), os.path.relpath(target, place.parent))


def put_dangling_link(place: Path, target: Path) -> None:
    """Put a link to nothing in a place."""
    target.mkdir()
    put_link(place, target)
    target.rmdir()


def all_but(root: Path, link: Link) -> dict[str, tuple[int, object]]:
    """Return what is in an environment besides the alias, what is in it, and the directory that it is in."""
    place = Path(link.alias).relative_to(root)
    parents = {path.as_posix().lower() for path in [place, *place.parents]}  # Lib is lib on macOS
    return {
        path: what
        for path, what in tree(root).items()
        if path.lower() not in parents and not path.lower().startswith(f"{place.as_posix().lower()}/")
    }


def make(link: Link) -> tuple[str, str | None]:
    """Make a link, and return what was done and where the link pointed that was replaced."""
    result = link.make()
    assert result
    assert result.alias == link.alias
    return result.verb, result.replaced


MADE = ("linked", None)
ALREADY = ("already linked", None)


def is_right(link: Link) -> bool:
    """Return whether the alias is a link that points to the target, and nothing is left beside it."""
    return (
        _filesystem.is_link(link.alias)
        and os.path.samefile(link.alias, link.target)
        and link.check().verb == "already linked"
        and not os.path.lexists(temporary(link))
    )


def refusal(link: Link) -> str:
    """Return why a link is not made."""
    with pytest.raises(LinkError) as caught:
        link.make()
    message = str(caught.value)
    start = f"could not link {link.alias} to {link.target} - "
    assert message.startswith(start)
    return message[len(start) :]


def in_the_way(link: Link, what: str) -> str:
    """Return the reason that names what is in the alias's place."""
    return f"{what} is in the way, and was left alone; if it is a copy of {Path(link.target).name}, delete it"


@pytest.mark.usefixtures("links")
class TestMake:
    """make() puts the link where nothing gets lost, and changes nothing else."""

    def test_makes_link_and_its_directory(self, link: Link, root: Path) -> None:
        """Where there is nothing, the link is made, and the directory that it is in."""
        before = all_but(root, link)
        assert link.check().verb == "missing"

        assert make(link) == MADE

        assert is_right(link)
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

        assert make(link) == ALREADY

        after = os.lstat(link.alias)
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_replaces_link_that_points_elsewhere(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """A link that points elsewhere is replaced, what it pointed to stays, and where it pointed is reported."""
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "precious").touch()
        put_link(place, elsewhere)
        before = all_but(root, link)

        verb, replaced = make(link)

        assert verb == "linked"
        assert replaced
        assert (place.parent / replaced).samefile(elsewhere)
        assert os.listdir(elsewhere) == ["precious"]
        assert is_right(link)
        assert all_but(root, link) == before

    def test_replaces_dangling_link(self, link: Link, root: Path, place: Path, tmp_path: Path) -> None:
        """A link that points to nothing is replaced, as in an environment that was moved."""
        gone = tmp_path / "gone"
        put_dangling_link(place, gone)
        before = all_but(root, link)

        assert make(link) == ("linked", str(gone) if sys.platform == "win32" else os.path.relpath(gone, place.parent))

        assert is_right(link)
        assert all_but(root, link) == before

    @posix
    def test_makes_absolute_link_relative(self, link: Link, root: Path, place: Path) -> None:
        """An absolute link to the target, as people make by hand, becomes a relative one without a word."""
        place.symlink_to(link.target)
        before = all_but(root, link)

        assert make(link) == MADE

        assert not os.path.isabs(os.readlink(place))
        assert is_right(link)
        assert all_but(root, link) == before

    def test_replaces_empty_directory(self, link: Link, root: Path, place: Path) -> None:
        """An empty directory is replaced."""
        place.mkdir()
        before = all_but(root, link)

        assert make(link) == MADE

        assert is_right(link)
        assert all_but(root, link) == before


@pytest.mark.usefixtures("links")
class TestKilledProcess:
    """What a killed process left under the temporary name is cleared away by the next one, and nothing else is."""

    @pytest.mark.parametrize("before", ["nothing", "right link", "other link"])
    def test_link_is_removed(self, link: Link, root: Path, place: Path, tmp_path: Path, before: str) -> None:
        """A link is removed, whatever is in the alias's place by now."""
        if before == "right link":
            link.make()
        elif before == "other link":
            put_dangling_link(place, tmp_path / "gone")
        others = all_but(root, link)
        put_link(temporary(link), tmp_path)

        verb, _ = make(link)

        assert verb == ("already linked" if before == "right link" else "linked")
        assert is_right(link)
        assert all_but(root, link) == others

    @posix
    @pytest.mark.parametrize("kind", ["file", "directory"])
    def test_anything_else_is_left_alone(self, link: Link, place: Path, kind: str) -> None:
        """A file or a directory of that name is not touched, and is in the way of a link that must be replaced."""
        place.symlink_to("gone")
        if kind == "file":
            temporary(link).write_text("precious", encoding="utf-8")
        else:
            temporary(link).mkdir()

        assert refusal(link) == f"{temporary(link)} is in the way, and was left alone"
        assert link.remove(force=True)

        assert temporary(link).is_file() == (kind == "file")
        assert make(link) == MADE
        assert make(link) == ALREADY

    @posix
    @pytest.mark.parametrize("what", ["nothing", "file", "FIFO", "empty directory", "other link"])
    def test_alias_is_not_restored(self, link: Link, place: Path, what: str) -> None:
        """remove() takes the left-over away, and leaves what is in the alias's place."""
        temporary(link).symlink_to(link.target)
        if what == "file":
            place.write_text("precious", encoding="utf-8")
        elif what == "FIFO":
            os.mkfifo(place)
        elif what == "empty directory":
            place.mkdir()
        elif what == "other link":
            place.symlink_to("gone")
        before = place.lstat() if what != "nothing" else None

        if what == "other link":
            with pytest.raises(LinkError, match="it points to gone; pass --force to remove it anyway"):
                link.remove()
        else:
            assert link.remove() is None

        assert not os.path.lexists(temporary(link))
        if before:
            assert (place.lstat().st_ino, place.lstat().st_mode) == (before.st_ino, before.st_mode)

    @posix
    def test_link_is_removed_though_alias_is_refused(self, link: Link, place: Path) -> None:
        """A link is removed, also where the alias's place is taken."""
        place.write_text("precious", encoding="utf-8")
        temporary(link).symlink_to("gone")

        refusal(link)

        assert not os.path.lexists(temporary(link))

    @posix
    def test_link_that_interpreter_needs(self, root: Path) -> None:
        """A link of that name that the interpreter leads through is not removed, however it came there."""
        link = link_in(root, "python-exe")
        (root / "bin" / "python").rename(root / "bin" / "python3")
        temporary(link).symlink_to("python3")
        (root / "bin" / "python").symlink_to(temporary(link).name)

        assert make(link) == MADE

        assert (root / "bin" / "python").read_text(encoding="utf-8") == "an interpreter"

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    def test_nothing_is_cleared_outside(self, root: Path, tmp_path: Path) -> None:
        """A left-over outside the environment is not touched, where Lib points there."""
        outside = tmp_path / "outside"
        outside.mkdir()
        (root / "Lib").symlink_to(outside)
        link = link_in(root, "site-packages")
        left_over = outside / temporary(link).name
        left_over.symlink_to("gone")
        (outside / "site-packages").write_text("precious", encoding="utf-8")

        assert link.remove() is None

        assert sorted(os.listdir(outside)) == ["site-packages", left_over.name]
        assert (outside / "site-packages").read_text(encoding="utf-8") == "precious"


@pytest.mark.usefixtures("links")
class TestOtherProcesses:
    """Processes that are at work at the same time do no harm."""

    @posix
    def test_accepts_link_that_replaced_empty_directory(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A link that another process puts in the place of the empty directory is welcome."""
        place.mkdir()
        lstat = os.lstat

        def replace_and_lstat(path: str) -> os.stat_result:
            monkeypatch.undo()
            place.rmdir()
            place.symlink_to(os.path.relpath(link.target, place.parent))
            return lstat(path)

        monkeypatch.setattr(os, "lstat", replace_and_lstat)

        assert make(link) == ALREADY

        assert is_right(link)

    @posix
    def test_accepts_link_made_at_last_moment(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process makes at the last moment is welcome."""
        symlink = os.symlink

        def make_twice(content: str, path: str) -> None:
            symlink(content, path)
            symlink(content, path)

        monkeypatch.setattr(os, "symlink", make_twice)

        assert make(link) == ALREADY

        assert is_right(link)

    @posix
    @pytest.mark.parametrize("before", ["link", "empty directory"])
    def test_does_not_replace_file_that_appears(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch, before: str
    ) -> None:
        """A file that takes the place of what was there, while the link is made beside it, is not lost."""
        if before == "link":
            place.symlink_to("gone")
        else:
            place.mkdir()
        symlink = os.symlink

        def make_and_replace(content: str, path: str) -> None:
            symlink(content, path)
            if before == "link":
                place.unlink()
                place.write_text("precious", encoding="utf-8")
            else:
                (place / "precious").touch()
            monkeypatch.undo()

        monkeypatch.setattr(os, "symlink", make_and_replace)

        what = "a file" if before == "link" else "a non-empty directory"
        assert refusal(link) == in_the_way(link, what)

        assert place.is_file() or os.listdir(place) == ["precious"]
        assert not os.path.lexists(temporary(link))

    @posix
    def test_does_not_remove_file_that_takes_place_of_new_link(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that takes the place of the link while that is verified is not removed."""

        def replace_and_fail(*_: str) -> bool:
            place.unlink()
            place.write_text("precious", encoding="utf-8")
            monkeypatch.undo()
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os.path, "samefile", replace_and_fail)

        assert refusal(link) == in_the_way(link, "a file")

        assert place.read_text(encoding="utf-8") == "precious"

    @posix
    def test_interrupted(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C while a link is being replaced leaves the former one, and nothing beside it."""
        place.symlink_to("gone")

        def interrupt(*_: str) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "rename", interrupt)

        with pytest.raises(KeyboardInterrupt):
            link.make()

        assert os.readlink(place) == "gone"
        assert not os.path.lexists(temporary(link))

    @posix
    def test_interrupted_removal(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C right after a link is removed leaves no empty directory; after a kill the next run removes that."""
        link = link_in(root, "site-packages")
        before = tree(root)
        link.make()
        unlink = os.unlink

        def unlink_and_interrupt(path: str, *, dir_fd: int | None = None) -> None:
            unlink(path, dir_fd=dir_fd)
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "unlink", unlink_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            link.remove()
        assert tree(root) == before

        (root / "Lib").mkdir(exist_ok=True)
        assert link.remove() is None
        assert tree(root) == before

    @posix
    def test_removed_meanwhile(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process removes at the same moment is removed."""
        link.make()
        unlink = os.unlink

        def unlink_twice(path: str, *, dir_fd: int | None = None) -> None:
            unlink(path, dir_fd=dir_fd)
            unlink(path, dir_fd=dir_fd)

        monkeypatch.setattr(os, "unlink", unlink_twice)

        assert link.remove() is None

        assert not os.path.lexists(link.alias)

    @pytest.mark.parametrize("before", ["nothing", "empty directory", "dangling link"])
    def test_all_succeed_at_once(self, link: Link, root: Path, place: Path, before: str) -> None:
        """Processes that make a link at the same time all succeed, and there is one link in the end."""
        option = OPTIONS[["Scripts", "python.exe", "site-packages"].index(place.name)]
        others = all_but(root, link)
        with ExitStack() as stack:
            makers = [stack.enter_context(maker(root, option)) for _ in range(4)]
            for _ in range(20):
                if before == "empty directory":
                    place.mkdir()
                elif before == "dangling link":
                    put_dangling_link(place, root.with_name("gone"))
                elif os.listdir(place.parent) == []:
                    place.parent.rmdir()
                for requests, _ in makers:
                    print(file=requests, flush=True)
                assert [answers.readline() for _, answers in makers] == ["made\n"] * 4
                assert is_right(link)
                assert all_but(root, link) == others
                place.unlink()


MAKE = """
import os, sys
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._link import Link

root, option = sys.argv[1:]
environment = Environment(root, os.path.join(root, "bin"), "python", None)
((alias, target, _),) = environment.links(option)
for _ in sys.stdin:
    Link(environment, alias, target).make()
    print("made", flush=True)
"""


@contextmanager
def maker(root: Path, option: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a process that makes the link once for each line it reads."""
    command = [sys.executable, "-c", MAKE, str(root), option]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdin, process.stdout


@posix
class TestNothingToDo:
    """Where the environment has both names without the link, nothing changes."""

    def test_target_links_to_alias(self, root: Path) -> None:
        """It has if the target is a link to a directory of the alias's name."""
        (root / "bin").rename(root / "Scripts")
        (root / "bin").symlink_to("Scripts")
        before = tree(root)

        assert make(link_in(root, "bin-scripts")) == ALREADY

        assert tree(root) == before

    @pytest.mark.usefixtures("case_sensitive")
    def test_alias_and_target_are_one_directory(self, root: Path) -> None:
        """It has if both names mean one directory, as lib and Lib do on macOS; here a link makes them one."""
        (root / "lib" / "python3.13").rename(root / "lib" / "python")
        (root / "lib" / "python" / "site-packages").rename(root / "lib" / "site-packages")
        (root / "Lib").symlink_to("lib")
        before = tree(root)
        environment = Environment(str(root), str(root / "bin"), "python", None)
        link = Link(environment, str(root / "Lib" / "site-packages"), os.path.join("..", "lib", "site-packages"))

        assert make(link) == ALREADY

        assert tree(root) == before

    def test_target_is_reached_through_alias(self, root: Path) -> None:
        """It has if the target points to the alias, as in what Python 3.9 makes by ``bin/python.exe -m venv``."""
        (root / "bin" / "python").rename(root / "bin" / "python3")
        (root / "bin" / "python.exe").symlink_to(root / "bin" / "python3")
        (root / "bin" / "python").symlink_to("python.exe")
        before = tree(root)
        link = link_in(root, "python-exe")

        assert make(link) == ALREADY
        for force in (True, False):
            with pytest.raises(LinkError, match=r"python points to it$"):
                link.remove(force=force)

        assert tree(root) == before

    @pytest.mark.parametrize(
        "python",
        [
            "../Scripts/python3",
            "{root}/Scripts/python3",
            "/{root}/Scripts/python3",
            "{root}/../way/Scripts/python3",
            "dl/python3",
        ],
    )
    def test_interpreter_leads_through_alias(self, root: Path, python: str) -> None:
        """A link that the interpreter leads through, by whatever path, is neither replaced nor removed."""
        (root / "tools").mkdir()
        (root / "bin" / "python").rename(root / "tools" / "python3")
        (root / "Scripts").symlink_to("tools")
        (root / "bin" / "python").symlink_to(python.format(root=root))
        (root / "bin" / "dl").symlink_to("../Scripts")
        (root.parent / "way").symlink_to(root)
        before = tree(root)
        link = link_in(root, "bin-scripts")

        assert refusal(link) == f"{root / 'bin' / 'python'} points to it"
        with pytest.raises(LinkError, match="points to it"):
            link.remove(force=True)

        assert tree(root) == before

    def test_target_points_to_alias_that_dangles(self, root: Path) -> None:
        """An alias that the target points to is not made to point to the target, which would be a circle."""
        (root / "bin" / "python").unlink()
        (root / "bin" / "python").symlink_to("python.exe")
        (root / "bin" / "python.exe").symlink_to("gone")
        before = tree(root)

        assert refusal(link_in(root, "python-exe")) == f"{root / 'bin' / 'python'} points to it"

        assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
class TestParentIsALink:
    """The directory that the alias is in may be a link, as long as that stays in the environment."""

    @pytest.fixture
    def victim(self, root: Path, tmp_path: Path) -> Path:
        """Return somebody else's directory, with a link in it that points to the target, too."""
        victim = tmp_path / "victim"
        victim.mkdir()
        (victim / "site-packages").symlink_to(root / "lib" / "python3.13" / "site-packages")
        return victim

    def test_inside(self, root: Path) -> None:
        """Where Lib points to lib, as both names do on macOS without a link, the alias is made there."""
        (root / "Lib").symlink_to("lib")
        link = link_in(root, "site-packages")

        assert make(link) == MADE
        assert make(link) == ALREADY

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")
        assert link.remove()
        assert os.listdir(root / "lib") == ["python3.13"]

    def test_environment_itself(self, root: Path) -> None:
        """The environment's own directory is as good."""
        (root / "Lib").symlink_to(".")
        link = link_in(root, "site-packages")

        assert make(link) == MADE

        assert os.readlink(root / "site-packages") == os.path.join("lib", "python3.13", "site-packages")
        assert link.remove()
        assert not os.path.lexists(root / "site-packages")

    def test_inside_below_linked_directory(self, root: Path, tmp_path: Path) -> None:
        """So it is where the environment itself has two paths."""
        (root / "Lib").symlink_to("lib")
        (tmp_path / "link").symlink_to("environment")

        assert make(link_in(tmp_path / "link", "site-packages")) == MADE

        assert os.readlink(root / "lib" / "site-packages") == os.path.join("python3.13", "site-packages")

    @pytest.mark.parametrize("name", ["elsewhere", "environment-2"])
    def test_outside(self, root: Path, tmp_path: Path, name: str) -> None:
        """Nothing is ever written or removed outside the environment."""
        elsewhere = tmp_path / name
        elsewhere.mkdir()
        (root / "Lib").symlink_to(f"../{name}")
        link = link_in(root, "site-packages")
        reason = f"{root / 'Lib'} points out of the environment, to {elsewhere.resolve()}"

        assert refusal(link) == reason
        with pytest.raises(LinkError) as caught:
            link.check()
        assert str(caught.value) == f"could not check {link.alias} - {reason}"
        assert os.listdir(elsewhere) == []

        (elsewhere / "site-packages").symlink_to(link.target)
        for force in (True, False):
            with pytest.raises(LinkError) as caught:
                link.remove(force=force)
            assert str(caught.value) == f"kept {link.alias} - {reason}"
        assert (elsewhere / "site-packages").is_symlink()

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

    def test_exchanged_while_scripts_are_searched(
        self, root: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A link is removed in the directory that was looked at, even if its owner exchanges that at last."""
        (root / "Lib").mkdir()
        link = link_in(root, "site-packages")
        link.make()
        unlink = os.unlink

        def exchange_and_unlink(path: str, *, dir_fd: int | None = None) -> None:
            (root / "Lib").rename(root / "moved")
            (root / "Lib").symlink_to(victim)
            unlink(path, dir_fd=dir_fd)

        monkeypatch.setattr(os, "unlink", exchange_and_unlink)

        assert link.remove()

        assert (victim / "site-packages").is_symlink()
        assert os.listdir(root / "moved") == []

    def test_exchanged_before_it_is_resolved(self, root: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A directory that points out by the time its path is resolved is refused, also with force."""
        link = link_in(root, "site-packages")
        link.make()

        def exchange_and_resolve(path: str) -> str:
            monkeypatch.undo()
            (root / "Lib").rename(root / "moved")
            (root / "Lib").symlink_to(victim)
            found = _filesystem.resolve(path)
            (root / "Lib").unlink()
            (root / "moved").rename(root / "Lib")
            return found

        monkeypatch.setattr(Link, "_refuse_if_needed", lambda *_: None)
        monkeypatch.setattr("virtualenv_link_bin_scripts._link.resolve", exchange_and_resolve)

        assert link.remove(force=True)

        assert (victim / "site-packages").is_symlink()
        assert not (root / "Lib").exists()

    def test_exchanged_before_it_is_opened(self, root: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A directory that becomes a link between its check and its opening is refused."""
        link = link_in(root, "site-packages")
        link.make()

        def resolve_and_exchange(path: str) -> str:
            found = _filesystem.resolve(path)
            (root / "Lib").rename(root / "moved")
            (root / "Lib").symlink_to(victim)
            monkeypatch.undo()
            return found

        monkeypatch.setattr("virtualenv_link_bin_scripts._link.resolve", resolve_and_exchange)

        with pytest.raises(LinkError, match="points out of the environment"):
            link.remove()

        assert (victim / "site-packages").is_symlink()


class TestUnknownTarget:
    """Where the site-packages is unknown, no link is made, and one that this package may have made is removed."""

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    def test_other_reason(self, root: Path) -> None:
        """Another reason that prevents the link is not hidden by it."""
        (root / "lib").rename(root / "library")
        (root / "Lib").symlink_to("..")
        with pytest.raises(LinkError) as caught:
            link_in(root, "site-packages").make()
        assert str(caught.value).startswith(
            f"could not link {root / 'Lib' / 'site-packages'} - {root / 'Lib'} points out"
        )

    def test_make(self, root: Path) -> None:
        """That is the error."""
        (root / "lib").rename(root / "library")
        for act in (link_in(root, "site-packages").make, link_in(root, "site-packages").check):
            with pytest.raises(LayoutError) as caught:
                act()
            assert str(caught.value) == f"{root / 'lib'}: no such directory"

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    @pytest.mark.parametrize("version", ["3.1", "3.13"])
    def test_remove(self, root: Path, version: str) -> None:
        """A link to the site-packages of any Python is removed."""
        (root / "lib").rename(root / "library")
        (root / "Lib").mkdir()
        (root / "Lib" / "site-packages").symlink_to(f"../lib/python{version}/site-packages")
        before = [name for name in tree(root) if not name.startswith("Lib")]

        result = link_in(root, "site-packages").remove()

        assert result
        assert (result.verb, result.destination) == ("removed", f"../lib/python{version}/site-packages")
        assert list(tree(root)) == before


class TestRefusal:
    """What might be missed stays, and the message names it."""

    @pytest.mark.parametrize("what", ["a file", "a FIFO", "a socket"])
    def test_file(self, link: Link, root: Path, place: Path, what: str) -> None:
        """A file of any kind stays as it is."""
        with ExitStack() as stack:
            if what == "a file":
                place.write_text("precious", encoding="utf-8")
            elif sys.platform == "win32":  # pragma: win32 cover
                pytest.skip("POSIX only")
            elif what == "a FIFO":
                os.mkfifo(place)
            else:
                family = stack.enter_context(socket.socket(socket.AF_UNIX))
                stack.enter_context(change_directory(place.parent))  # since the path of a socket must be short
                family.bind(place.name)
            before = tree(root)

            assert refusal(link) == in_the_way(link, "a file")
            assert link.remove() is None

            assert tree(root) == before

    def test_non_empty_directory(self, link: Link, root: Path, place: Path) -> None:
        """A directory with something in it stays as it is."""
        place.mkdir()
        (place / "precious").touch()
        before = tree(root)

        assert refusal(link) == in_the_way(link, "a non-empty directory")
        assert link.remove() is None

        assert tree(root) == before

    def test_directory_not_readable(self, as_ordinary_user: Path) -> None:
        """A directory that can't be looked into stays, and the reason is the system's."""
        (as_ordinary_user / "bin").mkdir()
        link = link_in(as_ordinary_user, "bin-scripts")
        (as_ordinary_user / "Scripts").mkdir()
        (as_ordinary_user / "Scripts" / "precious").touch()
        (as_ordinary_user / "Scripts").chmod(0o000)

        reason = refusal(link)

        (as_ordinary_user / "Scripts").chmod(0o755)
        assert reason == os.strerror(errno.EACCES)

    def test_parent_is_file(self, root: Path) -> None:
        """A file in the place of the directory that the alias is in is left as it is."""
        (root / "Lib" if sys.platform != "win32" else root / "Lib2").parent.mkdir(exist_ok=True)
        before = (root / "lib" / "python3.13").rename(root / "python3.13")
        (root / "lib").rmdir()
        (root / "Lib").write_text("precious", encoding="utf-8")
        environment = Environment(str(root), str(root / "bin"), "python", str(before))
        ((alias, target, _),) = environment.links("site-packages")
        link = Link(environment, alias, target)

        assert refusal(link) == f"{root / 'Lib'} is not a directory, and was left alone"
        assert link.remove() is None

        assert (root / "Lib").read_text(encoding="utf-8") == "precious"

    @pytest.mark.parametrize("option", OPTIONS)
    def test_no_permission(self, as_ordinary_user: Path, option: str) -> None:
        """Where the user may not write, the reason is the system's."""
        root = as_ordinary_user
        (root / "bin").mkdir()
        (root / "bin" / "python").touch()
        (root / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
        before = tree(root)
        directories = [root / "bin", root / "lib", root]
        for directory in directories:
            directory.chmod(0o555)

        reason = refusal(link_in(root, option))

        for directory in directories:
            directory.chmod(0o755)
        assert reason == os.strerror(errno.EACCES)
        assert tree(root) == before

    def test_parent_cannot_be_searched(self, as_ordinary_user: Path) -> None:
        """A link in a directory that can't be searched is not taken for none."""
        root = as_ordinary_user
        (root / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
        link = link_in(root, "site-packages")
        link.make()
        Path(link.alias).parent.chmod(0o000)

        with pytest.raises(LinkError) as caught:
            link.remove()

        Path(link.alias).parent.chmod(0o755)
        assert str(caught.value) == f"could not remove {link.alias} - {os.strerror(errno.EACCES)}"

    @pytest.mark.usefixtures("links")
    def test_no_target(self, root: Path) -> None:
        """Where there is no target, nothing is left behind, not even the directory that the alias would be in."""
        before = tree(root)
        environment = Environment(str(root), str(root / "bin"), "python", None)

        refusal(Link(environment, str(root / "Library" / "alias"), "gone"))

        assert tree(root) == before

    def test_no_target_and_something_there(self, root: Path) -> None:
        """Where there is no target, an empty directory in the alias's place stays."""
        (root / "alias").mkdir()
        before = tree(root)
        environment = Environment(str(root), str(root / "bin"), "python", None)

        refusal(Link(environment, str(root / "alias"), "gone"))

        assert tree(root) == before

    @posix
    def test_target_is_a_circle(self, root: Path) -> None:
        """A target that is a link in a circle is no target."""
        (root / "bin" / "python").unlink()
        (root / "bin" / "python").symlink_to("python3")
        (root / "bin" / "python3").symlink_to("python")
        (root / "bin" / "python.exe").symlink_to("gone")

        assert refusal(link_in(root, "python-exe")) == os.strerror(errno.ELOOP)

        assert os.readlink(root / "bin" / "python.exe") == "gone"


@contextmanager
def change_directory(directory: Path) -> Iterator[None]:
    """Work in a directory for a while."""
    before = Path.cwd()
    os.chdir(directory)
    yield
    os.chdir(before)


@posix
class TestFaults:
    """Where the system fails to look, the answer is a refusal and never "nothing there"; a disk seldom fails so."""

    @pytest.mark.parametrize("place", ["site-packages: Lib", "bin-scripts: Scripts"])
    @pytest.mark.parametrize("reason", [errno.EIO, errno.EACCES])
    @pytest.mark.usefixtures("case_sensitive")
    def test_look(self, root: Path, monkeypatch: pytest.MonkeyPatch, place: str, reason: int) -> None:
        """Nothing is written or removed where Lib, or the alias, can't be looked at."""
        option, name = place.split(": ")
        tmp_path = root.parent
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "site-packages").symlink_to("gone")
        (root / name).symlink_to("../outside")
        before = tree(tmp_path)
        monkeypatch.setattr(os, "readlink", failing(os.readlink, name, reason))
        monkeypatch.setattr(os, "lstat", failing(os.lstat, name, reason))
        link = link_in(root, option)

        acts: list[Callable[[], object]] = [link.check, link.make, lambda: link.remove(force=True)]
        for act in acts:
            with pytest.raises(LinkError, match=os.strerror(reason)):
                act()

        monkeypatch.undo()
        assert tree(tmp_path) == before

    @pytest.mark.usefixtures("case_sensitive")
    def test_link_taken_for_directory(self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link on the way to Lib that os.path.realpath fails to read is not taken for a directory."""
        (tmp_path / "outside" / "below").mkdir(parents=True)
        (root / "way").symlink_to(tmp_path / "outside")
        (root / "Lib").symlink_to("way/below")
        monkeypatch.setattr(
            "virtualenv_link_bin_scripts._link.resolve",
            lambda path: str(root / "way" / "below") if path.endswith("Lib") else path,
        )

        assert "points out of the environment" in refusal(link_in(root, "site-packages"))

        assert os.listdir(tmp_path / "outside" / "below") == []


def failing(function: Callable[..., object], name: str, reason: int) -> Callable[..., object]:
    """Return a function of the system that fails for one name."""

    def fail(path: str, **options: object) -> object:
        if os.path.basename(path) == name:
            raise OSError(reason, os.strerror(reason), path)
        return function(path, **options)

    return fail


class TestSystemWithoutLinks:
    """Where the system refuses every link, all stays as it was; not every machine has such a file system."""

    @pytest.fixture(autouse=True)
    def _no_links(self, monkeypatch: pytest.MonkeyPatch) -> None:
        symlink = os.symlink

        def refuse(content: str, path: str, *, target_is_directory: bool = False) -> None:
            if content == "gone":
                symlink(content, path, target_is_directory)
            else:
                raise OSError(errno.EPERM, "Operation not permitted", content, None, path)

        monkeypatch.setattr(os, "symlink", refuse)
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

    def test_empty_directory_stays(self, link: Link, root: Path, place: Path) -> None:
        """An empty directory is not touched."""
        place.mkdir(mode=0o700)
        before = tree(root), place.lstat().st_ino

        assert refusal(link) == "Operation not permitted"

        assert (tree(root), place.lstat().st_ino) == before

    @posix
    def test_former_link_stays(self, link: Link, root: Path, place: Path) -> None:
        """A link that points elsewhere is not touched, though it dangles."""
        os.symlink("gone", place)
        before = tree(root), place.lstat().st_ino

        assert refusal(link) == "Operation not permitted"

        assert (tree(root), place.lstat().st_ino) == before

    @posix
    def test_reports_former_link_though_first_try_failed(
        self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the former link pointed is reported, also if the system refuses at first."""
        os.symlink("gone", place)

        def refuse_once(*_: str) -> None:
            monkeypatch.undo()
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "symlink", refuse_once)

        assert make(link) == ("linked", "gone")


@posix
class TestListed:
    """What a listing of the scripts directory says spares a look, and is not trusted any further."""

    @pytest.fixture
    def links(self, root: Path) -> Callable[[], dict[str, Link]]:
        """Return the links of an environment's programs, as they are now."""
        (root / "bin" / "tool").touch(mode=0o755)
        environment = Environment(str(root), str(root / "bin"), "python", None)
        return lambda: {
            os.path.basename(alias): Link(environment, alias, target, listed)
            for alias, target, listed in environment.links("exe")
        }

    def test_right_link_costs_no_look(self, links: Callable[[], dict[str, Link]]) -> None:
        """A link that is right costs nothing more."""
        links()["tool.exe"].make()
        link = links()["tool.exe"]
        with pytest.MonkeyPatch.context() as patch:
            for name in ("lstat", "readlink", "stat"):
                patch.setattr(os, name, pytest.fail)
            results = [link.make(), link.check()]

        assert [result.verb for result in results if result] == ["already linked", "already linked"]

    @pytest.mark.parametrize("what", ["file", "right link", "other link"])
    def test_place_that_was_empty(self, root: Path, links: Callable[[], dict[str, Link]], what: str) -> None:
        """What has taken the place since the listing is looked at."""
        link = links()["tool.exe"]
        if what == "file":
            (root / "bin" / "tool.exe").write_text("precious", encoding="utf-8")
            assert refusal(link) == in_the_way(link, "a file")
            assert (root / "bin" / "tool.exe").read_text(encoding="utf-8") == "precious"
        elif what == "right link":
            (root / "bin" / "tool.exe").symlink_to("tool")
            assert make(link) == ALREADY
        else:
            (root / "bin" / "tool.exe").symlink_to("gone")
            assert make(link) == ("linked", "gone")

    def test_left_over(self, root: Path, links: Callable[[], dict[str, Link]]) -> None:
        """A left-over is cleared away, beside a link that is missing and beside one that is right."""
        for expected in (MADE, ALREADY):
            (root / "bin" / "tool.exe.virtualenv-link-bin-scripts").symlink_to("tool")
            assert make(links()["tool.exe"]) == expected
            assert sorted(os.listdir(root / "bin")) == ["python", "tool", "tool.exe"]

    def test_stale(self, root: Path, links: Callable[[], dict[str, Link]]) -> None:
        """A link whose program is gone is removed, unless the program comes back."""
        links()["tool.exe"].make()
        (root / "bin" / "tool").unlink()
        link = links()["tool.exe"]
        assert link.check().verb == "stale"
        (root / "bin" / "tool").touch(mode=0o755)
        assert link.make() is None
        (root / "bin" / "tool").unlink()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "lstat", failing(os.lstat, "tool", errno.EIO))
            with pytest.raises(LinkError, match=os.strerror(errno.EIO)):
                link.make()

        result = link.make()

        assert result
        assert result.verb == "removed"
        assert os.listdir(root / "bin") == ["python"]


class TestRemove:
    """remove() removes the link that make() makes, and the directory that it was in if that is empty then."""

    @pytest.mark.usefixtures("links")
    def test_is_the_inverse(self, link: Link, root: Path) -> None:
        """Everything is as it was before make(), and no descriptor is left open."""
        before = tree(root)
        link.make()
        free = os.dup(1)
        os.close(free)

        result = link.remove()

        assert os.dup(1) == free
        os.close(free)

        assert result
        assert (result.verb, result.destination) == (
            "removed",
            os.path.relpath(link.target, os.path.dirname(link.alias)),
        )
        assert tree(root) == before
        assert link.remove() is None

    @posix
    def test_removes_absolute_link(self, link: Link, place: Path) -> None:
        """An absolute link to the target, as people make by hand, is removed."""
        place.symlink_to(link.target)
        assert link.remove()
        assert not os.path.lexists(place)

    @posix
    @pytest.mark.parametrize("destination", [".", "tools", "gone", "/gone", ".."])
    def test_keeps_link_that_points_elsewhere(self, link: Link, place: Path, destination: str) -> None:
        """A link that points elsewhere is somebody's: it is kept, with its destination named, unless forced."""
        place.symlink_to(destination)

        with pytest.raises(LinkError) as caught:
            link.remove()

        assert str(caught.value) == f"kept {link.alias} - it points to {destination}; pass --force to remove it anyway"
        assert os.readlink(place) == destination
        result = link.remove(force=True)
        assert result
        assert result.destination == destination
        assert not os.path.lexists(place)

    @pytest.mark.usefixtures("links")
    def test_keeps_link_that_scripts_run_through(self, link: Link) -> None:
        """A link that scripts run through is kept, and they are named, unless forced."""
        link.make()

        with pytest.raises(LinkError) as caught:
            link.remove(["pip"])

        assert str(caught.value).startswith(f"kept {link.alias} - these scripts run through it: pip; ")
        assert is_right(link)
        assert link.remove(["pip"], force=True)

    @pytest.mark.usefixtures("links")
    def test_keeps_directory_with_something_else(self, root: Path) -> None:
        """Lib stays if there is something else in it."""
        link = link_in(root, "site-packages")
        link.make()
        (root / "Lib" / "precious").touch()

        assert link.remove()

        assert (root / "Lib" / "precious").exists()
