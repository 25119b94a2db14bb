#!/usr/bin/env python3
"""Starts, continues and follows Codex work through a local Codex Bridge.

Prints JSON, or with --text only the answer. Python 3.9 or newer; nothing else is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.parse
import uuid
from typing import Any, Optional

import bridge_discovery
import bridge_http
from bridge_http import BridgeError, Client, NotReachable

EXIT_CODES = """\
exit codes:
  0  done; with waiting: the job completed
  1  the job failed
  2  wrong usage
  3  no bridge could be reached
  4  the bridge refused the request (4xx)
  5  the bridge or Codex failed (5xx)
  6  the waiting took longer than --timeout
  7  the job waits for an approval (only with --stop-on-approval)
"""
JOB_FAILED, USAGE, TIMED_OUT, WAITS_FOR_APPROVAL = 1, 2, 6, 7

# The longest that the bridge holds a reply.
WAIT_MS_MAX = 55_000
# An approval does not end the bridge's waiting, so its waits are kept short where one counts.
APPROVAL_WAIT_MS = 1_000
# The bridge replies when the turn has begun, for which it has the message's sendTimeoutMs (two minutes by default).
SEND_SECONDS = 600


class Session:
    """The bridge that a command talks to, found when it is first needed."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        # Whether the bridge was named, or has the folder that this is about open.
        self.has_folder = True
        self._client: Optional[Client] = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = self._find()
        return self._client

    def find_again(self) -> None:
        """A bridge that comes back may have another port."""
        self._client = None

    def _find(self) -> Client:
        args, env = self.args, os.environ
        url = args.url or env.get("CODEX_BRIDGE_URL")
        token = args.token or env.get("CODEX_BRIDGE_TOKEN") or env.get("CODEX_BRIDGE_AUTH_TOKEN")
        try:
            if url:
                return Client(url, token or bridge_discovery.token_for(url))
            folder = args.cwd or os.getcwd()
            found = bridge_discovery.find(folder, token)
        except ValueError as error:
            raise BridgeError(str(error), USAGE) from error
        self.has_folder = found.has_folder
        return Client(found.url, found.token)


