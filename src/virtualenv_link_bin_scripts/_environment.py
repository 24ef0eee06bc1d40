"""An environment: where it keeps things, and which links complete its layout."""

from __future__ import annotations

import os

from ._link import Link

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Collection

    from virtualenv.create.creator import Creator


class Environment:
    """Where an environment keeps things.

    :param directory: absolute path of the environment
    :param scripts: absolute path of its scripts directory
    :param interpreter: name of its interpreter in there
    :param site_packages: absolute path of its site-packages

    """

    def __init__(self, directory: str, scripts: str, interpreter: str, site_packages: str) -> None:
        self.directory = directory
        self._scripts = scripts
        self._interpreter = interpreter
        self._site_packages = site_packages

    @classmethod
    def from_creator(cls, creator: Creator) -> Environment:
        """Describe the environment that a creator of virtualenv has made.

        :param creator: the creator, which knows the layout of every kind of interpreter

        :returns: the environment

        """
        # Not the creator's own name for it, which may be pypy3: whatever the interpreter, python is there too.
        interpreter = f"python{creator.exe.suffix if creator.exe.suffix == '.exe' else ''}"
        return cls(str(creator.dest), str(creator.bin_dir), interpreter, str(creator.purelib))

    def links(self, names: Collection[str]) -> list[Link]:
        """Describe the links that complete the layout.

        :param names: which links are asked for, by their names in :data:`._options.LINKS`

        :returns: the links, without those whose alias is what the environment has anyway

        """
        other = "bin" if os.path.basename(self._scripts) == "Scripts" else "Scripts"
        links = {
            "bin-scripts": (os.path.join(self.directory, other), self._scripts),
            "python-exe": (
                os.path.join(self._scripts, "python.exe"),
                os.path.join(self._scripts, self._interpreter),
            ),
            "site-packages": (os.path.join(self.directory, "Lib", "site-packages"), self._site_packages),
        }
        return [
            Link(self.directory, alias, target)
            for name, (alias, target) in links.items()
            if name in names and alias != target
        ]
