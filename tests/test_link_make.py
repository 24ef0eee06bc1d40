"""Making one link, on the real file system: what it may take the place of, and what is refused."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import links
import pytest
from conftest import make_environment, posix, run, tree
from links import (
    ALIASES,
    check,
    failing,
    in_the_way,
    inode,
    interleave,
    is_right,
    link_in,
    make,
    others,
    put,
    remove,
    symbolic,
)

from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._environment import Environment, LayoutError
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

root, link, place, winapi = links.root, links.link, links.place, links.winapi


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("what", ["nothing", "empty directory", "link", "dangling link"])
def test_takes_place(link: Link, place: Path, tmp_path: Path, what: str) -> None:
    """It takes the place of nothing, an empty directory or a link, as in a relocated environment, and says so."""
    put(tmp_path / "elsewhere", "directory" if what == "link" else "nothing")
    put(place, what, tmp_path / "elsewhere")
    before = others(link)
    assert check(link) == "missing"

    done = make(link)

    pointed = tmp_path / "elsewhere" if sys.platform == "win32" else os.path.relpath("elsewhere", place.parent)
    assert done == (f"linked, replacing {pointed}" if "link" in what else "linked")
    assert is_right(link)
    assert others(link) == before
    made = place.lstat()
    assert make(link) == "already linked"
    assert (inode(place), place.lstat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


@posix
@symbolic
def test_makes_absolute_link_relative(link: Link, root: Path, place: Path) -> None:
    """An absolute link to the target, as people make it, silently becomes one that works in a moved environment."""
    put(place, f"-> {link.target}")
    before = others(link)

    assert make(link) == "linked"

    assert is_right(link)
    assert others(link) == before
    moved = root.rename(root.with_name("moved"))
    alias, target = (moved / Path(path).relative_to(root) for path in (link.alias, link.target))
    assert alias.samefile(target)


class TestRefused:
    """What might be missed stays, and the message names it."""

    @pytest.mark.parametrize(
        "what", ["file", "directory", pytest.param("FIFO", marks=posix), pytest.param("socket", marks=posix)]
    )
    def test_what_is_no_link(self, link: Link, root: Path, place: Path, what: str) -> None:
        """A file of any kind stays, and so does a directory with something in it; there is no link to remove."""
        put(place, what)
        before = tree(root)

        assert make(link) == in_the_way(link, what)
        assert remove(link) == "nothing"

        assert tree(root) == before

    @pytest.mark.parametrize("what", ["file", pytest.param("dangling link", marks=posix)])
    def test_parent(self, root: Path, what: str) -> None:
        """What is no directory is no place for an alias."""
        (root / "lib").rename(root / "library")  # since Lib may be lib
        put(root / "Lib", what)
        before = tree(root)
        link = link_in(root, "site-packages", str(root / "library" / "python3.13" / "site-packages"))

        assert make(link) == f"{root / 'Lib'} is not a directory, and was left alone"
        assert remove(link) == "nothing"

        assert tree(root) == before

    @pytest.mark.parametrize(
        ("option", "what", "closed", "act"),
        [
            ("bin-scripts", "nothing", ".", make),
            ("python-exe", "nothing", "bin", make),
            ("site-packages", "nothing", ". lib", make),
            ("bin-scripts", "directory", "Scripts", make),
            ("exe", "dangling link", "bin", make),  # whose program may be there
            ("site-packages", "dangling link", "Lib", remove),
        ],
    )
    def test_permission(
        self, as_ordinary_user: Path, option: str, what: str, closed: str, act: Callable[[Link], str]
    ) -> None:
        """Where the user may not write, or not look at what exists, nothing changes, and the reason is the system's."""
        root = make_environment(as_ordinary_user, "bin")
        put(root / ALIASES[option], what, root / "bin" / "tool")
        link = link_in(root, option)
        before = tree(root)
        modes = {root / name: (root / name).stat().st_mode for name in closed.split()}
        for directory in modes:
            directory.chmod(0o555 if what == "nothing" else 0o000)

        done = act(link)

        for directory, former in modes.items():
            directory.chmod(former)
        assert done == ("could not remove: " if act is remove else "") + os.strerror(errno.EACCES)
        assert tree(root) == before

    @pytest.mark.usefixtures("links")
    @pytest.mark.parametrize(("alias", "what"), [("Library/alias", "nothing"), ("alias", "empty directory")])
    def test_no_target(self, root: Path, alias: str, what: str) -> None:
        """Where there is no target, nothing is left behind, not even the alias's directory, and nothing goes."""
        put(root / alias, what)
        before = tree(root)
        link = Link(Environment(str(root), str(root / "bin"), "python", None), str(root / alias), "gone")

        assert "linked" not in make(link)

        assert tree(root) == before

    @posix
    def test_scripts_directory_is_gone(self, root: Path) -> None:
        """A scripts directory that somebody is just deleting is not made again."""
        link = link_in(root, "python-exe")
        (root / "bin").rename(root / "deleted")
        before = tree(root)

        assert make(link) == os.strerror(errno.ENOENT)

        assert tree(root) == before

    @posix
    def test_target_is_a_circle(self, root: Path) -> None:
        """A target that is a link in a circle is no target."""
        steps = "rm python; ln -s python3 python; ln -s python python3; ln -s gone python.exe"
        run("sh", "-ec", steps, cwd=root / "bin")
        before = tree(root)

        assert make(link_in(root, "python-exe")) == os.strerror(errno.ELOOP)

        assert tree(root) == before


