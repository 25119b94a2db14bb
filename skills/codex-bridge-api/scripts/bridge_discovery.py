"""Finds the Codex Bridge for a command among the bridges that run on this machine.

Each running bridge (one per VS Code window and per `codex-bridge serve`) writes a small JSON file into the discovery
directory and holds a lock on another file as long as it runs.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Callable, Iterable, Mapping, NamedTuple, Optional

from bridge_http import BridgeError, Client, NotReachable, Refused

DEFAULT_URL = "http://127.0.0.1:8765"
# The time limit for the health check. A running bridge answers within milliseconds.
PROBE_SECONDS = 2


class Entry(NamedTuple):
    """The discovery file of a bridge."""

    instance_id: str
    url: str
    directories: tuple[str, ...]
    started_at: str
    token_file: Optional[str]
    lock_file: Optional[str]


class Found(NamedTuple):
    """The bridge to use."""

    url: str
    token: Optional[str]
    # Whether one of its workspace folders contains the requested directory.
    has_directory: bool


def discovery_directory(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the directory with the discovery files of running bridges."""
    configured = env.get("CODEX_BRIDGE_DISCOVERY_DIR")
    if configured:
        return Path(configured)
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    if platform == "win32":
        data = Path(env["APPDATA"]) if env.get("APPDATA") else home / "AppData" / "Roaming"
    elif platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        # The XDG specification says that relative paths are ignored.
        xdg = env.get("XDG_DATA_HOME", "")
        data = Path(xdg) if os.path.isabs(xdg) else home / ".local" / "share"
    return data / "codex-bridge" / "instances"


def read_entries(directory: Path) -> list[Entry]:
    """Reads the discovery files and skips files that are not valid."""
    entries = []
    for file in sorted(directory.glob("*.json")):
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            entry = Entry(
                fields["instanceId"],
                fields["url"],
                tuple(fields["workspaceFolders"]),
                fields["startedAt"],
                fields.get("tokenFile"),
                fields.get("lockFile"),
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
        entries.append(entry)
    return entries


def ranked(entries: Iterable[Entry], directory: str) -> list[tuple[int, Entry]]:
    """Returns the entries, best first, each with the length of its best match with `directory` (0 for none)."""
    measured = [(max((_match_length(workspace, directory) for workspace in entry.directories), default=0), entry) for entry in entries]
    newest_first = sorted(measured, key=lambda pair: pair[1].started_at, reverse=True)
    return sorted(newest_first, key=lambda pair: pair[0], reverse=True)


def _match_length(workspace: str, directory: str) -> int:
    """Returns the number of path components of the workspace folder if it contains the directory, or else 0."""
    outer, inner = _parts(workspace), _parts(directory)
    return len(outer) if inner[: len(outer)] == outer else 0


def _parts(path: str) -> tuple[str, ...]:
    return Path(os.path.normcase(os.path.realpath(path))).parts


def find(directory: str, token: Optional[str], env: Mapping[str, str] = os.environ) -> Found:
    """Returns the running bridge whose workspace contains `directory`, or the newest, or the one at the default URL."""
    for match_length, entry in ranked(read_entries(discovery_directory(env)), directory):
        own_token = token or token_of(entry)
        if is_alive(entry, own_token):
            return Found(entry.url, own_token, match_length > 0)
    return Found(DEFAULT_URL, token, True)


def token_for(url: str, env: Mapping[str, str] = os.environ) -> Optional[str]:
    """Returns the token that the running bridge at this URL generated."""
    for entry in read_entries(discovery_directory(env)):
        if entry.url.rstrip("/") == url.rstrip("/") and holds_lock(entry):
            return token_of(entry)
    return None


def token_of(entry: Entry) -> Optional[str]:
    if not entry.token_file:
        return None
    try:
        return Path(entry.token_file).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def is_alive(
    entry: Entry,
    token: Optional[str],
    has_lock: Optional[Callable[[Entry], bool]] = None,
) -> bool:
    """Reports whether the bridge is running and is the one that answers at its URL."""
    # The lock is checked first. The port of a dead bridge may belong to another program by now, which must not get the
    # token.
    if not (has_lock or holds_lock)(entry):
        return False
    try:
        return Client(entry.url, token).get("/health", PROBE_SECONDS).get("instanceId") == entry.instance_id
    except Refused as error:
        # The bridge requires a token that is not known here. The command itself will report that.
        return error.status == 401
    except (NotReachable, BridgeError, ValueError):
        return False


def holds_lock(entry: Entry) -> bool:
    """Reports whether the process that wrote the entry is running. The operating system releases its lock on exit."""
    if not entry.lock_file:
        return True
    try:
        with open(entry.lock_file, "rb") as file:
            return _is_locked(file.fileno())
    except PermissionError:
        # Windows may refuse to open a locked file.
        return os.name == "nt"
    except OSError:
        return False


def _is_locked(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            # The lock is shared, so that two clients that check at the same time do not see each other's lock.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    except OSError:
        return True
