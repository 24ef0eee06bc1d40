"""``python -m virtualenv_link_bin_scripts``."""

from __future__ import annotations

import sys

from ._cli import main

sys.exit(main())