ONE_DIRECTORY = "cd lib; mv */site-packages .; rmdir python*; ln -s . python3.13; cd ..; [ -e Lib ] || ln -s lib Lib"
THROUGH_ALIAS = 'cd bin; mv python python3; ln -s "$PWD/python3" python.exe; ln -s python.exe python'
STORE = (
    "mv lib/python3.13/site-packages sp; mkdir -p Lib lib/python3.12 lib64/python3.13; ln -s ../sp Lib/site-packages"
)
TOOLS = 'mkdir tools; mv bin/python tools/python3; ln -s tools Scripts; ln -s ../Scripts bin/dl; ln -s "$PWD" ../way'


@posix
@pytest.mark.parametrize(
    ("option", "steps", "made", "removed"),
    [
        ("bin-scripts", "mv bin Scripts; ln -s Scripts bin", "already linked", "nothing"),
        ("site-packages", ONE_DIRECTORY, "already linked", "nothing"),
        ("python-exe", THROUGH_ALIAS, "already linked", "kept: "),  # as Python 3.9 does by bin/python.exe -m venv
        ("python-exe", "cd bin; ln -sf python.exe python; ln -s gone python.exe", "", "kept: "),
        ("bin-scripts", f"{TOOLS}; ln -s ../Scripts/python3 bin/python", "", "kept: "),
        ("bin-scripts", f'{TOOLS}; ln -s "$PWD/Scripts/python3" bin/python', "", "kept: "),
        ("bin-scripts", f'{TOOLS}; ln -s "/$PWD/Scripts/python3" bin/python', "", "kept: "),
        ("bin-scripts", f'{TOOLS}; ln -s "$PWD/../way/Scripts/python3" bin/python', "", "kept: "),
        ("bin-scripts", f"{TOOLS}; ln -s dl/python3 bin/python", "", "kept: "),
    ],
)
def test_environment_has_both_names(root: Path, option: str, steps: str, made: str, removed: str) -> None:
    """Nothing changes where alias and target are one, or where the interpreter or target leads through the alias."""
    run("sh", "-ec", steps, cwd=root)
    before = tree(root)
    link = link_in(root, option)
    reason = f"{root / 'bin' / 'python'} points to it"

    assert make(link) == (made or reason)
    for force in (False, True):
        assert remove(link, force=force) == removed.replace("kept: ", f"kept: {reason}")

    assert tree(root) == before


@posix
@pytest.mark.parametrize(("call", "reason"), [("os.stat", errno.EIO), ("os.path.samefile", errno.ENOENT)])
def test_interpreter_for_a_moment(root: Path, monkeypatch: pytest.MonkeyPatch, call: str, reason: int) -> None:
    """The alias that the interpreter leads through stays, also if that can't be told for a moment, as in an upgrade."""
    run("sh", "-ec", THROUGH_ALIAS, cwd=root)
    before = tree(root)
    interleave(monkeypatch, call, failing(OSError(reason, os.strerror(reason))))

    assert make(link_in(root, "python-exe")) == f"{root / 'bin' / 'python'} points to it"

    assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
