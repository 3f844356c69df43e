"""``python -m standpipe`` is the same as ``standpipe``."""

import sys

from standpipe.cli import main

sys.exit(main())
