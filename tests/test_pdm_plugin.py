"""The plugin for PDM, with a fake of its signals, since not every Python has PDM; tests/frontends run the real one."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from helpers import posix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Receiver = Callable[..., None]

pytestmark = posix


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Receiver]:
    """Return what the plugin connects to PDM's signals, by the signals' names."""
    receivers: dict[str, Receiver] = {}

    def signal(name: str) -> SimpleNamespace:
        return SimpleNamespace(connect=lambda receiver: receivers.update({name: receiver}))

    signals: Any = ModuleType("pdm.signals")
    signals.pdm_signals = SimpleNamespace(signal=signal)
    monkeypatch.setitem(sys.modules, "pdm", ModuleType("pdm"))
    monkeypatch.setitem(sys.modules, "pdm.signals", signals)
    monkeypatch.delitem(sys.modules, "virtualenv_link_bin_scripts.pdm_plugin", raising=False)
    importlib.import_module("virtualenv_link_bin_scripts.pdm_plugin").connect(None)
    return receivers


@pytest.fixture
def pdm_project(environment: Path, tmp_path: Path) -> SimpleNamespace:
    """Return a PDM project that has an environment and asks for links."""
    table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    interpreter = SimpleNamespace(get_venv=lambda: SimpleNamespace(root=environment))
    used = SimpleNamespace(interpreter=interpreter)
    return SimpleNamespace(root=tmp_path, environment=used, _environment=used)


@pytest.mark.parametrize("signal", ["post_install", "post_lock", "post_run", "post_use"])
def test_links(receivers: dict[str, Receiver], pdm_project: SimpleNamespace, environment: Path, signal: str) -> None:
    """At each signal at which a project has an environment, the links are added."""
    receivers[signal](pdm_project, hooks=None)

    assert (environment / "Scripts").is_symlink()


def test_workspace(receivers: dict[str, Receiver], pdm_project: SimpleNamespace, environment: Path) -> None:
    """A member of a workspace uses the workspace's environment."""
    receivers["post_install"](SimpleNamespace(workspace_project=pdm_project))

    assert (environment / "Scripts").is_symlink()


def test_old_pdm(
    receivers: dict[str, Receiver], pdm_project: SimpleNamespace, environment: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before 2.6, PDM can't say which environment it uses: nothing happens, and nothing is said."""
    del pdm_project.environment.interpreter.get_venv

    receivers["post_install"](pdm_project)

    assert not (environment / "Scripts").exists()
    assert caplog.messages == []


def test_no_environment(receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture) -> None:
    """A project without an environment is not asked for it, since that would create one."""
    receivers["post_run"](SimpleNamespace(_environment=None))

    assert caplog.messages == []


def test_bug(receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong is logged, and PDM goes on."""
    receivers["post_install"](SimpleNamespace(_environment=True))

    (message,) = caplog.messages
    assert message.startswith("virtualenv-link-bin-scripts: could not add links: AttributeError")
