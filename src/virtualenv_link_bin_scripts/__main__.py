"""``python -m virtualenv_link_bin_scripts``."""

from __future__ import annotations

from ._cli import main

raise SystemExit(main())
