"""What junctions alone do, with a fake of the module that only Windows has."""

from __future__ import annotations

import errno
import os
import sys
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import links
import pytest
from conftest import posix, run, tree
from links import create_junction, failing, inode, interleave, link_in, make, no_junction, put, remove, temporary

from virtualenv_link_bin_scripts import _filesystem

if TYPE_CHECKING:
    from pathlib import Path

    from virtualenv_link_bin_scripts._link import Link

pytestmark = [posix, pytest.mark.parametrize("link", ["junction"], indirect=True)]
root, link, place, winapi = links.root, links.link, links.place, links.winapi

NO_JUNCTIONS = SimpleNamespace(CreateJunction=no_junction)
WRONG_JUNCTION = SimpleNamespace(CreateJunction=lambda target, alias: os.symlink(os.path.dirname(target), alias))


class TestJunction:
    """What a junction contains, and what is seen of how it is made."""

    def test_contains_real_path(self, link: Link, root: Path) -> None:
        """It contains the real path, so that it outlives a link on the way to the environment."""
        root.with_name("way").symlink_to("environment")

        assert make(link_in(root.with_name("way"), "bin-scripts")) == "linked"

        assert os.readlink(link.alias) == link.target

    def test_contains_no_verbatim_path(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        r"""A junction to \\?\C:\... would dangle, so it is made to C:\...."""
        made: list[tuple[str, str]] = []
        monkeypatch.setattr(os.path, "realpath", lambda path: rf"\\?\C:{path}")
        monkeypatch.setattr("_winapi.CreateJunction", lambda *paths: made.append(paths))

        _filesystem._create_junction(link.alias, link.target, "")

        assert made == [(f"C:{link.target}", link.alias)]

    def test_shows_no_verbatim_path(self, link: Link, place: Path) -> None:
        r"""A junction that points elsewhere is replaced, and its \\?\ is not shown."""
        place.symlink_to(r"\\?\C:\gone")

        assert make(link) == r"linked, replacing C:\gone"

        assert os.readlink(place) == link.target

    @pytest.mark.parametrize(
        ("content", "shown"),
        [
            (r"\\?\UNC\srv\share\bin", r"\\srv\share\bin"),
            (r"\\srv\share\bin", r"\\srv\share\bin"),
            (r"\\?\Volume{11111111-2222-3333-4444-555555555555}\bin",) * 2,
        ],
    )
    def test_share_or_volume_is_elsewhere(self, link: Link, place: Path, content: str, shown: str) -> None:
        """A link to a share or a volume points elsewhere, whatever it looks like."""
        place.symlink_to(content)

        assert remove(link) == f"kept: it points to {shown}; pass --force to remove it anyway"

        assert os.readlink(place) == content

    @pytest.mark.parametrize("what", ["nothing", "dangling link", "empty directory"])
    def test_is_not_seen_half_made(self, link: Link, place: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
        """The directory that CreateJunction makes first has not the alias's name, under which the former link stays."""
        put(place, what)
        before, seen = inode(place), []
        monkeypatch.setattr("_winapi.CreateJunction", create_junction(lambda _: seen.append(inode(place))))

        assert make(link).startswith("linked")

        assert seen == [before]


class TestWithoutJunctions:
    """Where a junction is not made, or is none, a symbolic link is tried, and the directory of the attempt removed."""

    @pytest.mark.parametrize(
        "module", [NO_JUNCTIONS, WRONG_JUNCTION, None, ModuleType("_winapi without CreateJunction")]
    )
    def test_symbolic_link(self, link: Link, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
        """A relative symbolic link is made, as on FAT32 or by PyPy, which has no junctions."""
        monkeypatch.setitem(sys.modules, "_winapi", module)

        assert make(link) == "linked"

        assert os.readlink(link.alias) == "bin"
        assert links.is_right(link)

    def test_no_symbolic_link(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A symbolic link that is reported and does not exist, as in Wine, is no success."""
        before = tree(root)
        monkeypatch.setitem(sys.modules, "_winapi", NO_JUNCTIONS)
        monkeypatch.setattr(os, "symlink", lambda *_, **__: None)

        assert make(link) == "Request not supported"

        assert tree(root) == before


class TestOtherProcesses:
    """Another process clears away, or begins, what this one makes under the same temporary name."""

    def test_half_made_junction_is_removed(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process whose half-made junction another one clears away tries again, also without symbolic links."""
        cleared = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        interleave(monkeypatch, "_winapi.CreateJunction", failing(cleared))
        privilege = PermissionError(errno.EPERM, "A required privilege is not held by the client")
        monkeypatch.setattr(_filesystem, "_create_directory_symlink", failing(privilege))

        assert make(link) == "linked"

        assert links.is_right(link)

    def test_half_made_junction_is_moved(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        """What another process has begun under the same temporary name is not left in the alias's place."""
        interleave(monkeypatch, "os.rename", partial(run, "sh", "-ec", 'rm "$0"; mkdir "$0"', temporary(link)))

        assert make(link) == "linked"

        assert links.is_right(link)
