"""The command `tensorslow`: the course, and a look inside a program's graph."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line.

    Args:
        arguments: what follows the command's name; None: those of this process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["inspect"]:  # it has a parser of its own, and passes options to the program
        from tensorslow.inspector.serve import main as inspector

        inspector(given[1:])
        return
    if not given:
        parser().print_help()
        return
    options = parser().parse_args(given)
    options.run(options)


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    from tensorslow.version import __version__

    whole = argparse.ArgumentParser(
        prog="tensorslow", description="TensorFlow's classic graph API, from scratch."
    )
    whole.add_argument("--version", action="version", version=f"tensorslow {__version__}")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_learn(commands)
    commands.add_parser("inspect", help="look into the graph of a program while it runs")
    return whole


def _add_learn(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    learn = commands.add_parser(
        "learn",
        help="open the course in the browser, or write it as a web site",
        description="Opens the course in the browser: chapters that run as they are edited.",
    )
    learn.add_argument(
        "--folder",
        type=Path,
        default=Path("tensorslow-course"),
        help="where your copies of the chapters and your progress are (default: %(default)s)",
    )
    learn.add_argument(
        "--port", type=int, default=0, help="of the contents page (default: a free one)"
    )
    learn.add_argument("--no-browser", action="store_true", help="only print the address")
    learn.add_argument(
        "--export", type=Path, metavar="SITE", help="write a web site into this folder instead"
    )
    learn.set_defaults(run=_learn)


def _learn(options: argparse.Namespace) -> None:
    if options.export is not None:
        from tensorslow.learn.site import export

        export(options.export)
        print(f"The site begins at {options.export / 'index.html'}")
        return
    from tensorslow.learn.serve import learn

    learn(options.folder, options.port, not options.no_browser)
