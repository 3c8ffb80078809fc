"""`tensorslow inspect`: programs run as they would alone, and only this machine sees the page."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from urllib.parse import urlsplit

import pytest

import tensorslow as ts
from tensorslow.inspector import serve
from tensorslow.inspector.serve import Pages, main, run_program, server_for
from tensorslow.inspector.watching import Watch, watching
from tests.inspector.networks import node

PROGRAM = """
import sys
import tensorslow as ts

assert __name__ == "__main__"
x = ts.placeholder(ts.float32, [], name="x")
w = ts.Variable(float(sys.argv[1]), name="w")
step = ts.assign_add(w, x, name="step")
with ts.Session() as session:
    for i in range(3):
        session.run(step, {x: 10.0 ** i})
    print("w is", session.run(w * 1.0))
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def served(program):
    watch = run_program(program, ["5"])
    server, address = server_for(Pages("program.py", watch))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def ask(address, method="GET", path=None, **headers):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request(method, parts.path if path is None else path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def document_in(page):
    return json.loads(re.search(r'id="document">(.*?)</script>', page, re.DOTALL)[1])


# The program


def test_the_program_has_its_own_arguments_and_output(program, capsys):
    import sys

    before = sys.argv, list(sys.path)
    watch = run_program(program, ["5"])
    assert capsys.readouterr().out == "w is 116.0\n"
    assert (sys.argv, sys.path) == before
    assert watch.count == 4
    assert watch.shown == 4


def test_each_run_is_shown_as_it_was(program, capsys):
    watch = run_program(program, ["5"])
    for number, before in ((1, 5), (2, 6), (3, 16)):
        document = watch.runs[number].document("program.py")
        assert node(document, "w")["outputs"][0]["value"]["preview"] == before
        after = node(document, "step")["outputs"][0]["value"]["preview"]
        assert after == before + 10 ** (number - 1)
    assert watch.runs[2].label == "step:0, from program.py:11"
    assert node(watch.runs[4].document(""), "mul")["outputs"][0]["value"]["preview"] == 116


def test_session_run_is_the_plain_one_again(program, capsys):
    plain = ts.Session.run
    run_program(program, ["5"])
    assert ts.Session.run is plain


def test_many_runs_do_not_pile_up():
    x = ts.Variable(0.0, name="x")
    step, other = ts.assign_add(x, 1.0), ts.square(x)
    with ts.Session() as session, watching(wanted=7) as watch:
        session.run(other)
        for _ in range(100):
            session.run(step)
    assert watch.count == 101
    assert set(watch.runs) == {1, 7, *range(94, 102)}
    assert watch.shown == 7


def test_a_fed_array_is_kept_as_it_was():
    import numpy as np

    x = ts.placeholder(ts.float64, [1], name="x")
    y, batch = ts.square(x, name="y"), np.array([3.0])
    with ts.Session() as session, watching() as watch:
        session.run(y, {x: batch})
        batch[0] = 99
    document = watch.runs[1].document("")
    assert node(document, "y")["outputs"][0]["value"]["preview"] == [9]


def test_a_program_that_fails_can_be_looked_at(tmp_path, capsys):
    path = tmp_path / "failing.py"
    path.write_text(
        "import tensorslow as ts\n"
        "x = ts.placeholder(ts.float32, [None], name='x')\n"
        "y = ts.add(x, ts.placeholder(ts.float32, [None], name='z'), name='y')\n"
        "ts.Session().run(y, {'x:0': [1, 2], 'z:0': [1, 2, 3]})\n"
    )
    watch = run_program(path, [])
    assert "ShapeError" in capsys.readouterr().err
    document = Pages("failing.py", watch).document(watch.shown)
    assert document["error"]["node"] == node(document, "y")["id"]


def test_the_traceback_begins_in_the_program(tmp_path, capsys):
    path = tmp_path / "failing.py"
    path.write_text("def f():\n    raise ValueError('boom')\n\n\nf()\n")
    run_program(path, [])
    said = capsys.readouterr().err
    assert said.endswith("ValueError: boom\n")
    assert [line.split(", ")[2] for line in said.splitlines() if "  File" in line] == [
        "in <module>",
        "in f",
    ]


def test_calls_of_a_callable_are_runs(tmp_path):
    path = tmp_path / "callable.py"
    path.write_text(
        "import tensorslow as ts\n"
        "x = ts.placeholder(ts.float32, [2], name='x')\n"
        "f = ts.Session().make_callable(ts.multiply(x, 2.0, name='y'), [x])\n"
        "f([1, 2])\n"
    )
    watch = run_program(path, [])
    assert watch.count == 1
    document = Pages("callable.py", watch).document(1)
    assert node(document, "y")["outputs"][0]["value"]["preview"] == [2, 4]


def test_a_program_that_runs_nothing_shows_its_graph(tmp_path, capsys):
    path = tmp_path / "graph.py"
    path.write_text("import tensorslow as ts\nts.square(ts.constant(3.0, name='x'), name='y')\n")
    document = Pages("graph.py", run_program(path, [])).document(None)
    assert [entry["name"] for entry in document["nodes"]] == ["x", "y"]
    assert document["steps"] == []
    assert node(document, "y")["outputs"][0]["value"] is None


def test_exit_ends_the_program_only(tmp_path, capsys):
    path = tmp_path / "leaving.py"
    path.write_text("import sys\nsys.exit(3)\n")
    watch = run_program(path, [])
    assert (watch.count, watch.status) == (0, 3)
    assert "the program ended with 3" in capsys.readouterr().err


# The command


def test_the_command_can_write_the_page(program, tmp_path, capsys):
    page = tmp_path / "page.html"
    main(["--run", "2", "--save", str(page), str(program), "5"])
    assert f"page: {page}" in capsys.readouterr().out
    document = document_in(page.read_text(encoding="utf-8"))
    assert node(document, "w")["outputs"][0]["value"]["preview"] == 6
    assert document["title"] == "program.py"


ENDINGS = {  # the end of a program that made one run, its exit status, and what is said of it
    "raise ValueError('boom')": (1, "ValueError: boom\n"),
    "raise SystemExit('no data')": (1, "the program ended with no data\n"),
    "raise SystemExit(3)": (3, "the program ended with 3\n"),
    "raise KeyboardInterrupt": (1, "KeyboardInterrupt\n"),
}


@pytest.mark.parametrize(("ending", "status", "said"), [(k, *v) for k, v in ENDINGS.items()])
def test_the_page_of_a_program_that_fails_is_written(tmp_path, capsys, ending, status, said):
    path, page = tmp_path / "failing.py", tmp_path / "page.html"
    path.write_text(
        f"import tensorslow as ts\nts.Session().run(ts.constant(3.0, name='x'))\n{ending}\n"
    )
    with pytest.raises(SystemExit) as left:
        main(["--save", str(page), str(path)])
    assert left.value.code == status
    assert capsys.readouterr().err.endswith(said)
    document = document_in(page.read_text(encoding="utf-8"))
    assert node(document, "x")["outputs"][0]["value"]["preview"] == 3


@pytest.mark.parametrize(
    ("run", "what"),
    [
        ("session.run(y)", "placeholder 'x' was not fed"),
        ("session.run(y, {x: [1, 2, 3]})", "feed: a value of shape [3] does not fit [2]"),
        ("session.run('nothing:0')", "cannot fetch 'nothing:0'"),
        ("session.make_callable(y, [x])(None)", "feed: None is not a value"),
    ],
)
def test_a_run_that_cannot_begin_shows_the_graph(tmp_path, capsys, run, what):
    path, page = tmp_path / "failing.py", tmp_path / "page.html"
    path.write_text(
        "import tensorslow as ts\n"
        "x = ts.placeholder(ts.float32, [2], name='x')\n"
        "y = ts.square(x, name='y')\n"
        f"session = ts.Session()\n{run}\n"
    )
    with ts.Graph().as_default(), pytest.raises(SystemExit) as left:
        main(["--save", str(page), str(path)])
    assert left.value.code == 1
    document = document_in(page.read_text(encoding="utf-8"))
    assert [entry["name"] for entry in document["nodes"]] == ["x", "y"]
    assert document["error"]["node"] is None
    assert document["error"]["text"].startswith(what)
    assert document["error"]["text"] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.py"], "there is no program nowhere.py"),
        (["--run", "9", "PROGRAM", "5"], "there is no run 9: the program made 4"),
        ([], "the following arguments are required: program\n"),
        (["--save", "/nowhere/page.html", "PROGRAM", "5"], "there is no folder /nowhere"),
        (["--port", "65536", "PROGRAM", "5"], "there is no port 65536: they end at 65535"),
    ],
)
def test_the_command_says_what_is_wrong(program, capsys, arguments, message):
    with pytest.raises(SystemExit):
        main([str(program) if x == "PROGRAM" else x for x in arguments])
    assert message in capsys.readouterr().err


