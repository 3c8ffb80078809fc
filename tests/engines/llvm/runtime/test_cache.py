"""Entries on disk: kept, found, refused when damaged or unsafe, and bounded in size."""

import os

import pytest

from tensorslow.engines.llvm.runtime import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TENSORSLOW_CACHE_DIR", str(folder))
    monkeypatch.delenv("TENSORSLOW_CACHE", raising=False)
    monkeypatch.delenv("TENSORSLOW_CACHE_SIZE", raising=False)
    return folder


def entries(folder):
    return sorted(os.listdir(folder))


def test_what_was_stored_is_loaded(folder):
    name = cache.key("a text", b"bytes")
    assert cache.load(name) is None
    cache.store(name, b"machine code")
    assert cache.load(name) == b"machine code"
    assert entries(folder) == [name + ".entry"]


def test_the_folder_is_the_users_own(folder):
    cache.store("name", b"data")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "name.entry").stat().st_mode & 0o777 == 0o600


def test_a_key_depends_on_every_part_and_on_where_parts_end():
    keys = {cache.key("ab", "c"), cache.key("a", "bc"), cache.key("abc"), cache.key("ab", "d")}
    assert len(keys) == 4
    assert cache.key("ä") == cache.key("ä".encode())


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty", "longer"])
def test_a_damaged_entry_is_not_there_and_is_removed(folder, damage):
    cache.store("name", b"some machine code")
    path = folder / "name.entry"
    content = path.read_bytes()
    changed = bytes([content[-1] ^ 1])
    path.write_bytes(
        {
            "truncated": content[:-3],
            "changed": content[:-1] + changed,
            "empty": b"",
            "longer": content + b"x",
        }[damage]
    )
    assert cache.load("name") is None
    assert not path.exists()
    cache.store("name", b"again")
    assert cache.load("name") == b"again"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such permissions here")
def test_what_others_may_write_to_is_not_read(folder):
    cache.store("name", b"data")
    (folder / "name.entry").chmod(0o666)
    assert cache.load("name") is None
    (folder / "name.entry").chmod(0o600)
    assert cache.load("name") == b"data"
    folder.chmod(0o777)
    assert cache.load("name") is None
    cache.store("other", b"data")
    assert entries(folder) == ["name.entry"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such owners here")
def test_what_belongs_to_another_user_is_not_read(folder, monkeypatch):
    cache.store("name", b"data")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load("name") is None


@pytest.mark.parametrize("value", ["0", "off", "OFF", "false"])
def test_it_can_be_turned_off(folder, monkeypatch, value):
    cache.store("name", b"data")
    monkeypatch.setenv("TENSORSLOW_CACHE", value)
    assert cache.load("name") is None
    cache.store("other", b"data")
    assert entries(folder) == ["name.entry"]


def test_where_it_is(tmp_path, monkeypatch):
    monkeypatch.delenv("TENSORSLOW_CACHE", raising=False)
    monkeypatch.delenv("TENSORSLOW_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    cache.store("name", b"data")
    assert entries(tmp_path / "xdg" / "tensorslow") == ["name.entry"]
    monkeypatch.delenv("XDG_CACHE_HOME")
    cache.store("name", b"data")
    assert entries(tmp_path / "home" / ".cache" / "tensorslow") == ["name.entry"]


def test_an_impossible_folder_is_a_miss(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("not a folder")
    for impossible in (file, file / "below", "relative/folder"):
        monkeypatch.setenv("TENSORSLOW_CACHE_DIR", str(impossible))
        cache.store("name", b"data")
        assert cache.load("name") is None
    assert not os.path.exists("relative")


def test_a_full_disk_is_no_error(folder, monkeypatch):
    cache.store("first", b"data")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    cache.store("name", b"data")
    assert cache.load("name") is None
    assert entries(folder) == ["first.entry"]  # nothing half-written is left behind


def test_the_least_recently_used_go_first(folder, monkeypatch):
    for number in range(6):
        cache.store(f"entry{number}", bytes(1000))
        os.utime(folder / f"entry{number}.entry", (1e9 + number, 1e9 + number))
    assert cache.load("entry0") == bytes(1000)  # so it is the newest now
    monkeypatch.setenv("TENSORSLOW_CACHE_SIZE", str(3500 / 2**20))
    cache.trim(str(folder))
    assert entries(folder) == ["entry0.entry", "entry4.entry", "entry5.entry"]


def test_the_size_stays_bounded_while_writing(folder, monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE_SIZE", str(100_000 / 2**20))
    for number in range(60):
        cache.store(f"entry{number}", bytes(5000))
        assert sum(file.stat().st_size for file in folder.iterdir()) <= 115_000
    cache.store("huge", bytes(200_000))
    assert cache.load("huge") is None


def test_what_a_dead_writer_left_is_removed(folder):
    cache.store("name", b"data")
    for name, age in (("old.partial", 1e9), ("new.partial", 4e9)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (age, age))
    cache.trim(str(folder))
    assert entries(folder) == ["name.entry", "new.partial"]
