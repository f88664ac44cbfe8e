"""The commands, a module each: `add` declares its arguments, `run` does it and returns the exit
code.

Only the module of the command that was asked for is imported. What only some ways to use a command
need (packages of an extra, large modules) is imported within its functions, with the reason.
"""

COMMANDS = (
    "score",
    "rank",
    "overview",
    "plan",
    "compare",
    "sensitivity",
    "verify",
    "check",
    "test",
    "mutate",
    "fmt",
    "schema",
    "init",
    "template",
    "doc",
    "diff",
    "impact",
)
"""Every command, in the order in which help lists them."""
