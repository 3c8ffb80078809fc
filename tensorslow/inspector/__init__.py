"""The inspector: a page that takes a graph apart while it runs.

`ts.inspect` records one run, makes a document of it (`document.py` says what that is) and puts it
into a page; `tensorslow inspect program.py` serves the page for a program's runs. The page's own
code is in `web/`, and built into `static/`.
"""
