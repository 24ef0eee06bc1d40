"""Removing one link, on the real file system: what --remove takes away, and what it keeps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import links
import pytest
from conftest import posix, tree
from links import is_right, link_in, make, next_descriptors, put, remove

if TYPE_CHECKING:
    from pathlib import Path

    from virtualenv_link_bin_scripts._link import Link

root, link, place, winapi = links.root, links.link, links.place, links.winapi


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("by_hand", [False, pytest.param(True, marks=posix)], ids=["made", "absolute"])
def test_is_the_inverse(link: Link, root: Path, place: Path, by_hand: bool) -> None:
    """All is as before the link, even an absolute one that people made by hand, and no descriptor is left open."""
    before = tree(root)
    if by_hand:
        put(place, f"-> {link.target}")
    else:
        make(link)
    free = next_descriptors()

    assert remove(link) == f"removed {os.path.relpath(link.target, place.parent)}"

    assert next_descriptors() == free
    assert tree(root) == before
    assert remove(link) == "nothing"


@posix
@pytest.mark.parametrize("destination", [".", "tools", "gone", "/gone", ".."])
def test_link_that_points_elsewhere(link: Link, root: Path, place: Path, destination: str) -> None:
    """A link that points elsewhere is somebody's: it is kept, and where it points is reported, unless forced."""
    before = tree(root)
    put(place, f"-> {destination}")

    assert remove(link) == f"kept: it points to {destination}; pass --force to remove it anyway"
    assert os.readlink(place) == destination
    assert remove(link, force=True) == f"removed {destination}"
    assert tree(root) == before


@posix
@pytest.mark.usefixtures("case_sensitive")
@pytest.mark.parametrize("version", ["3.1", "3.13"])
@pytest.mark.parametrize("is_known", [True, False])
def test_link_of_another_python(root: Path, version: str, is_known: bool) -> None:
    """A link to the site-packages of any Python is removed, also if there is another one now, or none."""
    if not is_known:
        (root / "lib").rename(root / "library")
    before = tree(root)
    put(root / "Lib" / "site-packages", f"-> ../lib/python{version}/site-packages")

    assert remove(link_in(root, "site-packages")) == f"removed ../lib/python{version}/site-packages"

    assert tree(root) == before


@pytest.mark.usefixtures("links")
def test_scripts_that_run_through_it(link: Link) -> None:
    """A link that scripts run through is kept, and they are named, unless forced."""
    make(link)

    assert remove(link, "pip").startswith("kept: these scripts run through it: pip; ")

    assert is_right(link)
    assert remove(link, "pip", force=True).startswith("removed ")


@posix
@pytest.mark.usefixtures("case_sensitive")
def test_file_with_name_of_mark(root: Path) -> None:
    """A file with the name by which a Lib that is about to go is marked is left alone, and Lib goes all the same."""
    put(root / f"Lib{links.TEMPORARY}", "file")
    before = tree(root)
    link = link_in(root, "site-packages")
    make(link)

    assert remove(link).startswith("removed ")

    assert tree(root) == before


@pytest.mark.usefixtures("links")
def test_directory_with_something_else(root: Path) -> None:
    """Lib stays if there is something else in it."""
    link = link_in(root, "site-packages")
    make(link)
    put(root / "Lib" / "precious", "file")
    before = links.others(link)
    assert remove(link).startswith("removed ")
    assert links.others(link) == before
