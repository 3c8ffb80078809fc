"""`tensorslow learn`: the course in the browser, on this machine only.

Two servers share one token: the contents page is ours, and marimo's editor runs the chapters.
"""

from __future__ import annotations

import hmac
import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from tensorslow.learn import contents
from tensorslow.learn.exercise import ADDRESS, FOLDER, PROGRESS, solved
from tensorslow.learn.folder import prepare

LOOPBACK = "127.0.0.1"
PATIENCE = 60  # seconds that marimo may take to start
LOG = ".marimo.log"  # in the reader's folder: what marimo says
REMEDY = "the course is read in marimo, which is not installed: pip install 'tensorslow[learn]'"


def learn(folder: Path, port: int = 0, browser: bool = True) -> None:
    """Serves the course until Ctrl-C.

    Args:
        folder: where the reader's copies and progress are.
        port: of the contents page; 0: any that is free.
        browser: whether to open it.

    Raises:
        SystemExit: marimo is not there, or does not start; or a file cannot be read or written.
    """
    if importlib.util.find_spec("marimo") is None:
        raise SystemExit(REMEDY)
    folder = folder.resolve()
    try:
        told = prepare(folder)
    except OSError as error:
        raise SystemExit(f"{error.filename} cannot be used: {error.strerror}") from None
    print(*told, sep="\n", end="\n" * bool(told))
    try:
        with course(folder, port) as address:
            print(f"The course is at {address}\nYour copies are in {folder}. Ctrl-C ends it.")
            sys.stdout.flush()
            if browser:
                webbrowser.open(address)
            threading.Event().wait()
    except KeyboardInterrupt:
        print()


@contextmanager
def course(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of the contents page, while both servers run."""
    token = secrets.token_urlsafe(24)
    notebooks = free_port()

    def chapter(name: str) -> str:
        return f"http://{LOOPBACK}:{notebooks}/?file={quote(name)}.py&access_token={token}"

    try:
        server = ThreadingHTTPServer((LOOPBACK, port), _handler(folder, token, chapter))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "they end at 65535"
        raise SystemExit(f"port {port} cannot be used: {reason}") from None
    address = f"http://{LOOPBACK}:{server.server_address[1]}/?token={token}"
    marimo = _start_marimo(folder, notebooks, token, address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    try:
        _wait_for(marimo, notebooks, folder / LOG)
        thread.start()
        yield address
    finally:
        if thread.is_alive():
            server.shutdown()
        server.server_close()
        marimo.terminate()
        marimo.wait()


def _start_marimo(folder: Path, port: int, token: str, address: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "marimo", "--quiet", "--yes", "edit", ".", "--headless"]
    command += ["--host", LOOPBACK, "--port", str(port), "--skip-update-check", "--no-sandbox"]
    command += ["--token-password-file", "-"]  # other users see a command's arguments
    with open(folder / LOG, "wb") as log:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **_paths(), FOLDER: str(folder), ADDRESS: address},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us: marimo would ask back
        )
    assert started.stdin is not None
    started.stdin.write(token.encode())
    started.stdin.close()
    return started


def _paths() -> dict[str, str]:
    """What makes the chapters import this very library, also where it runs from its sources."""
    root = Path(__file__).resolve().parents[2]
    if root.name in {"site-packages", "dist-packages"}:
        return {}
    given = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": f"{root}{os.pathsep}{given}" if given else str(root)}


def _wait_for(marimo: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and marimo.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/health", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise SystemExit(f"marimo did not start; {log} says why")


def free_port() -> int:
    """A port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _handler(
    folder: Path, token: str, chapter: Callable[[str], str]
) -> type[BaseHTTPRequestHandler]:
    class Contents(BaseHTTPRequestHandler):
        """Answers with the contents page whoever knows the token."""

        def do_GET(self) -> None:
            given = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            # Another site's page could reach us under a name of its own.
            known = host in {LOOPBACK, "localhost"} and hmac.compare_digest(
                given.encode(), token.encode()
            )
            if not known or urlsplit(self.path).path != "/":
                self.send_error(404 if known else 403)
                return
            nonce = secrets.token_urlsafe(12)
            text = contents.page(solved(folder / PROGRESS), chapter, nonce).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
                f"script-src 'nonce-{nonce}'",
            )
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the terminal is the reader's."""

    return Contents
