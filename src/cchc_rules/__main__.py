"""`python -m cchc_rules`."""

import sys

from cchc_rules.cli.main import command

sys.exit(command())