@pytest.mark.parametrize(
    ("option", "steps", "version"),
    [
        ("site-packages", f"{STORE}; ln -s ../../Lib/site-packages lib/python3.13", "lib/python3.13"),
        ("site-packages", f"{STORE}; ln -s ../../Lib/site-packages lib/python3.12", "lib/python3.12"),
        ("site-packages", f"{STORE}; ln -s ../../Lib/site-packages lib64/python3.13", "lib64/python3.13"),
        ("site-packages", f"{STORE}; rmdir lib/python3.13; ln -s ../Lib lib/python3.13", "lib/python3.13"),
        (
            "bin-scripts",
            f"{STORE}; ln -s bin Scripts; ln -s ../../Scripts lib/python3.13/site-packages",
            "lib/python3.13",
        ),
    ],
)
def test_site_packages_lead_through_alias(root: Path, option: str, steps: str, version: str) -> None:
    """The alias stays that a site-packages leads through, of whichever version and on whichever way."""
    run("sh", "-ec", steps, cwd=root)
    before = tree(root)

    for force in (False, True):
        assert remove(link_in(root, option), force=force) == f"kept: {root / version / 'site-packages'} points to it"

    assert tree(root) == before


@posix
def test_interpreter_in_another_case(root: Path) -> None:
    """Where the file system ignores case, the interpreter's way through the alias is known in any spelling."""
    run("sh", "-ec", "cd bin; mv python python3; ln -s python3 python.exe; ln -s PYTHON.EXE python", cwd=root)
    ignored = (root / "BIN").exists()
    before = tree(root)
    reason = f"{root / 'bin' / 'python'} points to it"

    assert make(link_in(root, "python-exe")) == ("already linked" if ignored else os.strerror(errno.ENOENT))
    assert tree(root) == before

    done = remove(link_in(root, "python-exe"), force=True)
    assert done == (f"kept: {reason}" if ignored else "removed python3")


@posix
@pytest.mark.usefixtures("case_sensitive")
class TestParentIsALink:
    """The directory that the alias is in may be a link, as long as that stays in the environment."""

    @pytest.mark.parametrize("path", ["environment", "way"])
    @pytest.mark.parametrize(
        ("lib", "content"), [("lib", "python3.13/site-packages"), (".", "lib/python3.13/site-packages")]
    )
    def test_inside(self, root: Path, path: str, lib: str, content: str) -> None:
        """The alias is made where Lib points in the environment, whatever path that has, and removed there."""
        (root / "Lib").symlink_to(lib)
        root.with_name("way").symlink_to("environment")
        before = tree(root)
        link = link_in(root.with_name(path), "site-packages")

        assert [make(link), make(link)] == ["linked", "already linked"]
        assert os.readlink(root / lib / "site-packages") == content
        assert remove(link) == f"removed {content}"

        assert tree(root) == before

    @pytest.mark.parametrize(
        ("option", "name", "known"),
        [
            ("site-packages", "elsewhere", None),
            ("site-packages", "environment-2", None),
            ("site-packages", "elsewhere", "lib/python3.13/site-packages"),
            ("python-exe", "elsewhere", None),
        ],
    )
    def test_outside(self, root: Path, tmp_path: Path, option: str, name: str, known: str | None) -> None:
        """Nothing is ever written or removed outside the environment, not even a left-over."""
        parent = os.path.dirname(ALIASES[option])
        (root / parent).mkdir(exist_ok=True)
        elsewhere = (root / parent).rename(tmp_path / name)
        (root / parent).symlink_to(f"../{name}")
        link = link_in(root, option, known)
        reason = f"{root / parent} points out of the environment, to {elsewhere}"
        before = tree(tmp_path)

        assert make(link) == reason
        with pytest.raises(LinkError) as caught:
            link.check()
        assert str(caught.value) == f"could not check {link.alias} - {reason}"
        assert tree(tmp_path) == before

        Path(link.alias).symlink_to(f"../{known}" if known else link.target)
        links.temporary(link).symlink_to("gone")
        before = tree(tmp_path)
        assert {remove(link, force=force) for force in (False, True)} == {f"kept: {reason}"}
        assert make(link) == reason
        assert tree(tmp_path) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
