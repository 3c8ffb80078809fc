"""What the repository says of itself is true: its version, its commands, its texts' programs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import tensorslow as ts

ROOT = Path(__file__).parents[1]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of that language in a text."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(name), flags=re.DOTALL | re.MULTILINE)


def run_python(*arguments: str | Path) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_the_version_is_stated_once():
    project = tomllib.loads(text_of("pyproject.toml"))
    assert "version" not in project["project"]
    source = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert source == "tensorslow.version.__version__"
    assert re.fullmatch(r"\d+\.\d+\.\d+", ts.__version__)
    assert text_of("tensorslow/version.py").count(ts.__version__) == 1
    assert ts.__version__ not in text_of("tensorslow/__init__.py")


def test_the_changelog_begins_with_this_version():
    assert (
        re.search(r"^## \[?([^\]\s]+)", text_of("CHANGELOG.md"), re.MULTILINE)[1] == ts.__version__
    )


def test_little_is_needed():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    needed = [re.match(r"[a-z]+", need)[0] for need in project["dependencies"]]
    assert needed == ["llvmlite", "numpy"]


def test_numpy_is_all_that_must_be_there():
    """Without llvmlite everything runs, in NumPy."""
    program = """
import sys
sys.modules["llvmlite"] = None  # importing it fails
import tensorslow as ts
x = ts.Variable(2.0)
train = ts.train.GradientDescentOptimizer(0.1).minimize(x * x)
with ts.Session() as session:
    for _ in range(20):
        session.run(train)
    print(round(float(session.run(x)), 6))
"""
    assert run_python("-c", program) == f"{round(2 * 0.8**20, 6)}\n"


def test_importing_loads_nothing_heavy():
    heavy = [
        "jax",
        "llvmlite",
        "matplotlib",
        "pandas",
        "scipy",
        "sklearn",
        "tensorflow",
        "torch",
        "tqdm",
    ]
    program = f"import sys, tensorslow; print([m for m in {heavy} if m in sys.modules])"
    assert run_python("-c", program) == "[]\n"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_the_make_commands_of_a_text_exist(name):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    mentioned = set(re.findall(r"\bmake ([a-z]+)\b(?=`|$|  )", text_of(name), re.MULTILINE))
    assert mentioned
    assert mentioned <= targets


def test_the_programs_of_the_readme_print_what_it_says(tmp_path):
    programs, printed = blocks("README.md", "python"), blocks("README.md", "text")
    assert len(programs) == len(printed) >= 1
    for program, expected in zip(programs, printed, strict=True):
        file = tmp_path / "example.py"
        file.write_text(program, encoding="utf-8")
        assert run_python(file) == expected


def test_the_operation_that_contributing_adds_is_right():
    (definition,) = blocks("CONTRIBUTING.md", "python")
    names: dict[str, object] = {}
    exec(compile(definition, "CONTRIBUTING.md", "exec"), names)
    with ts.Graph().as_default():
        x = ts.constant(np.array([-1.5, -0.25, 0.0, 0.25, 3.0]))
        y = names["sinc"](x)
        (slope,) = ts.gradients(y, x)
        (bend,) = ts.gradients(slope, x)
        with ts.Session() as session:
            at, value, slope_value, bend_value = session.run([x, y, slope, bend])
    np.testing.assert_allclose(value, np.sinc(at), rtol=1e-12, atol=1e-16)
    step = 1e-5
    np.testing.assert_allclose(
        slope_value, (np.sinc(at + step) - np.sinc(at - step)) / (2 * step), atol=1e-9
    )
    np.testing.assert_allclose(bend_value[2], -(np.pi**2) / 3, rtol=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md"))),
    ],
)
def test_the_links_of_a_text_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#\s]+)", text_of(name)) + re.findall(
        r'src="([^"]+)"', text_of(name)
    )
    missing = [
        link
        for link in links
        if not link.startswith("http") and not ((ROOT / name).parent / link).exists()
    ]
    assert missing == []


def test_the_index_of_design_pages_lists_them_all():
    index = text_of("docs/design/README.md")
    pages = {path.name for path in ROOT.glob("docs/design/*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_no_text_or_program_names_a_path_of_one_machine():
    pattern = re.compile(r"(?<![\w.])/(?:work|home|root|opt|Users)/")
    folders = ["tensorslow", "tests", "examples", "benchmarks", "docs"]
    paths = [ROOT / "Makefile", *ROOT.glob("*.md"), *ROOT.glob("*.toml")]
    texts = {".md", ".py", ".tsv", ".txt"}
    paths += [p for name in folders for p in (ROOT / name).rglob("*") if p.suffix in texts]
    places = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in paths
        if path != Path(__file__).resolve()
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line)
    ]
    assert len(paths) > 50
    assert places == []
