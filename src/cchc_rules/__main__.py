"""`python -m cchc_rules`, and the command `cchc-rules`."""

import gc
import sys

MANY_OBJECTS = 100_000
"""How many new objects the garbage collector waits for.

A command makes most of its objects once and keeps them to its end: going through them after each
700, as Python does by itself, costs a tenth of a whole command and frees nothing.
"""


def run() -> int:
    """Run the command and return its exit code."""
    gc.set_threshold(MANY_OBJECTS)
    # Loading the modules makes many objects, too.
    from cchc_rules.cli.main import main  # noqa: PLC0415

    return main()


if __name__ == "__main__":
    sys.exit(run())
