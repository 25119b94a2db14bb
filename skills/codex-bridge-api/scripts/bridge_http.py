"""Sends HTTP requests to a Codex Bridge: JSON requests, and streams of server-sent events."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Any, Iterable, Iterator, NamedTuple, Optional

NOT_REACHABLE = 3
REFUSED = 4
BRIDGE_FAILED = 5

# The time limit for a reply. The bridge replies at once, unless it is asked to hold the reply.
REPLY_SECONDS = 30
# The time limit for silence in a stream. The bridge sends a heartbeat every 15 s.
SILENCE_SECONDS = 60
# How long to try to reconnect. An update of the extension or a reload of the window takes some seconds.
RECONNECT_SECONDS = 60


class BridgeError(Exception):
    """An error: one line for a person and an exit code for scripts."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class NotReachable(BridgeError):
    """There was no reply. The bridge may have received the request anyway."""

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(
            f"no Codex Bridge at {url} ({reason}); open VS Code with Codex Bridge, or run `codex-bridge serve`",
            NOT_REACHABLE,
        )


class Refused(BridgeError):
    """The bridge replied with an error."""

    def __init__(self, status: int, reply: dict) -> None:
        self.status = status
        self.reply = reply
        self.code = reply.get("code")
        name = f"{self.code} ({status})" if self.code else str(status)
        message = " ".join(str(reply.get("error") or "no reason was given").split())
        if status == 401:
            message += "; pass the token of the bridge with --token or CODEX_BRIDGE_TOKEN"
        super().__init__(f"{name}: {message}", REFUSED if status < 500 else BRIDGE_FAILED)


class Client:
    """Sends requests to one bridge. Every request uses its own connection, and proxies are ignored."""

    def __init__(self, url: str, token: Optional[str] = None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a bridge, such as http://127.0.0.1:8765")
        self._parts = parts
        # Reading the port raises ValueError if it is invalid.
        self._port = parts.port

    def get(self, path: str, seconds: float = REPLY_SECONDS) -> dict:
        return self.request("GET", path, seconds=seconds)

    def request(
        self,
        method: str,
        path: str,
        body: Optional[dict] = None,
        headers: Optional[dict] = None,
        seconds: float = REPLY_SECONDS,
    ) -> dict:
        """Returns the JSON of a successful reply. Raises Refused or NotReachable."""
        connection, response = self._send(method, path, body, headers, seconds)
        try:
            return _json(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise NotReachable(self.url, error) from error
        finally:
            connection.close()

    def stream(self, path: str, last_id: Optional[str] = None) -> Optional[Iterator[Event]]:
        """Returns the events of one connection. None when the bridge reports that there will be no more."""
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        connection, response = self._send("GET", path, None, headers, SILENCE_SECONDS)
        if response.status == 204:
            connection.close()
            return None
        return self._events(connection, response)

    def _events(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> Iterator[Event]:
        try:
            yield from parse_events(iter(response.readline, b""))
        except (OSError, http.client.HTTPException) as error:
            raise NotReachable(self.url, error) from error
        finally:
            connection.close()

    def _send(
        self, method: str, path: str, body: Optional[dict], headers: Optional[dict], seconds: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        headers = {"Accept": "application/json", **(headers or {})}
        data = None
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if method != "GET":
            data = json.dumps(body or {}).encode()
            headers["Content-Type"] = "application/json"
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._parts.hostname, self._port, timeout=seconds)
        try:
            connection.request(method, self._parts.path + path, data, headers)
            response = connection.getresponse()
            if response.status >= 300:
                raise Refused(response.status, _error_of(response))
            return connection, response
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NotReachable(self.url, error) from error
        except Refused:
            connection.close()
            raise


def _json(data: bytes) -> dict:
    try:
        reply = json.loads(data)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise BridgeError("the reply is not JSON; is this the URL of a Codex Bridge?", BRIDGE_FAILED)
    return reply


def _error_of(response: http.client.HTTPResponse) -> dict:
    data = response.read()
    try:
        reply = json.loads(data)
    except ValueError:
        reply = None
    return reply if isinstance(reply, dict) else {"error": data.decode(errors="replace")[:500] or response.reason}


class Event(NamedTuple):
    """A server-sent event."""

    # The last id in the stream. A live event has no id of its own.
    last_id: Optional[str]
    type: str
    data: str
    # The time to wait before the next connection, if the bridge specified it.
    retry_seconds: Optional[float] = None


def parse_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """Parses events according to the HTML standard (9.2.6).

    Lines end with LF or CRLF. An incomplete event at the end of the stream is dropped.
    """
    last_id: Optional[str] = None
    retry: Optional[float] = None
    kind, data = "", []
    for raw in lines:
        if not raw.endswith(b"\n"):
            return
        line = raw.rstrip(b"\r\n").decode(errors="replace")
        if not line:
            if data:
                yield Event(last_id, kind or "message", "\n".join(data), retry)
            kind, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "data":
            data.append(value)
        elif field == "event":
            kind = value
        elif field == "id" and "\0" not in value:
            last_id = value
        elif field == "retry" and value.isdigit():
            retry = int(value) / 1000
        # Other lines, such as comments that keep the connection alive, are ignored.


def follow(client: Client, path: str, sleep: Any = time.sleep, clock: Any = time.monotonic) -> Iterator[Event]:
    """Returns the events of a stream without gaps or repetitions, and reconnects as often as necessary.

    Ends when the bridge reports that there will be no more events. Raises NotReachable when the bridge does not return.
    """
    last_id: Optional[str] = None
    delay, lost_at, connected = 1.0, None, False
    while True:
        try:
            events = client.stream(path, last_id)
            if events is None:
                return
            lost_at, connected, received = None, True, False
            for event in events:
                received = True
                last_id = event.last_id or last_id
                delay = event.retry_seconds or delay
                yield event
            # After a stream that contained events and ended normally, more events are requested at once.
            if received:
                continue
        except NotReachable:
            now = clock()
            lost_at = now if lost_at is None else lost_at
            # There is no retry if the first connection fails.
            if not connected or now - lost_at > RECONNECT_SECONDS:
                raise
        sleep(delay)
