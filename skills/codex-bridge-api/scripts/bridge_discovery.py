"""Finds the Codex Bridge that a command is meant for, among those that run on this machine.

Each running bridge (one for each VS Code window, and each `codex-bridge serve`) writes a small JSON file into the
discovery folder and holds a lock file for as long as it lives.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Callable, Iterable, Mapping, NamedTuple, Optional

from bridge_http import BridgeError, Client, NotReachable, Refused

DEFAULT_URL = "http://127.0.0.1:8765"
# A living bridge answers within milliseconds.
PROBE_SECONDS = 2


class Entry(NamedTuple):
    """What a bridge says about itself."""

    instance_id: str
    url: str
    folders: tuple[str, ...]
    started_at: str
    token_file: Optional[str]
    lock_file: Optional[str]


class Found(NamedTuple):
    """The bridge to talk to."""

    url: str
    token: Optional[str]
    # Whether one of its folders holds the folder that was asked for.
    has_folder: bool


def discovery_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where running bridges announce themselves."""
    named = env.get("CODEX_BRIDGE_DISCOVERY_DIR")
    if named:
        return Path(named)
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    if platform == "win32":
        data = Path(env["APPDATA"]) if env.get("APPDATA") else home / "AppData" / "Roaming"
    elif platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        # The XDG specification wants relative paths ignored.
        xdg = env.get("XDG_DATA_HOME", "")
        data = Path(xdg) if os.path.isabs(xdg) else home / ".local" / "share"
    return data / "codex-bridge" / "instances"


def read_entries(folder: Path) -> list[Entry]:
    """The files in the discovery folder. What is no entry is not ours to judge."""
    entries = []
    for file in sorted(folder.glob("*.json")):
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            entry = Entry(
                said["instanceId"],
                said["url"],
                tuple(said["workspaceFolders"]),
                said["startedAt"],
                said.get("tokenFile"),
                said.get("lockFile"),
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
        entries.append(entry)
    return entries


def ranked(entries: Iterable[Entry], folder: str) -> list[tuple[int, Entry]]:
    """The entries, best first, each with how much of `folder` its best workspace folder covers (0: none of it)."""
    measured = [(max((_cover(own, folder) for own in entry.folders), default=0), entry) for entry in entries]
    newest_first = sorted(measured, key=lambda pair: pair[1].started_at, reverse=True)
    return sorted(newest_first, key=lambda pair: pair[0], reverse=True)


def _cover(workspace: str, folder: str) -> int:
    """How many parts of the path `folder` the workspace folder has, if it holds that folder."""
    own, asked = _parts(workspace), _parts(folder)
    return len(own) if asked[: len(own)] == own else 0


def _parts(path: str) -> tuple[str, ...]:
    return Path(os.path.normcase(os.path.realpath(path))).parts


def find(folder: str, token: Optional[str], env: Mapping[str, str] = os.environ) -> Found:
    """The living bridge whose workspace has `folder`; else the newest; else the one at the usual address."""
    for cover, entry in ranked(read_entries(discovery_folder(env)), folder):
        own_token = token or token_of(entry)
        if is_alive(entry, own_token):
            return Found(entry.url, own_token, cover > 0)
    return Found(DEFAULT_URL, token, True)


def token_for(url: str, env: Mapping[str, str] = os.environ) -> Optional[str]:
    """The token that the living bridge at this address made for itself."""
    for entry in read_entries(discovery_folder(env)):
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
    """Whether the bridge runs, and whether it is the one that answers at its address."""
    # The lock first: the port of a dead bridge may belong to a stranger by now, who must not be told the token.
    if not (has_lock or holds_lock)(entry):
        return False
    try:
        return Client(entry.url, token).get("/health", PROBE_SECONDS).get("instanceId") == entry.instance_id
    except Refused as error:
        # It wants a token that we do not have. The command itself will say so.
        return error.status == 401
    except (NotReachable, BridgeError, ValueError):
        return False


def holds_lock(entry: Entry) -> bool:
    """Whether the process that wrote the entry lives: the operating system releases its lock when it ends."""
    if not entry.lock_file:
        return True
    try:
        with open(entry.lock_file, "rb") as file:
            return _is_locked(file.fileno())
    except PermissionError:
        # Windows may refuse to open what is locked.
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

            # Shared, so that two clients that look at the same time do not see each other.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    except OSError:
        return True
