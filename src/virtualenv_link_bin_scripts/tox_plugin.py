"""The plugin for tox, for environments that uv creates, and for those that are older than the plugin."""

from __future__ import annotations

import os
from weakref import WeakSet

from pluggy import HookimplMarker  # not tox.plugin: tox 3 lacks that, but imports this module, too

TYPE_CHECKING = False  # every start of tox imports this
if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

#: Its hooks have to be optional, since a tox that does not know one would refuse to start.
impl = HookimplMarker("tox")

#: The environments that need no second look.
_SEEN: WeakSet[ToxEnv] = WeakSet()


@impl(optionalhook=True)
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Add the links before the commands run.

    :param tox_env: tox's environment
    """
    _make_links(tox_env)


@impl(optionalhook=True)
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Add the links to an environment that runs no commands, as with ``--notest`` and ``devenv``.

    :param tox_env: tox's environment
    """
    _make_links(tox_env)


def _make_links(tox_env: ToxEnv) -> None:
    from ._host import make_links_in, never_fail  # here, since most calls of tox do not run an environment

    # tox has no hook for the environments in which it builds packages, so they come with those that use them.
    for environment in {tox_env, *getattr(tox_env, "package_envs", ())}.difference(_SEEN):
        _SEEN.add(environment)
        with never_fail():
            # set_env wins. The shell's variables are here, since tox passes them to virtualenv, but not to tox-uv.
            variables = {**os.environ, **environment.environment_variables}
            make_links_in(str(environment.env_dir), variables, str(environment.core["tox_root"]))