def main() -> int:
    args = parser().parse_args()
    try:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="replace")
        return args.run(Session(args), args)
    except BridgeError as error:
        note(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def note(text: str) -> None:
    print(f"bridge_client: {text}", file=sys.stderr)


def show(reply: Any) -> int:
    print(json.dumps(reply, indent=2, ensure_ascii=False))
    return 0


def path_of(*parts: str, **query: Any) -> str:
    """A path with its parts and query quoted; what is None or empty is left out of the query."""
    path = "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
    given = {name: value for name, value in query.items() if value not in (None, "", [])}
    return f"{path}?{urllib.parse.urlencode(given)}" if given else path


def absolute(path: str) -> str:
    """The bridge has a working folder of its own. What is not here, such as an address, it shall judge itself."""
    return os.path.abspath(path) if os.path.exists(path) else path


# Looking


def health(session: Session, _: argparse.Namespace) -> int:
    return show(session.client.get("/health"))


def jobs(session: Session, args: argparse.Namespace) -> int:
    query = {"status": args.status, "conversationId": args.conversation, "before": args.before, "limit": args.limit}
    return show(session.client.get(path_of("jobs", **query)))


def job(session: Session, args: argparse.Namespace) -> int:
    return show(session.client.get(path_of("jobs", args.job_id)))


def open_conversations(session: Session, _: argparse.Namespace) -> int:
    return show(session.client.get("/conversations/open"))


def current(session: Session, _: argparse.Namespace) -> int:
    return show(session.client.get("/conversations/current"))


def conversations(session: Session, args: argparse.Namespace) -> int:
    if args.conversation_id:
        return show(session.client.get(path_of("conversations", args.conversation_id, turns="true")))
    archived = "true" if args.archived else None
    query = {"search": args.search, "cursor": args.cursor, "limit": args.limit, "archived": archived}
    cwd = absolute(args.cwd) if args.cwd else None
    return show(session.client.get(path_of("conversations", cwd=cwd, source=args.source, **query)))


# Sending


def start(session: Session, args: argparse.Namespace) -> int:
    if session.client and not session.has_folder and not args.cwd:
        note(f"no window has {os.getcwd()} open, so Codex works in the first folder of {session.client.url}; name one with --cwd")
    return send(session, args, "/conversations")


def resume(session: Session, args: argparse.Namespace) -> int:
    # `current` is a conversation's name in the API, too.
    return send(session, args, path_of("conversations", args.conversation_id, "messages"))


def send(session: Session, args: argparse.Namespace, path: str) -> int:
    body = message_body(args)
    key = args.idempotency_key or (str(uuid.uuid4()) if args.retry else None)
    headers = {"Idempotency-Key": key} if key else {}
    for attempt in range(args.retry + 1):
        try:
            reply = session.client.request("POST", path, body, headers, SEND_SECONDS)
            break
        except NotReachable as error:
            if attempt == args.retry:
                raise
            # The same key: should the bridge have got the message, it gives its reply again and sends nothing twice.
            note(f"{error}; trying again")
            time.sleep(min(2**attempt, 30))
    for warning in reply.get("warnings") or []:
        note(f"warning: {warning}")
    is_draft = "job" not in reply
    if is_draft or not (args.wait or args.text or args.stop_on_approval):
        return show(reply)
    return wait_for(session, args, reply["job"]["jobId"])


def message_body(args: argparse.Namespace) -> dict:
    fields = {
        "message": sys.stdin.read() if args.message == "-" else args.message,
        "cwd": absolute(args.cwd) if args.cwd else None,
        "sandbox": args.sandbox,
        "approvalPolicy": args.approval_policy,
        "dangerouslyBypassApprovalsAndSandbox": True if args.dangerous_auto else None,
        "model": args.model,
        "delivery": args.delivery,
        "title": getattr(args, "title", None),
        "images": [absolute(image) for image in args.image],
        "turnTimeoutMs": args.turn_timeout_ms,
        "approvalTimeoutMs": args.approval_timeout_ms,
        "sendTimeoutMs": args.send_timeout_ms,
        "openTimeoutMs": args.open_timeout_ms,
        "outputLastMessagePath": args.output_last_message_path,
        "ensureOpen": args.ensure_open,
    }
    return {**{name: value for name, value in fields.items() if value not in (None, [])}, **args.body}


def wait(session: Session, args: argparse.Namespace) -> int:
    return wait_for(session, args, args.job_id)


def wait_for(session: Session, args: argparse.Namespace, job_id: str) -> int:
    """Waits until the job ends, shows it, and tells by the exit code how it ended."""
    deadline = time.monotonic() + args.timeout if args.timeout else None
    lost_at = None
    while True:
        left_ms = WAIT_MS_MAX if deadline is None else max(0, int((deadline - time.monotonic()) * 1000))
        wait_ms = min(left_ms, APPROVAL_WAIT_MS if args.stop_on_approval else WAIT_MS_MAX)
        try:
            reply = session.client.get(path_of("jobs", job_id, waitMs=wait_ms), wait_ms / 1000 + bridge_http.REPLY_SECONDS)
        except NotReachable as error:
            # The job outlives its bridge, which may only be reloading.
            lost_at = lost_at or time.monotonic()
            if time.monotonic() - lost_at > bridge_http.RECONNECT_SECONDS or left_ms == 0:
                raise
            note(f"{error}; looking for it again")
            time.sleep(1)
            session.find_again()
            continue
        lost_at = None
        found = reply["job"]
        waiting_on = found.get("waitingOn") or []
        if found["status"] in ("completed", "failed"):
            return show_end(reply, args.text)
        if args.stop_on_approval and waiting_on:
            note("; ".join(f"waits for approval {one['approvalId']}: {one['summary']}" for one in waiting_on))
            show(reply)
            return WAITS_FOR_APPROVAL
        if left_ms == 0:
            note(f"job {job_id} is {found['status']} after {args.timeout:g} s")
            if not args.text:
                show(reply)
            return TIMED_OUT


def show_end(reply: dict, as_text: bool) -> int:
    ended = reply["job"]
    if ended["status"] == "failed":
        failure = ended.get("failure") or {"code": "failed", "message": ended.get("error")}
        note(f"job {ended['jobId']} failed: {failure['code']}: {failure['message']}")
    if not as_text:
        show(reply)
    elif ended["status"] == "completed":
        print((ended.get("result") or {}).get("text", ""))
    return 0 if ended["status"] == "completed" else JOB_FAILED


# Steering a running job


def cancel(session: Session, args: argparse.Namespace) -> int:
    return show(session.client.request("POST", path_of("jobs", args.job_id, "cancel")))


def steer(session: Session, args: argparse.Namespace) -> int:
    message = sys.stdin.read() if args.message == "-" else args.message
    headers = {"Idempotency-Key": args.idempotency_key} if args.idempotency_key else {}
    return show(session.client.request("POST", path_of("jobs", args.job_id, "steer"), {"message": message}, headers))


def approvals(session: Session, args: argparse.Namespace) -> int:
    status = None if args.all else args.status
    query = {"status": status, "jobId": args.job, "conversationId": args.conversation, "limit": args.limit}
    return show(session.client.get(path_of("approvals", **query)))


def approve(session: Session, args: argparse.Namespace) -> int:
    return decide(session, args, args.decision)


def deny(session: Session, args: argparse.Namespace) -> int:
    return decide(session, args, "cancel" if args.cancel else "deny")


def answer(session: Session, args: argparse.Namespace) -> int:
    answers: dict = {}
    for given in args.answer:
        question, separator, text = given.partition("=")
        if not separator:
            raise BridgeError(f"{given!r} is not QUESTION_ID=TEXT", USAGE)
        answers.setdefault(question, []).append(text)
    fields = {"answers": answers} if answers else {"content": args.content}
    return decide(session, args, "answer", **fields)


def decide(session: Session, args: argparse.Namespace, decision: str, **fields: Any) -> int:
    body = {"decision": decision, **fields, **({"note": args.note} if args.note else {})}
    return show(session.client.request("POST", path_of("approvals", args.approval_id), body))


def events(session: Session, args: argparse.Namespace) -> int:
    """Prints each event as one line of JSON. A job's events end with the job."""
    query = {"after": args.after, "type": args.type}
    if args.job:
        path = path_of("jobs", args.job, "events", **query)
    else:
        path = path_of("events", conversationId=args.conversation, **query)
    seen = 0
    for event in bridge_http.follow(session.client, path):
        print(event.data, flush=True)
        seen += 1
        if seen == args.limit:
            return 0
    if not args.job:
        return 0
    ended = session.client.get(path_of("jobs", args.job))["job"]
    return JOB_FAILED if ended["status"] == "failed" else 0


# The command line


def parser() -> argparse.ArgumentParser:
    common = common_options(argparse.SUPPRESS)
    main_parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options(None)],
    )
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        # The common options may stand before and after the command.
        added = commands.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(run=run)
        return added

    command("health", health, "whether the bridge runs, and which Codex it has found")

    one = command("jobs", jobs, "jobs, newest first")
    one.add_argument("--status", choices=["starting", "running", "completed", "failed"])
    one.add_argument("--conversation", metavar="ID")
    one.add_argument("--before", metavar="JOB_ID", help="only older ones: the last one of the page before")
    one.add_argument("--limit", type=int)

    command("job", job, "one job").add_argument("job_id")

    one = command("wait", wait, "waits until a job ends")
    one.add_argument("job_id")
    add_waiting(one)
    one.add_argument("--interval", type=float, help=argparse.SUPPRESS)  # of earlier clients, which polled

    command("open", open_conversations, "the conversations that have a tab in VS Code")
    command("current", current, "the conversation whose tab has the focus")

    one = command("start", start, "starts a conversation; without a message opens a draft in VS Code")
    add_sending(one, is_message_required=False)
    one.add_argument("--title", help="the conversation's title")

    one = command("resume", resume, "continues a conversation")
    one.add_argument("conversation_id", help="its id, or `current` for the one whose tab has the focus")
    add_sending(one, is_message_required=True)

    command("cancel", cancel, "interrupts a job's turn").add_argument("job_id")

    one = command("steer", steer, "says something to a turn while it runs")
    one.add_argument("job_id")
    one.add_argument("--message", required=True, help="the text; - reads standard input")
    one.add_argument("--idempotency-key", metavar="KEY")

    one = command("approvals", approvals, "what Codex asks for")
    one.add_argument("--status", default="pending", help="default: pending")
    one.add_argument("--all", action="store_true", help="also those that are answered")
    one.add_argument("--job", metavar="ID")
    one.add_argument("--conversation", metavar="ID")
    one.add_argument("--limit", type=int)

    one = command("approve", approve, "lets Codex do what it asks for")
    one.add_argument("approval_id")
    group = one.add_mutually_exclusive_group()
    for flag, decision in [("--for-session", "approve_for_session"), ("--always", "approve_always")]:
        group.add_argument(flag, dest="decision", action="store_const", const=decision)
    one.set_defaults(decision="approve")
    one.add_argument("--note")

    one = command("deny", deny, "does not let it; the turn goes on without")
    one.add_argument("approval_id")
    one.add_argument("--cancel", action="store_true", help="also ends the turn")
    one.add_argument("--note")

    one = command("answer", answer, "answers what Codex or a tool of it asks")
    one.add_argument("approval_id")
    group = one.add_mutually_exclusive_group(required=True)
    group.add_argument("--answer", action="append", default=[], metavar="QUESTION_ID=TEXT", help="can be repeated")
    group.add_argument("--content", type=json_value, metavar="JSON", help="content of a form, or a tool's result")
    one.add_argument("--note")

    one = command("events", events, "what happens, as it happens: one line of JSON for each event")
    one.add_argument("--job", metavar="ID", help="this job's events from its beginning to its end")
    one.add_argument("--conversation", metavar="ID")
    one.add_argument("--type", metavar="TYPES", help="a list with commas, * for anything: job.*,item.completed")
    one.add_argument("--after", metavar="EVENT_ID", help="all since then; 0 for all that are kept")
    one.add_argument("--limit", type=int, help="stops after so many")

    one = command("conversations", conversations, "conversations of Codex's history, or one with its turns")
    one.add_argument("conversation_id", nargs="?")
    one.add_argument("--search", metavar="TEXT")
    one.add_argument("--archived", action="store_true", help="only archived ones")
    one.add_argument("--source", help="such as vscode, cli or exec")
    one.add_argument("--cursor", help="nextCursor of the page before")
    one.add_argument("--limit", type=int)
    return main_parser


