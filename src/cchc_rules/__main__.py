"""`python -m cchc_rules`."""

import sys

from cchc_rules.cli import main

sys.exit(main())
