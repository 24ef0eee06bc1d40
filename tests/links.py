"""What the tests of links share: an environment, its links, what is in an alias's place, and what comes of a call."""

from __future__ import annotations

import errno
import os
import pkgutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import make_environment, posix, tree

from virtualenv_link_bin_scripts import _filesystem, _link
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._filesystem import LINK, LINKS, look
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[], object]

OPTIONS = ["bin-scripts", "python-exe", "site-packages", "exe"]
#: The aliases that the options add to an environment with a program ``tool``.
ALIASES = dict(zip(OPTIONS, ["Scripts", "bin/python.exe", "Lib/site-packages", "bin/tool.exe"]))
#: What a new link is called, after the alias, until it takes the place of something.
TEMPORARY = ".virtualenv-link-bin-scripts"

SYMBOLIC = OPTIONS[:3]
#: Lets a test have the symbolic links alone, where a junction differs.
symbolic = pytest.mark.parametrize("link", SYMBOLIC, indirect=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an environment with a program, in which nobody waits for other processes."""
    monkeypatch.setattr(_filesystem, "_PAUSE", 0)
    return make_root(tmp_path)


def make_root(directory: Path) -> Path:
    """Make an environment with a program."""
    root = make_environment(directory / "environment", "bin")
    (root / "bin" / "tool").touch(mode=0o755)
    return root


def link_in(root: Path, option: str, site_packages: str | None = None) -> Link:
    """Return the only link that an option adds to an environment."""
    environment = Environment(str(root), str(root / "bin"), "python", site_packages)
    ((alias, target, listed),) = environment.links(option)
    return Link(environment, alias, target, listed)


def create_junction(between: Callable[[Path], object]) -> Callable[[str, str], None]:
    """Return a CreateJunction that lets something happen between its two steps: on Windows, too, it takes two."""

    def create(target: str, alias: str) -> None:
        os.mkdir(alias)
        between(Path(alias))
        os.rmdir(alias)
        os.symlink(target, alias)

    return create


def failing(error: BaseException) -> Callable[..., Any]:
    """Return a function that fails."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


#: What CreateJunction does where there are no junctions.
no_junction = create_junction(failing(OSError(errno.EINVAL, "Request not supported")))


@pytest.fixture
def winapi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make links as on Windows, by a fake: an absolute symbolic link answers the functions of os as a junction does."""
    rename = os.rename

    def rename_to_nothing(source: str, target: str) -> None:
        if os.path.lexists(target):  # pragma: no cover - while the code is right
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        rename(source, target)

    winapi = SimpleNamespace(CreateJunction=create_junction(lambda _: os.sched_yield()))
    monkeypatch.setitem(sys.modules, "_winapi", winapi)
    for module in (_filesystem, _link):
        monkeypatch.setattr(module, "LINKS", _filesystem._Junctions())
    monkeypatch.setattr(_filesystem, "_open_directory", lambda *_: None)
    monkeypatch.setattr(os, "rename", rename_to_nothing)
    monkeypatch.setattr(_filesystem, "_FINAL", set())


@pytest.fixture(params=[*SYMBOLIC, pytest.param("junction", marks=posix)])
def link(request: pytest.FixtureRequest, root: Path) -> Link:
    """Return each link of an environment in turn, and one of them as Windows makes it."""
    if request.param == "junction":
        request.getfixturevalue("winapi")
        return link_in(root, "bin-scripts")
    if sys.platform == "win32" and request.param == "python-exe":  # pragma: win32 cover
        pytest.skip("on Windows a target is always a directory")
    return link_in(root, request.param)


@pytest.fixture
def place(link: Link) -> Path:
    """Return the alias's place."""
    return Path(link.alias)


def temporary(link: Link) -> Path:
    """Return where a link is made that takes the place of something."""
    return Path(f"{link.alias}{TEMPORARY}")


def put(place: Path, what: str, target: Path | None = None) -> None:
    """Put nothing, a file, a directory or a link in a place; ``-> destination`` is any symbolic link."""
    if what == "nothing":
        return
    place.parent.mkdir(exist_ok=True)
    if what == "file":
        place.write_text("precious", encoding="utf-8")
    elif what == "FIFO":
        os.mkfifo(place)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as family:
            family.bind(os.path.relpath(place))  # which must be short
    elif what in {"directory", "empty directory"}:
        place.mkdir(mode=0o700)
        if what == "directory":
            (place / "precious").touch()
    elif what.startswith("-> "):
        place.symlink_to(what[3:])
    else:
        target = target or place.with_name("gone")
        if what == "dangling link":
            target.mkdir()  # for a moment, since there are no junctions to nothing
        LINKS.create(str(place), str(target), os.path.relpath(target, place.parent))
        if what == "dangling link":
            target.rmdir()


def inode(place: Path) -> int:
    """Return which file, directory or link is in a place, 0 if nothing is."""
    return place.lstat().st_ino if os.path.lexists(place) else 0


def next_descriptors() -> list[int]:
    """Return which descriptors are opened next: other ones if one was left open."""
    descriptors = [os.dup(1) for _ in range(3)]
    for descriptor in descriptors:
        os.close(descriptor)
    return descriptors


def others(link: Link) -> dict[str, tuple[int, object]]:
    """Return what is in the environment, and beside it, but for the alias and the directory that it is in."""
    base = Path(link._environment.directory).parent
    places = {path.lower() for path in (link.alias, os.path.dirname(link.alias))}  # Lib is lib on macOS
    return {path: what for path, what in tree(base).items() if str(base / path).lower() not in places}


def check(link: Link) -> str | None:
    """Return what is found out about a link, if anything."""
    result = link.check()
    return result.verb if result else None


def is_right(link: Link) -> bool:
    """Return whether the alias is a link to the target, relative except among junctions, with nothing beside it."""
    return (
        look(link.alias)[0] == LINK
        and (_filesystem.LINKS.may_be_absolute or not os.path.isabs(os.readlink(link.alias)))
        and os.path.samefile(link.alias, link.target)
        and check(link) == "already linked"
        and not os.path.lexists(temporary(link))
    )


def make(link: Link) -> str:
    """Make a link, and return what was done and where the link pointed that was replaced, or why nothing was done."""
    try:
        result = link.make()
    except LinkError as error:
        before, _, reason = str(error).partition(f" {link.alias} to {link.target} - ")
        assert before == "could not link"
        return reason
    assert result
    assert result.alias == link.alias
    return result.verb if result.replaced is None else f"{result.verb}, replacing {result.replaced}"


def remove(link: Link, *scripts: str, **options: bool) -> str:
    """Remove a link, and return what was done and where it pointed, or why nothing was done."""
    try:
        result = link.remove(scripts, **options)
    except LinkError as error:
        before, _, reason = str(error).partition(f" {link.alias} - ")
        assert reason
        return f"{before}: {reason}"
    return f"{result.verb} {result.destination}" if result else "nothing"


def in_the_way(link: Link, what: str) -> str:
    """Return the reason that names the file or directory in the alias's place."""
    named = "a non-empty directory" if what == "directory" else "a file"
    return f"{named} is in the way, and was left alone; if it is a copy of {Path(link.target).name}, delete it"


def interleave(patch: pytest.MonkeyPatch, name: str, before: Step, after: Step = lambda: None) -> None:
    """Let another process act right before this process's next call of a function, and right after it."""
    function = pkgutil.resolve_name(name)

    def call(*arguments: Any, **options: Any) -> Any:
        patch.setattr(name, function)
        before()
        result = function(*arguments, **options)
        after()
        return result

    patch.setattr(name, call)
