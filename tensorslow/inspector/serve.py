"""`tensorslow inspect program.py`: runs a program, and shows its runs in the browser.

The page is served to this machine alone: on the loopback address, on a port that nobody knows
beforehand, under an address with a token that nobody can guess, and only to requests that name this
very host, so that no other page in the browser can read it.
"""

from __future__ import annotations

import argparse
import hmac
import runpy
import secrets
import sys
import traceback
import webbrowser
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tensorslow.defaults import get_default_graph
from tensorslow.inspector.building import document_of_graph
from tensorslow.inspector.document import Document, Run
from tensorslow.inspector.page import asset, page_of, policy_for
from tensorslow.inspector.watching import Watch, watching

HOST = "127.0.0.1"
Page = Callable[[str], str | None]  # from what follows the token in an address to a page, or None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--run", type=int, metavar="N", help="show the Nth run; else the last one")
    parser.add_argument("--port", type=int, default=0, help="of the page (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--save", type=Path, metavar="PAGE", help="write the page into this file, and serve nothing"
    )
    parser.add_argument("program", type=Path, help="a Python program that uses tensorslow")
    rest = parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="the program's own arguments"
    )
    rest.required = False  # so that nobody is told that they are missing


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command.

    Args:
        arguments: what follows `tensorslow inspect`; None: those of this process.
    """
    parser = argparse.ArgumentParser(
        prog="tensorslow inspect",
        description="Runs a program, and shows the graph of its last Session.run with all values.",
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    if not options.program.is_file():
        parser.error(f"there is no program {options.program}")
    if not 0 <= options.port < 2**16:
        parser.error(f"there is no port {options.port}: they end at 65535")
    if options.save is not None and not options.save.absolute().parent.is_dir():
        parser.error(f"there is no folder {options.save.parent}")
    watch = run_program(options.program, options.arguments, options.run)
    if options.run is not None and options.run not in watch.runs:
        parser.error(f"there is no run {options.run}: the program made {watch.count}")
    if watch.shown is None and not get_default_graph().get_operations():
        parser.exit(1, f"{options.program} made no Session.run, and its default graph is empty\n")
    pages = Pages(options.program.name, watch)
    if options.save is not None:
        options.save.write_text(pages.first(), encoding="utf-8")
        print(f"page: {options.save}")
    else:
        serve(pages, options.port, not options.no_browser)
    if watch.status != 0:
        raise SystemExit(watch.status)


def run_program(program: Path, arguments: Sequence[str], wanted: int | None = None) -> Watch:
    """Runs a program as `python program.py` would, and notes its runs.

    An error of the program is printed, and what it did until then can be looked at; `status` is as
    that of its process.
    """
    argv, path = sys.argv, sys.path
    sys.argv = [str(program), *arguments]
    sys.path = [str(program.resolve().parent), *path[1:]]
    with watching(wanted) as watch:
        try:
            runpy.run_path(str(program), run_name="__main__")
        except SystemExit as end:
            if end.code not in (None, 0):
                print(f"the program ended with {end.code}", file=sys.stderr)
                watch.status = end.code if isinstance(end.code, int) else 1
        except (Exception, KeyboardInterrupt) as error:
            traceback.print_exception(_own_frames(error))
            watch.status = 1
        finally:
            sys.argv, sys.path = argv, path
    return watch


def _own_frames(error: BaseException) -> BaseException:
    """The error with a traceback that begins in the program: how it was begun is no news."""
    frames = error.__traceback__
    while frames is not None and (
        frames.tb_frame.f_code.co_filename == __file__
        or frames.tb_frame.f_globals.get("__name__") == "runpy"
    ):
        frames = frames.tb_next
    return error.with_traceback(frames)


class Pages:
    """The pages of a program, each made when it is first asked for."""

    def __init__(self, title: str, watch: Watch) -> None:
        self.title, self.watch = title, watch
        self._made: dict[int | None, str] = {}
        self._graph = get_default_graph()

    def first(self) -> str:
        """The page to begin with, for itself."""
        return page_of(self.document(self.watch.shown))

    def document(self, number: int | None) -> Document:
        """What is known of a run; of None, the graph that nobody ran."""
        if number is None:
            return document_of_graph(self._graph, self.title)
        return self.watch.runs[number].document(self.title)

    def __call__(self, path: str) -> str | None:
        """The page at the end of an address."""
        name, _, rest = path.partition("/")
        if path == "":
            number = self.watch.shown
        elif name == "run" and rest.isdecimal() and int(rest) in self.watch.runs:
            number = int(rest)
        else:
            return None
        if number not in self._made:
            document = self.document(number)
            if len(self.watch.runs) > 1:
                document["runs"] = self._runs(number)
            self._made[number] = page_of(document)
        return self._made[number]

    def address(self) -> str:
        """Where the page to begin with is."""
        return "" if self.watch.shown is None else f"run/{self.watch.shown}"

    def _runs(self, shown: int | None) -> list[Run]:
        return [
            {
                "number": run.number,
                "label": run.label,
                "address": str(run.number),
                "shown": run.number == shown,
            }
            for run in self.watch.runs.values()
        ]


def serve(pages: Pages, port: int = 0, browser: bool = True) -> None:
    """Serves pages until Ctrl-C."""
    try:
        server, address = server_for(pages, port)
    except OSError as error:
        raise SystemExit(f"port {port} cannot be used: {error.strerror}") from None
    print(f"The inspector is at {address}", "Ctrl-C ends it.", sep="\n", flush=True)
    if browser:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def server_for(pages: Pages, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server that is ready to begin, and the address to open."""
    token = secrets.token_urlsafe(24)

    class Handler(_Handler):
        expected, find = f"/{token}/", staticmethod(pages)

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    return server, f"http://{HOST}:{server.server_port}/{token}/{pages.address()}"


class _Handler(BaseHTTPRequestHandler):
    """Answers who knows the token. There is nothing but GET and HEAD: other methods are refused.

    Attributes:
        expected: what an address begins with.
        find: the pages.
    """

    server_version, sys_version = "tensorslow", ""
    expected: str
    find: Page

    def do_GET(self) -> None:
        """A page."""
        self._answer(send_body=True)

    def do_HEAD(self) -> None:
        """Whether there is a page."""
        self._answer(send_body=False)

    def _answer(self, send_body: bool) -> None:
        if not self._is_for_us():
            self._send(403, "this address is for the machine itself", send_body)
            return
        path = self.path.encode("utf-8", "surrogateescape")
        expected = self.expected.encode()
        known = hmac.compare_digest(path[: len(expected)], expected)
        page = type(self).find(self.path[len(self.expected) :]) if known else None
        if page is None:
            self._send(404, "there is nothing here", send_body)
        else:
            self._send(200, page, send_body, "text/html")

    def _is_for_us(self) -> bool:
        """Whether the request names this host: one that a foreign name led here does not."""
        assert isinstance(self.server, ThreadingHTTPServer)
        port = self.server.server_port
        return self.headers.get_all("Host", []) in ([f"{HOST}:{port}"], [f"localhost:{port}"])

    def _send(self, status: int, text: str, body: bool, kind: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in _headers().items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the token is in every line."""


def _headers() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"{policy_for(asset('inspector.js'))}; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
