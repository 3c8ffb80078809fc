"""`python -m tensorslow`: the same as the command `tensorslow`."""

from tensorslow.cli import main

main()
