"""Tests how server-sent events are parsed and followed."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from bridge_http import Client, Event, NotReachable, Refused, follow, parse_events


def parsed(text):
    return list(parse_events(text.encode().splitlines(keepends=True)))


class Parsing(unittest.TestCase):
    def test_frames(self):
        cases = [
            ("id: 7\nevent: job.created\ndata: {}\n\n", [Event("7", "job.created", "{}")]),
            ("data: {}\r\n\r\n", [Event(None, "message", "{}")]),
            ("data:one\ndata: two\ndata:  three\n\n", [Event(None, "message", "one\ntwo\n three")]),
            (": still there\n\nretry: 2000\n: listening\n\n", []),
            ("retry: 2000\ndata: x\n\n", [Event(None, "message", "x", 2.0)]),
            ("retry: soon\nunknown: y\ndata\n\n", [Event(None, "message", "")]),
            ("event: cut off\ndata: x\n", []),
            ("data: whole\n\ndata: cut", [Event(None, "message", "whole")]),
            ("data: ü\n\n", [Event(None, "message", "ü")]),
        ]
        for text, expected in cases:
            self.assertEqual(parsed(text), expected, text)

    def test_a_live_event_keeps_the_last_id(self):
        events = parsed("id: 1\ndata: a\n\nevent: delta\ndata: b\n\nid: 2\ndata: c\n\n")
        self.assertEqual([(event.last_id, event.type) for event in events], [("1", "message"), ("1", "delta"), ("2", "message")])


class Bridge:
    """Replaces a client: each connection plays a list of events, an error, or the end of all events."""

    def __init__(self, *connections):
        self.connections = list(connections)
        self.requested = []

    def stream(self, path, last_id=None):
        self.requested.append(last_id)
        connection = self.connections.pop(0)
        if isinstance(connection, Exception):
            raise connection
        return connection if connection is None else iter(connection)


def broken(*events):
    yield from events
    raise NotReachable("http://bridge", "reset")


AWAY = NotReachable("http://bridge", "refused")
ONE, TWO = Event("1", "a", "{}", 2.0), Event("2", "b", "{}")


class Following(unittest.TestCase):
    def setUp(self):
        self.waits = []
        self.now = 0.0

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def follow(self, bridge):
        return list(follow(bridge, "/events", self.sleep, lambda: self.now))

    def test_it_continues_after_the_last_id(self):
        bridge = Bridge([ONE], [], broken(TWO), AWAY, AWAY, None)
        self.assertEqual(self.follow(bridge), [ONE, TWO])
        self.assertEqual(bridge.requested, [None, "1", "1", "2", "2", "2"])
        # There is no wait after a stream with events. After the others, the wait is the one that the bridge specified.
        self.assertEqual(self.waits, [2.0, 2.0, 2.0, 2.0])

    def test_a_failed_first_connection_is_not_retried(self):
        with self.assertRaises(NotReachable):
            self.follow(Bridge(AWAY))
        self.assertEqual(self.waits, [])

    def test_retries_end_when_the_bridge_does_not_return(self):
        with self.assertRaises(NotReachable):
            self.follow(Bridge([ONE], *[AWAY] * 100))
        self.assertGreater(self.now, 55)

    def test_a_refusal_ends_the_stream(self):
        with self.assertRaises(Refused):
            self.follow(Bridge(Refused(400, {"error": "no", "code": "validation_error"})))


class Errors(unittest.TestCase):
    def test_an_error_is_one_line_with_an_exit_code(self):
        cases = [
            (Refused(409, {"code": "job_ended", "error": "It has\n ended."}), "job_ended (409): It has ended.", 4),
            (Refused(502, {"error": "x"}), "502: x", 5),
            (Refused(404, {}), "404: no reason was given", 4),
        ]
        for error, text, exit_code in cases:
            self.assertEqual((str(error), error.exit_code), (text, exit_code))

    def test_an_invalid_url_is_rejected(self):
        for url in ["", "nonsense", "ftp://x", "http://", "http://x:port"]:
            with self.assertRaises(ValueError, msg=url):
                Client(url)


if __name__ == "__main__":
    unittest.main()
