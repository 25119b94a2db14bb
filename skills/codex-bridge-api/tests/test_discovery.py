"""Tests which bridge is chosen."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import bridge_discovery
from bridge_discovery import Entry, discovery_directory, holds_lock, ranked, read_entries

DAY = "2026-11-{:02}T00:00:00.000Z"


def entry(name, directories, day=1, lock_file=None):
    return Entry(name, f"http://127.0.0.1/{name}", tuple(directories), DAY.format(day), None, lock_file)


def order(entries, directory):
    return [entry.instance_id for _, entry in ranked(entries, directory)]


class Directory(unittest.TestCase):
    def test_each_platform_has_its_own_directory(self):
        home = os.path.abspath("home")
        xdg = os.path.abspath("xdg")
        cases = [
            ("linux", {"HOME": home}, Path(home, ".local", "share", "codex-bridge", "instances")),
            ("linux", {"HOME": home, "XDG_DATA_HOME": xdg}, Path(xdg, "codex-bridge", "instances")),
            ("linux", {"HOME": home, "XDG_DATA_HOME": "relative"}, Path(home, ".local", "share", "codex-bridge", "instances")),
            ("darwin", {"HOME": home, "XDG_DATA_HOME": xdg}, Path(home, "Library", "Application Support", "codex-bridge", "instances")),
            ("win32", {"HOME": home, "APPDATA": xdg}, Path(xdg, "codex-bridge", "instances")),
            ("win32", {"HOME": home, "CODEX_BRIDGE_DISCOVERY_DIR": xdg}, Path(xdg)),
        ]
        for platform, env, expected in cases:
            self.assertEqual(discovery_directory(env, platform), expected, (platform, env))


class Choice(unittest.TestCase):
    def test_the_longest_workspace_folder_wins(self):
        entries = [entry("outer", ["/w"], 3), entry("inner", ["/x", "/w/a/b"], 1), entry("other", ["/y"], 4)]
        self.assertEqual(order(entries, "/w/a/b/c"), ["inner", "outer", "other"])
        self.assertEqual(order(entries, "/w/a"), ["outer", "other", "inner"])

    def test_a_directory_with_a_common_name_prefix_does_not_match(self):
        self.assertEqual(order([entry("alike", ["/w/app"], 1), entry("newest", [], 2)], "/w/app-two"), ["newest", "alike"])

    def test_without_a_match_the_newest_wins(self):
        self.assertEqual(order([entry("old", ["/a"], 1), entry("new", ["/b"], 2)], "/nowhere"), ["new", "old"])

    def test_links_are_followed(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "real").mkdir()
            try:
                os.symlink(os.path.join(directory, "real"), os.path.join(directory, "link"), target_is_directory=True)
            except OSError as error:
                self.skipTest(f"links are not supported here: {error}")
            entries = [entry("newest", [], 2), entry("linked", [os.path.join(directory, "link")], 1)]
            self.assertEqual(order(entries, os.path.join(directory, "real", "src"))[0], "linked")


class Entries(unittest.TestCase):
    def test_invalid_files_are_skipped(self):
        good = {
            "instanceId": "one",
            "url": "http://127.0.0.1:1",
            "pid": 1,
            "workspaceFolders": ["/w"],
            "version": "1",
            "startedAt": DAY.format(1),
            "tokenFile": None,
            "lockFile": "/l",
        }
        with tempfile.TemporaryDirectory() as directory:
            texts = {"a.json": json.dumps(good), "b.json": "{", "c.json": "[]", "d.json": "{}", "e.txt": json.dumps(good)}
            for name, text in texts.items():
                Path(directory, name).write_text(text, encoding="utf-8")
            self.assertEqual([entry.instance_id for entry in read_entries(Path(directory))], ["one"])
        self.assertEqual(read_entries(Path(directory)), [], "the directory does not exist")

    def test_a_bridge_is_alive_as_long_as_it_holds_its_lock(self):
        with tempfile.TemporaryDirectory() as directory:
            lock = Path(directory, "one.lock")
            self.assertFalse(holds_lock(entry("gone", [], lock_file=str(lock))))
            lock.touch()
            one = entry("one", [], lock_file=str(lock))
            self.assertFalse(holds_lock(one))
            if os.name == "nt":
                return
            # On some systems, locks of the same process do not exclude each other, so another process holds the lock.
            code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
            with subprocess.Popen(
                [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as holder:
                holder.stdout.readline()
                self.assertTrue(holds_lock(one))
                holder.stdin.close()
                holder.wait()
            self.assertFalse(holds_lock(one))

    def test_another_program_does_not_get_the_token(self):
        """Nothing is sent to the URL if the lock is free."""
        alive = bridge_discovery.is_alive(entry("one", []), "secret", has_lock=lambda _: False)
        self.assertFalse(alive)


if __name__ == "__main__":
    unittest.main()
