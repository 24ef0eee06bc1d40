"""Other processes, killed processes and system calls that fail, while one link is made or removed."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import links
import pytest
from conftest import posix, run, tree
from links import failing, in_the_way, interleave, is_right, link_in, make, others, put, remove, temporary

from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

RESOLVE = "virtualenv_link_bin_scripts._link.resolve"
#: How the owner puts a link in the place of the directory that the alias is in, and takes it back.
EXCHANGE, RESTORE = "mv Lib moved; ln -s ../victim Lib", "rm Lib; mv moved Lib"

root, link, place, winapi = links.root, links.link, links.place, links.winapi


@pytest.mark.usefixtures("links")
class TestKilledProcess:
    """What a killed process left under the temporary name is cleared away by the next one, and nothing else is."""

    @pytest.mark.parametrize(
        ("what", "outcomes"),
        [
            ("nothing", ("linked", "nothing")),
            ("right link", ("already linked", "removed")),
            ("empty directory", ("linked", "nothing")),
            ("dangling link", ("linked", "kept: it points to ")),
            ("file", ("a file is in the way", "nothing")),
            pytest.param("FIFO", ("a file is in the way", "nothing"), marks=posix),
        ],
    )
    @pytest.mark.parametrize("act", [make, remove])
    def test_link_is_removed(
        self, link: Link, root: Path, what: str, outcomes: tuple[str, str], act: Callable[[Link], str]
    ) -> None:
        """A link is removed, and what is in the alias's place by now is treated as it is without the left-over."""
        if what == "right link":
            make(link)
        else:
            put(Path(link.alias), what)
        before = tree(root), others(link)
        put(temporary(link), "link", Path(link.target))

        done = act(link)

        assert done.startswith(outcomes[act is remove])
        assert others(link) == before[1]
        assert act is remove or is_right(link) == ("linked" in done)
        assert (tree(root) == before[0]) != done.startswith(("linked", "removed"))

    @posix
    @pytest.mark.parametrize("what", ["file", "directory"])
    def test_anything_else_is_left_alone(self, link: Link, place: Path, what: str) -> None:
        """A file or a directory of that name is not touched, and is in the way of a link that must be replaced."""
        put(place, "dangling link")
        put(temporary(link), what)
        before = others(link)
        reason = f"{temporary(link)} is in the way, and was left alone"

        assert make(link) == reason
        assert os.readlink(place) == "gone"
        assert remove(link, force=True) == "removed gone"
        assert make(link) == ("linked" if _filesystem.LINKS.made_at_once else reason)

        assert others(link) == before

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    @pytest.mark.parametrize("killed", [True, False])
    @pytest.mark.parametrize("act", [make, remove])
    def test_empty_directory(self, root: Path, act: Callable[[Link], str], killed: bool) -> None:
        """A Lib that a killed process has left empty is removed by --remove; somebody's own empty Lib stays."""
        before = tree(root)
        put(root / "Lib", "empty directory")
        put(root / f"Lib{links.TEMPORARY}", "-> Lib" if killed else "nothing")

        assert act(link_in(root, "site-packages")) == ("linked" if act is make else "nothing")

        added = tree(root).keys() - before.keys()
        assert added == ({"Lib", "Lib/site-packages"} if act is make else set() if killed else {"Lib"})

    @posix
    def test_interpreter_needs_it(self, root: Path) -> None:
        """A link of that name that the interpreter leads through is not removed, however it came there."""
        link = link_in(root, "python-exe")
        run("sh", "-ec", 'mv python python3; ln -s python3 "$0"; ln -s "$0" python', temporary(link), cwd=root / "bin")
        before = others(link)

        assert make(link) == "linked"

        assert others(link) == before


