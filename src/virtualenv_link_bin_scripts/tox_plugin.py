"""The plugin for tox, for environments that uv creates, and for those that are older than the plugin."""

from __future__ import annotations

import os

from pluggy import HookimplMarker  # not tox.plugin: tox 3 lacks that, but imports this module, too

TYPE_CHECKING = False  # every start of tox imports this
if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

#: Its hooks have to be optional, since a tox that does not know one would refuse to start.
impl = HookimplMarker("tox")


@impl(optionalhook=True)
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Add the links before the commands run.

    :param tox_env: tox's environment
    """
    _make_links(tox_env)


@impl(optionalhook=True)
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Add the links to an environment without commands, as with ``--notest``, and of programs that commands installed.

    :param tox_env: tox's environment
    """
    _make_links(tox_env)


def _make_links(tox_env: ToxEnv) -> None:
    from ._host import make_links_in, never_fail  # here, since most calls of tox do not run an environment

    with never_fail():
        # set_env wins. The shell's variables are here, since tox passes them to virtualenv, but not to tox-uv.
        variables = {**os.environ, **tox_env.environment_variables}
        make_links_in(str(tox_env.env_dir), variables, str(tox_env.core["tox_root"]))