def common_options(default: Optional[str]) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--url", default=default, help="the bridge's address; else CODEX_BRIDGE_URL, else the one of your folder")
    options.add_argument("--token", default=default, help="its token; else CODEX_BRIDGE_TOKEN, else the one it made itself")
    options.add_argument("--cwd", default=default, help="the folder that this is about; default: the one you are in")
    return options


def add_sending(one: argparse.ArgumentParser, is_message_required: bool) -> None:
    one.add_argument("--message", required=is_message_required, help="what Codex shall do; - reads standard input")
    one.add_argument("--sandbox", choices=["read-only", "workspace-write", "danger-full-access"])
    one.add_argument("--approval-policy", choices=["untrusted", "on-failure", "on-request", "never"])
    one.add_argument("--dangerous-auto", action="store_true", help="never ask, and no sandbox: for trusted tasks only")
    one.add_argument("--model")
    one.add_argument("--delivery", help="auto, start, steer, queue, handover, panel, fork or reject")
    one.add_argument("--image", action="append", default=[], metavar="PATH", help="can be repeated")
    one.add_argument("--body", type=json_object, default={}, metavar="JSON", help="further fields of the request's body")
    one.add_argument("--turn-timeout-ms", type=int, metavar="MS", help="interrupts the turn then")
    one.add_argument("--approval-timeout-ms", type=int, metavar="MS", help="denies what nobody answers until then")
    one.add_argument("--send-timeout-ms", type=int, metavar="MS", help="until the turn must have begun")
    one.add_argument("--open-timeout-ms", type=int, metavar="MS", help="until VS Code must show it")
    one.add_argument("--output-last-message-path", metavar="PATH", help="file that the answer is written to")
    one.add_argument("--ensure-open", action="store_true", default=None, help="show it in VS Code (the default there)")
    one.add_argument("--no-ensure-open", dest="ensure_open", action="store_false")
    one.add_argument("--idempotency-key", metavar="KEY", help="the same key and message are sent once")
    one.add_argument("--retry", type=int, default=0, metavar="N", help="send again when the connection is lost; never twice")
    one.add_argument("--wait", action="store_true", help="wait until the job ends")
    add_waiting(one)


def add_waiting(one: argparse.ArgumentParser) -> None:
    one.add_argument("--timeout", type=float, default=0, metavar="SECONDS", help="stop waiting then; default: never")
    one.add_argument("--text", action="store_true", help="wait, and print only the answer")
    one.add_argument("--stop-on-approval", action="store_true", help="wait until the job ends or waits for an approval")


def json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error


def json_object(text: str) -> dict:
    value = json_value(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be an object, such as '{\"personality\":\"pragmatic\"}'")
    return value


if __name__ == "__main__":
    sys.exit(main())
