"""Whatever is in the aliases' places, nothing is ever lost."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

import links
import pytest
from conftest import tree
from hypothesis import given, settings
from hypothesis import strategies as st
from links import TEMPORARY

from virtualenv_link_bin_scripts._cli import main
from virtualenv_link_bin_scripts._options import OPTIONS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it makes links by hand")

#: How many cases are tried: a slow file system may ask for fewer, and whoever has time for more.
EXAMPLES = int(os.environ.get("EXAMPLES", "500"))

#: The aliases, and what they may point to as links that the command makes.
ALIASES = dict(zip(links.ALIASES.values(), ["bin", "bin/python", "lib/python3.1?/site-packages", "bin/tool"]))

#: What a link may point to, seen from any alias's place.
DESTINATIONS = """
    . .. gone bin python site-packages Scripts python.exe ../bin ../../outside ../outside/precious {base}/outside
    ../lib/python3.13/site-packages ../lib/python3.11/site-packages {base}/environment/bin {base}/environment-2
"""
destinations = st.sampled_from(DESTINATIONS.split())
KINDS = ["nothing", *["link"] * 3, "file", "FIFO", "empty directory", "directory", "directory with a link"]
things = st.tuples(st.sampled_from(KINDS), destinations)
#: What may be in the place of Lib.
PARENTS = [(kind, "") for kind in ("nothing", "empty directory", "file")]
parents = st.sampled_from([*PARENTS, ("link", "lib"), ("link", "../outside"), ("link", "gone")])
#: Whether to remove, and which links: no option, as the user may omit it, is as good as a refusal of two of them.
calls = st.tuples(
    st.sampled_from([[], ["--remove"], ["--remove", "--force"]]),
    st.tuples(*(st.sampled_from([f"--link-{name}", f"--no-link-{name}"]) for name in OPTIONS)),
)


def put(place: Path, kind: str, content: str) -> None:
    """Put a thing in a place, unless that is taken, or there is no such directory."""
    if os.path.lexists(place) or not place.parent.is_dir():
        return
    if kind == "directory with a link":
        place.mkdir()
    links.put(place / "link" if kind == "directory with a link" else place, f"-> {content}" if "link" in kind else kind)


def environment_in(base: Path) -> Path:
    """Make an environment, and something outside it."""
    links.put(base / "outside", "directory")
    links.put(base / "environment-2", "empty directory")
    return links.make_root(base)


def may_change(before: dict[str, tuple[int, object]], path: str) -> bool:
    """Return whether the command may replace or remove what is in a place: nothing, a link, or an empty directory."""
    mode, _ = before.get(path, (stat.S_IFLNK, None))
    return stat.S_ISLNK(mode) or (stat.S_ISDIR(mode) and not any(other.startswith(f"{path}/") for other in before))


def points_elsewhere(environment: Path, alias: str) -> bool:
    """Return whether the alias is a link that the command does not make."""
    place = environment / alias
    if not place.is_symlink():
        return False
    target = os.path.relpath(os.path.normpath(place.parent.resolve() / os.readlink(place)), environment)
    return not fnmatch(target, ALIASES[alias])


@settings(deadline=None, max_examples=EXAMPLES)
@given(parents, st.lists(things, min_size=9, max_size=9), st.lists(calls, min_size=1, max_size=5))
def test_nothing_is_lost(
    parent: tuple[str, str], found: list[tuple[str, str]], sequence: list[tuple[list[str], tuple[str, ...]]]
) -> None:
    """Nothing changes but the aliases' places, and they only where there is nothing, a link, or an empty directory."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory).resolve()
        environment = environment_in(base)
        names = ["Lib", *ALIASES, *(f"{alias}{TEMPORARY}" for alias in ["Lib", *ALIASES])]
        for name, (kind, content) in zip(names, [parent, *found]):
            put(environment / name, kind, content.format(base=base))
        before = tree(base)
        # An alias's place may be in lib as well, if Lib points there. Of Lib itself only an emptied directory may go.
        places = [f"environment/{path}" for path in [*ALIASES, "lib/site-packages", "bin/site-packages.exe"]]
        free = {path for path in places if may_change(before, path)}
        places.append("environment/Lib")
        free |= {f"{path}{TEMPORARY}" for path in places if stat.S_ISLNK(before.get(f"{path}{TEMPORARY}", (0, 0))[0])}
        if {path for path in before if path.startswith("environment/Lib/")} <= free:
            free |= {"environment/Lib"} if stat.S_ISDIR(before.get("environment/Lib", (stat.S_IFDIR, 0))[0]) else set()

        for removes, options in sequence:
            elsewhere = [environment / alias for alias in ALIASES if points_elsewhere(environment, alias)]
            main(["--quiet", *removes, *options, str(environment)])

            after = tree(base)
            assert {path: what for path, what in after.items() if path not in free} == {
                path: what for path, what in before.items() if path not in free
            }
            for path in free & set(after):
                mode, _ = after[path]
                assert after[path] == before.get(path) or stat.S_ISLNK(mode) or path == "environment/Lib"
                assert not path.endswith(TEMPORARY) or after[path] == before[path]
            if removes == ["--remove"]:
                assert [place for place in elsewhere if not place.is_symlink()] == []


@settings(deadline=None, max_examples=max(EXAMPLES // 10, 1))
@given(options=st.sets(st.sampled_from([f"--link-{name}" for name in OPTIONS])), again=st.booleans())
def test_link_and_remove_is_the_identity(options: set[str], again: bool) -> None:
    """Where the places are free, --remove restores the environment."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory).resolve()
        environment = environment_in(base)
        before = tree(base)

        for _ in range(2 if again else 1):
            assert main(["--quiet", *sorted(options), str(environment)]) == 0
        assert tree(base) != before
        assert main(["--quiet", "--remove", str(environment)]) == 0

        assert tree(base) == before
