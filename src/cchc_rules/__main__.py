"""`python -m cchc_rules`."""

import sys

from cchc_rules.cli.main import run_process

sys.exit(run_process())