def test_a_program_without_a_graph_is_told(tmp_path, capsys):
    path = tmp_path / "plain.py"
    path.write_text("import tensorslow as ts\nprint(ts.__name__)\n")
    with ts.Graph().as_default(), pytest.raises(SystemExit) as left:
        main([str(path)])
    assert left.value.code == 1
    assert "made no Session.run, and its default graph is empty" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(program):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(SystemExit, match="cannot be used"):
            main(["--no-browser", "--port", str(other.getsockname()[1]), str(program), "5"])


def test_the_command_serves_until_it_is_stopped(program, capsys, monkeypatch):
    seen = []

    def stop(self):
        seen.append(self.server_address[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(serve.ThreadingHTTPServer, "serve_forever", stop)
    main(["--no-browser", str(program), "5"])
    assert seen == ["127.0.0.1"]
    found = re.search(r"http://127\.0\.0\.1:\d+/([\w-]{32})/run/4", capsys.readouterr().out)
    assert found is not None


# Who gets an answer


def test_the_page_lists_the_other_runs(served):
    answer, text = ask(served)
    assert answer.status == 200
    runs = document_in(text)["runs"]
    assert [(run["number"], run["shown"]) for run in runs] == [
        (1, False), (2, False), (3, False), (4, True),
    ]  # fmt: skip
    other = served.rpartition("/")[0] + "/" + runs[1]["address"]
    assert node(document_in(ask(other)[1]), "w")["outputs"][0]["value"]["preview"] == 6


def test_it_listens_on_loopback_only(served):
    port = urlsplit(served).port
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port)}
    for address in addresses - {"127.0.0.1", "127.0.1.1", "::1"}:
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=2):  # noqa: PT011
            pass
    server, _ = server_for(Pages("", Watch()))
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_nothing_is_there_without_the_token(served):
    token = urlsplit(served).path.split("/")[1]
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    paths = ["/", "", f"/{wrong}/run/4", "/run/4", "/%ff"]
    paths += [f"/{token}{rest}" for rest in ("", "/run/99", "/../run/4", "/run/4/", "/etc/passwd")]
    for path in paths:
        answer, text = ask(served, path=path)
        assert (answer.status, text) == (404, "there is nothing here"), path


def test_bytes_that_are_no_text_are_answered_too(served):
    parts = urlsplit(served)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(
            b"GET /\xc3\xa9\xff HTTP/1.0\r\nHost: %b\r\n\r\n" % parts.netloc.encode()
        )
        assert b" 404 " in connection.recv(100)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "", "127.0.0.1", "127.0.0.1:1"]
)
def test_a_foreign_name_for_this_host_is_refused(served, host):
    answer, text = ask(served, Host=host)
    assert (answer.status, text) == (403, "this address is for the machine itself")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(served, method):
    answer, text = ask(served, method)
    assert answer.status == 501
    assert "hidden" not in text
    assert "document" not in text


def test_head_has_no_body_and_headers_shut_the_page_in(served):
    answer, text = ask(served, "HEAD")
    assert (answer.status, text) == (200, "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_every_server_has_its_own_token():
    addresses = set()
    for _ in range(3):
        server, address = server_for(Pages("", Watch()))
        server.server_close()
        addresses.add(urlsplit(address).path)
    assert len(addresses) == 3