@posix
@links.symbolic
class TestLastMoment:
    """Between a look at the alias's place and the next system call, another process changes it."""

    @pytest.mark.parametrize(
        ("what", "call", "then"),
        [
            ("nothing", "os.symlink", "right link"),
            ("empty directory", "os.lstat", "right link"),
            ("empty directory", "os.symlink", "directory"),
            ("dangling link", "os.symlink", "file"),
            ("nothing", "os.stat", "file"),  # which compares the new link with the target
        ],
    )
    def test_make(self, link: Link, monkeypatch: pytest.MonkeyPatch, what: str, call: str, then: str) -> None:
        """The right link of another process is welcome, and a file or a directory with something in it is not lost."""
        place = Path(link.alias)
        put(place, what)

        def exchange() -> None:
            run("rm", "-rf", place)
            put(place, then, Path(link.target))

        interleave(monkeypatch, call, exchange)

        assert make(link) == ("already linked" if then == "right link" else in_the_way(link, then))

        assert is_right(link) == (then == "right link")
        assert place.is_file() or os.listdir(place)
        assert not os.path.lexists(temporary(link))

    def test_remove(self, link: Link, root: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process removes at the same moment is removed."""
        before = tree(root)
        make(link)
        interleave(monkeypatch, "os.unlink", place.unlink)

        assert remove(link) == "nothing"

        assert tree(root) == before

    def test_interrupted(self, link: Link, root: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C while a link is being replaced leaves the former one, and nothing beside it."""
        put(place, "dangling link")
        before = tree(root)
        monkeypatch.setattr(os, "rename", failing(KeyboardInterrupt()))

        with pytest.raises(KeyboardInterrupt):
            link.make()

        assert tree(root) == before

    def test_interrupted_removal(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C right after a link is removed leaves no empty directory."""
        before = tree(root)
        make(link)
        interleave(monkeypatch, "os.unlink", lambda: None, failing(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            link.remove()
        assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
def test_interrupted_making(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C right after Lib is made leaves no empty directory."""
    before = tree(root)
    interleave(monkeypatch, "os.mkdir", lambda: None, failing(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        link_in(root, "site-packages").make()

    assert tree(root) == before


@posix
@pytest.mark.parametrize("call", ["os.symlink", "os.rename"])
def test_second_try(link: Link, place: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Where the former link pointed is reported, also if the system refuses the new one at first."""
    put(place, "dangling link")
    interleave(monkeypatch, call, failing(OSError(errno.EIO, os.strerror(errno.EIO))))

    assert make(link) == "linked, replacing gone"

    assert place.samefile(link.target)


@posix
@pytest.mark.usefixtures("case_sensitive")
@pytest.mark.parametrize(
    ("call", "before", "after"),
    [("os.unlink", EXCHANGE, ""), (RESOLVE, EXCHANGE, RESTORE), (RESOLVE, "", EXCHANGE)],
    ids=["at last", "while it is resolved", "once it is resolved"],
)
def test_parent_is_exchanged(root: Path, monkeypatch: pytest.MonkeyPatch, call: str, before: str, after: str) -> None:
    """A link is removed in the directory that was looked at, or kept, if the owner exchanges that for another one."""
    link = link_in(root, "site-packages")
    make(link)
    victim = root.with_name("victim")
    put(victim / "site-packages", "link", Path(link.target))
    monkeypatch.setattr(Link, "_refuse_if_needed", lambda *_: None)  # which resolves paths, too
    interleave(monkeypatch, call, *(partial(run, "sh", "-ec", steps, cwd=root) for steps in (before, after)))

    done = remove(link)

    kept = [path for path in tree(root) if path.endswith("/site-packages") and (root / path).is_symlink()]
    refused = f"kept: {root / 'Lib'} points out of the environment, to {victim}", ["moved/site-packages"]
    assert (done, kept) == (refused if after == EXCHANGE else ("removed ../lib/python3.13/site-packages", []))
    assert os.listdir(victim) == ["site-packages"]


@posix
@pytest.mark.usefixtures("case_sensitive")
@pytest.mark.parametrize(
    ("act", "what", "call"),
    [
        (make, "nothing", "os.symlink"),
        (make, "nothing", "os.stat"),
        (make, "dangling link", "os.symlink"),
        (make, "dangling link", "os.rename"),
        (make, "empty directory", "os.rmdir"),
        (make, "left-over", "os.unlink"),
        (remove, "left-over", "os.unlink"),
    ],
)
def test_parent_is_exchanged_at_last(
    root: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Link], str], what: str, call: str
) -> None:
    """Nothing outside is made, replaced or removed if the owner exchanges the directory, however late, and back."""
    link = link_in(root, "site-packages")
    put(root / "Lib" / "precious", "file")
    put(temporary(link) if what == "left-over" else Path(link.alias), "dangling link" if what == "left-over" else what)
    (victim := root.with_name("victim")).mkdir()
    for name in ("site-packages", temporary(link).name):
        put(victim / name, "empty directory" if what == "empty directory" else "dangling link")
    if what == "nothing":
        (victim / "site-packages").unlink()
    before = tree(victim)
    interleave(monkeypatch, call, *(partial(run, "sh", "-ec", steps, cwd=root) for steps in (EXCHANGE, RESTORE)))

    act(link)

    assert tree(victim) == before
    assert act is remove or is_right(link)


@pytest.mark.usefixtures("links")
class TestAtOnce:
    """Many do the same at once."""

    @pytest.mark.parametrize(
        "what", ["nothing", "empty directory", "dangling link", pytest.param("left-over", marks=posix)]
    )
    def test_make(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
        """All that make the link succeed, and there is one link in the end."""
        monkeypatch.setattr(_filesystem, "_PAUSE", 0.01)
        before = others(link)
        with ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                if what == "left-over":
                    put(temporary(link), "dangling link" if _filesystem.LINKS.made_at_once else "empty directory")
                else:
                    put(place, what)
                results = {result.partition(",")[0] for result in pool.map(make, [copy(link) for _ in range(8)])}
                assert results <= {"linked", "already linked"}
                assert is_right(link)
                assert others(link) == before
                assert remove(link).startswith("removed ")

    @posix
    def test_remove(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """All that remove the link succeed, and nothing of it is left in the end."""
        monkeypatch.setattr(_filesystem, "_PAUSE", 0.01)
        before = tree(root)
        with ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                make(link)
                results = {result.partition(" ")[0] for result in pool.map(remove, [copy(link) for _ in range(8)])}
                assert "removed" in results
                assert results <= {"removed", "nothing"}
                assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
@pytest.mark.parametrize("option", ["site-packages", "bin-scripts"])
@pytest.mark.parametrize("reason", [errno.EIO, errno.EACCES])
def test_look_fails(root: Path, monkeypatch: pytest.MonkeyPatch, option: str, reason: int) -> None:
    """Where Lib, or the alias, can't be looked at, as on a disk that fails, nothing is written or removed."""
    link = link_in(root, option)
    name, _, _ = links.ALIASES[option].partition("/")
    put(root.with_name("outside") / "site-packages", "link", root)
    (root / name).symlink_to("../outside")
    before = tree(root.parent)
    readlink = os.readlink

    def fail(path: str, **options: int) -> str:
        if os.path.basename(path) == name:
            raise OSError(reason, os.strerror(reason), path)
        return readlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "readlink", fail)
        with pytest.raises(LinkError, match=f"^could not check {link.alias} - {os.strerror(reason)}$"):
            link.check()
        assert make(link) == os.strerror(reason)
        assert remove(link, force=True) == f"could not remove: {os.strerror(reason)}"

    assert tree(root.parent) == before
