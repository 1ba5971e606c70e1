"""`python -m leadin`: the same as the `leadin` command."""

from leadin.cli.main import run

run()
