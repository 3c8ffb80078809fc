"""The version, stated once: pyproject.toml and `tensorslow.__version__` read it here."""

__version__ = "0.1.0"
