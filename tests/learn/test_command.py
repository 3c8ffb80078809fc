"""The command `tensorslow`: what it understands, what it says, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tensorslow import cli
from tensorslow.learn import serve
from tensorslow.version import __version__

ROOT = Path(__file__).parents[2]


def command(*arguments: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tensorslow", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""},
        **options,
    )


def test_its_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"tensorslow {__version__}\n"


def test_its_help_names_the_commands(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert "learn" in said
    assert "inspect" in said


def test_alone_it_says_what_there_is(capsys):
    cli.main([])
    shown = capsys.readouterr()
    assert "learn " in shown.out
    assert "inspect " in shown.out
    assert shown.err == ""


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / ".copied.json").mkdir()
    with pytest.raises(SystemExit, match=r"copied\.json cannot be used: Is a directory"):
        cli.main(["learn", "--folder", str(tmp_path)])


@pytest.mark.parametrize("option", ["--folder", "--export"])
def test_what_is_no_folder_is_told(tmp_path, option):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(SystemExit, match="file cannot be made a folder: File exists"):
        cli.main(["learn", option, str(file)])


def test_there_are_so_many_ports(tmp_path):
    with pytest.raises(SystemExit, match="port 65536 cannot be used: they end at 65535"):
        serve.learn(tmp_path, 65536, browser=False)


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["teach"])
    assert "invalid choice: 'teach'" in capsys.readouterr().err


def test_inspect_passes_all_on(monkeypatch):
    import tensorslow.inspector.serve as inspector

    given = []
    monkeypatch.setattr(inspector, "main", given.append)
    cli.main(["inspect", "--port", "1", "program.py", "--of-the-program"])
    assert given == [["--port", "1", "program.py", "--of-the-program"]]


def test_learn_and_its_options(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(serve, "learn", lambda *arguments: given.append(arguments))
    cli.main(["learn"])
    cli.main(["learn", "--folder", str(tmp_path), "--port", "80", "--no-browser"])
    assert given == [(Path("tensorslow-course"), 0, True), (tmp_path, 80, False)]


def test_without_marimo_there_is_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"not installed: pip install 'tensorslow\[learn\]'"):
        serve.learn(tmp_path / "course")
    assert not (tmp_path / "course").exists()


def test_importing_the_course_loads_nothing_heavy():
    heavy = ["marimo", "matplotlib", "pygments", "sphinx", "docutils", "http.server"]
    program = (
        "import sys, tensorslow, tensorslow.cli, tensorslow.learn, tensorslow.learn.lesson, "
        f"tensorslow.learn.exercise; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "[]\n"


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(SystemExit, match=f"port {port} cannot be used: "),
            serve.course(tmp_path, port),
        ):
            pytest.fail("it is taken")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal of Ctrl-C")
def test_it_serves_until_ctrl_c_and_ends_quietly(tmp_path):
    pytest.importorskip("marimo", reason="the course is read in marimo")
    folder = tmp_path / "course"
    process = command("learn", "--no-browser", "--folder", str(folder))
    assert process.stdout is not None
    line, copies = process.stdout.readline(), process.stdout.readline()
    assert copies == f"Your copies are in {folder}. Ctrl-C ends it.\n"
    address = line.removeprefix("The course is at ").strip()
    assert address.startswith("http://127.0.0.1:")
    assert "/?token=" in address
    with urllib.request.urlopen(address) as page:
        text = page.read().decode()
        assert page.headers["Cache-Control"] == "no-store"
    assert "Begin with “Computational graphs”" in text
    assert "0 of 6 exercises solved" in text
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address + "x")
    other_name = urllib.request.Request(address, headers={"Host": "example.com"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(other_name)

    notebooks = int(text.split("http://127.0.0.1:")[1].split("/")[0])
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""
    assert rest.strip() == ""
    with pytest.raises(OSError, match="refused"):  # the editor ended with it
        socket.create_connection(("127.0.0.1", notebooks), timeout=5)
