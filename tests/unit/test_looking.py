"""What looks at a graph is imported when it is first asked for, and by nobody before."""

from __future__ import annotations

import subprocess
import sys


def test_a_program_that_does_not_look_loads_nothing_for_it():
    program = """
import sys
import tensorslow as ts
x = ts.placeholder(ts.float32, [])
ts.Session().run(ts.square(x), {x: 2})
ours = ("tensorslow.inspector", "tensorslow.analysis", "tensorslow.debugging")
print([name for name in sys.modules if name.startswith(ours)])
ts.explain_gradient(ts.square(x), x)
paths, page = "tensorslow.analysis.gradient_paths", "tensorslow.inspector.page"
print(paths in sys.modules, page in sys.modules)
ts.inspect(x, {x: 1})
print([name in sys.modules for name in (page, "anywidget", "http")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["[]", "True False", "[True, False, False]", ""]