def test_unknown_target(root: Path) -> None:
    """Where the site-packages is unknown, that is the error, unless another reason prevents the link anyway."""
    (root / "lib").rename(root / "library")
    link = link_in(root, "site-packages")
    for act in (link.make, link.check):
        with pytest.raises(LayoutError) as unknown:
            act()
        assert str(unknown.value) == f"{root / 'lib'}: no such directory"

    (root / "Lib").symlink_to("..")
    with pytest.raises(LinkError) as caught:
        link.make()
    reason = f"{root / 'Lib'} points out of the environment, to {root.parent}"
    assert str(caught.value) == f"could not link {link.alias} - {reason}"


@pytest.mark.parametrize("what", ["nothing", "empty directory", pytest.param("dangling link", marks=posix)])
def test_system_without_links(link: Link, root: Path, place: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Where the system refuses every link, all stays as it was, with the first reason; such file systems are rare."""
    put(place, what)
    before = tree(root), inode(place)

    monkeypatch.setattr(os, "symlink", failing(PermissionError(errno.EPERM, "Operation not permitted")))
    if "_winapi" in sys.modules:
        monkeypatch.setattr("_winapi.CreateJunction", links.no_junction, raising=False)

    on_windows = _filesystem.LINKS.may_be_absolute
    assert make(link) == ("Request not supported" if on_windows else "Operation not permitted")

    assert (tree(root), inode(place)) == before


@posix
class TestListed:
    """What a listing of the scripts directory says spares a look, and is not trusted any further."""

    def test_right_link_costs_no_look(self, root: Path) -> None:
        """A link that is right costs nothing more."""
        make(link_in(root, "exe"))
        link = link_in(root, "exe")
        with pytest.MonkeyPatch.context() as patch:
            for name in ("lstat", "readlink", "stat"):
                patch.setattr(os, name, pytest.fail)
            assert make(link) == "already linked"
            assert check(link) == "already linked"

    @pytest.mark.parametrize("what", ["file", "right link", "dangling link"])
    def test_place_that_was_empty(self, root: Path, what: str) -> None:
        """What has taken the place since the listing is looked at."""
        link = link_in(root, "exe")
        put(Path(link.alias), what, Path(link.target) if what == "right link" else None)
        before = tree(root)

        done = {"right link": "already linked", "dangling link": "linked, replacing gone"}
        assert make(link) == done.get(what, in_the_way(link, what))

        assert (tree(root) == before) == (what != "dangling link")

    def test_left_over(self, root: Path) -> None:
        """A left-over is cleared away, beside a link that is missing and beside one that is right."""
        for done in ("linked", "already linked"):
            links.temporary(link_in(root, "exe")).symlink_to("tool")
            assert make(link_in(root, "exe")) == done
            assert is_right(link_in(root, "exe"))

    def test_program_that_is_gone_by_now(self, root: Path) -> None:
        """A program that is removed after the listing needs no link."""
        link = link_in(root, "exe")
        (root / "bin" / "tool").unlink()
        before = tree(root)
        assert check(link) is None

        assert link.make() is None

        assert tree(root) == before

    @pytest.mark.parametrize("what", ["nothing", "file", "-> python"])
    def test_left_over_of_a_program_that_is_gone(self, root: Path, what: str) -> None:
        """It is cleared away without a word, whatever is in the alias's place, since that is no link to the program."""
        (root / "bin" / "tool").unlink()
        put(root / "bin" / "tool.exe", what)
        before = tree(root)
        Path(f"{root}/bin/tool.exe{links.TEMPORARY}").symlink_to("tool")
        assert check(link_in(root, "exe")) is None

        assert link_in(root, "exe").make() is None

        assert tree(root) == before

    def test_stale(self, root: Path) -> None:
        """A link whose program is gone is removed, unless the program comes back."""
        make(link_in(root, "exe"))
        program = root / "bin" / "tool"
        program.unlink()
        link = link_in(root, "exe")
        assert check(link) == "stale"
        program.touch()
        assert link.make() is None
        program.unlink()

        assert make(link) == "removed"

        assert os.listdir(root / "bin") == ["python"]
