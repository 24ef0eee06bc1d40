"""An environment: where it keeps things, and which links complete its layout."""

from __future__ import annotations

import os

from ._link import Link

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from virtualenv.create.creator import Creator


class Environment:
    """Where an environment keeps things.

    :param directory: absolute path of the environment
    :param scripts: absolute path of its scripts directory

    """

    def __init__(self, directory: str, scripts: str) -> None:
        self._directory = directory
        self._scripts = scripts

    @classmethod
    def from_creator(cls, creator: Creator) -> Environment:
        """Describe the environment that a creator of virtualenv has made.

        :param creator: the creator, which knows the layout of every kind of interpreter

        :returns: the environment

        """
        return cls(str(creator.dest), str(creator.bin_dir))

    def bin_scripts(self) -> Link:
        """Describe the link that adds the other system's scripts directory.

        :returns: the link ``Scripts``, or ``bin`` where the scripts directory is ``Scripts``

        """
        other = "bin" if os.path.basename(self._scripts) == "Scripts" else "Scripts"
        return Link(os.path.join(self._directory, other), self._scripts)
