"""`python -m reminder` is the command `reminder`."""

from reminder.cli import main

main()
