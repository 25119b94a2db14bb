#!/usr/bin/env python3
"""Starts, continues and follows Codex work through a local Codex Bridge.

Prints JSON, or only the answer with --text. Requires Python 3.9 or newer and no other packages.
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
  0  success; when waiting, the job completed
  1  the job failed
  2  invalid usage
  3  no bridge could be reached
  4  the bridge refused the request (4xx)
  5  the bridge or Codex failed (5xx)
  6  the wait exceeded --timeout
  7  the job waits for an approval (only with --stop-on-approval)
"""
JOB_FAILED, USAGE, TIMED_OUT, WAITS_FOR_APPROVAL = 1, 2, 6, 7

# The maximum time for which the bridge holds a reply.
WAIT_MS_MAX = 55_000
# The time of a single wait with --stop-on-approval. An approval does not end a held reply, so the waits are short.
APPROVAL_WAIT_MS = 1_000
# The maximum time for a reply to a message. The bridge replies when the turn has started, for which the limit is the
# message's sendTimeoutMs (two minutes by default).
SEND_SECONDS = 600


class Bridge:
    """The bridge that a command uses. It is searched for on first use."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        # Whether the bridge was given explicitly, or has the directory of the command open.
        self.has_directory = True
        self._client: Optional[Client] = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = self._find()
        return self._client

    def find_again(self) -> None:
        """Searches for the bridge again on next use, because a restarted bridge may have another port."""
        self._client = None

    def _find(self) -> Client:
        args, env = self.args, os.environ
        url = args.url or env.get("CODEX_BRIDGE_URL")
        token = args.token or env.get("CODEX_BRIDGE_TOKEN") or env.get("CODEX_BRIDGE_AUTH_TOKEN")
        try:
            if url:
                return Client(url, token or bridge_discovery.token_for(url))
            directory = args.cwd or os.getcwd()
            found = bridge_discovery.find(directory, token)
        except ValueError as error:
            raise BridgeError(str(error), USAGE) from error
        self.has_directory = found.has_directory
        return Client(found.url, found.token)


def main() -> int:
    args = parser().parse_args()
    try:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="replace")
        return args.run(Bridge(args), args)
    except BridgeError as error:
        note(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of the output has closed it. Without this, Python would report the error again when it flushes at
        # exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def note(text: str) -> None:
    print(f"bridge_client: {text}", file=sys.stderr)


def show(reply: Any) -> int:
    print(json.dumps(reply, indent=2, ensure_ascii=False))
    return 0


def path_of(*parts: str, **query: Any) -> str:
    """Returns a path with quoted parts and query. None and empty values are omitted from the query."""
    path = "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
    present = {name: value for name, value in query.items() if value not in (None, "", [])}
    return f"{path}?{urllib.parse.urlencode(present)}" if present else path


def absolute(path: str) -> str:
    """Makes the path of an existing file absolute, because the bridge has another working directory.

    Anything else, such as a URL, is left for the bridge to check.
    """
    return os.path.abspath(path) if os.path.exists(path) else path


# Reading


def health(bridge: Bridge, _: argparse.Namespace) -> int:
    return show(bridge.client.get("/health"))


def jobs(bridge: Bridge, args: argparse.Namespace) -> int:
    query = {"status": args.status, "conversationId": args.conversation, "before": args.before, "limit": args.limit}
    return show(bridge.client.get(path_of("jobs", **query)))


def job(bridge: Bridge, args: argparse.Namespace) -> int:
    return show(bridge.client.get(path_of("jobs", args.job_id)))


def open_conversations(bridge: Bridge, _: argparse.Namespace) -> int:
    return show(bridge.client.get("/conversations/open"))


def current(bridge: Bridge, _: argparse.Namespace) -> int:
    return show(bridge.client.get("/conversations/current"))


def conversations(bridge: Bridge, args: argparse.Namespace) -> int:
    if args.conversation_id:
        return show(bridge.client.get(path_of("conversations", args.conversation_id, turns="true")))
    archived = "true" if args.archived else None
    query = {"search": args.search, "cursor": args.cursor, "limit": args.limit, "archived": archived}
    cwd = absolute(args.cwd) if args.cwd else None
    return show(bridge.client.get(path_of("conversations", cwd=cwd, source=args.source, **query)))


# Sending


def start(bridge: Bridge, args: argparse.Namespace) -> int:
    if bridge.client and not bridge.has_directory and not args.cwd:
        note(
            f"no window has {os.getcwd()} open, so Codex will use the first directory of {bridge.client.url}; "
            "choose another one with --cwd"
        )
    return send(bridge, args, "/conversations")


def resume(bridge: Bridge, args: argparse.Namespace) -> int:
    # The API accepts `current` instead of an id, too.
    return send(bridge, args, path_of("conversations", args.conversation_id, "messages"))


def send(bridge: Bridge, args: argparse.Namespace, path: str) -> int:
    body = message_body(args)
    key = args.idempotency_key or (str(uuid.uuid4()) if args.retry else None)
    headers = {"Idempotency-Key": key} if key else {}
    for attempt in range(args.retry + 1):
        try:
            reply = bridge.client.request("POST", path, body, headers, SEND_SECONDS)
            break
        except NotReachable as error:
            if attempt == args.retry:
                raise
            # The key is the same, so if the bridge has received the message, it repeats its reply and sends nothing
            # twice.
            note(f"{error}; retrying")
            time.sleep(min(2**attempt, 30))
    for warning in reply.get("warnings") or []:
        note(f"warning: {warning}")
    is_draft = "job" not in reply
    if is_draft or not (args.wait or args.text or args.stop_on_approval):
        return show(reply)
    return wait_for(bridge, args, reply["job"]["jobId"])


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


def wait(bridge: Bridge, args: argparse.Namespace) -> int:
    return wait_for(bridge, args, args.job_id)


def wait_for(bridge: Bridge, args: argparse.Namespace, job_id: str) -> int:
    """Waits until the job ends, prints it, and returns the exit code for its result."""
    deadline = time.monotonic() + args.timeout if args.timeout else None
    lost_at = None
    while True:
        left_ms = WAIT_MS_MAX if deadline is None else max(0, int((deadline - time.monotonic()) * 1000))
        wait_ms = min(left_ms, APPROVAL_WAIT_MS if args.stop_on_approval else WAIT_MS_MAX)
        try:
            reply = bridge.client.get(path_of("jobs", job_id, waitMs=wait_ms), wait_ms / 1000 + bridge_http.REPLY_SECONDS)
        except NotReachable as error:
            # The job survives its bridge, which may only be reloading.
            lost_at = lost_at or time.monotonic()
            if time.monotonic() - lost_at > bridge_http.RECONNECT_SECONDS or left_ms == 0:
                raise
            note(f"{error}; searching again")
            time.sleep(1)
            bridge.find_again()
            continue
        lost_at = None
        current_job = reply["job"]
        waiting_on = current_job.get("waitingOn") or []
        if current_job["status"] in ("completed", "failed"):
            return show_end(reply, args.text)
        if args.stop_on_approval and waiting_on:
            note("; ".join(f"waits for approval {item['approvalId']}: {item['summary']}" for item in waiting_on))
            show(reply)
            return WAITS_FOR_APPROVAL
        if left_ms == 0:
            note(f"job {job_id} is {current_job['status']} after {args.timeout:g} s")
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


def cancel(bridge: Bridge, args: argparse.Namespace) -> int:
    return show(bridge.client.request("POST", path_of("jobs", args.job_id, "cancel")))


def steer(bridge: Bridge, args: argparse.Namespace) -> int:
    message = sys.stdin.read() if args.message == "-" else args.message
    headers = {"Idempotency-Key": args.idempotency_key} if args.idempotency_key else {}
    return show(bridge.client.request("POST", path_of("jobs", args.job_id, "steer"), {"message": message}, headers))


def approvals(bridge: Bridge, args: argparse.Namespace) -> int:
    status = None if args.all else args.status
    query = {"status": status, "jobId": args.job, "conversationId": args.conversation, "limit": args.limit}
    return show(bridge.client.get(path_of("approvals", **query)))


def approve(bridge: Bridge, args: argparse.Namespace) -> int:
    return decide(bridge, args, args.decision)


def deny(bridge: Bridge, args: argparse.Namespace) -> int:
    return decide(bridge, args, "cancel" if args.cancel else "deny")


def answer(bridge: Bridge, args: argparse.Namespace) -> int:
    answers: dict = {}
    for argument in args.answer:
        question, separator, text = argument.partition("=")
        if not separator:
            raise BridgeError(f"{argument!r} is not QUESTION_ID=TEXT", USAGE)
        answers.setdefault(question, []).append(text)
    fields = {"answers": answers} if answers else {"content": args.content}
    return decide(bridge, args, "answer", **fields)


def decide(bridge: Bridge, args: argparse.Namespace, decision: str, **fields: Any) -> int:
    body = {"decision": decision, **fields, **({"note": args.note} if args.note else {})}
    return show(bridge.client.request("POST", path_of("approvals", args.approval_id), body))


def events(bridge: Bridge, args: argparse.Namespace) -> int:
    """Prints each event as one line of JSON. The events of a job end with the job."""
    query = {"after": args.after, "type": args.type}
    if args.job:
        path = path_of("jobs", args.job, "events", **query)
    else:
        path = path_of("events", conversationId=args.conversation, **query)
    seen = 0
    for event in bridge_http.follow(bridge.client, path):
        print(event.data, flush=True)
        seen += 1
        if seen == args.limit:
            return 0
    if not args.job:
        return 0
    ended = bridge.client.get(path_of("jobs", args.job))["job"]
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
        # The common options are accepted before and after the command.
        added = commands.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(run=run)
        return added

    command("health", health, "show whether the bridge is running, and which Codex it has found")

    sub = command("jobs", jobs, "list jobs, newest first")
    sub.add_argument("--status", choices=["starting", "running", "completed", "failed"])
    sub.add_argument("--conversation", metavar="ID")
    sub.add_argument(
        "--before", metavar="JOB_ID",
        help="list only jobs before this one, for example the last job of the previous page",
    )
    sub.add_argument("--limit", type=int)

    command("job", job, "show a job").add_argument("job_id")

    sub = command("wait", wait, "wait until a job ends")
    sub.add_argument("job_id")
    add_waiting(sub)
    sub.add_argument("--interval", type=float, help=argparse.SUPPRESS)  # accepted for compatibility with earlier clients, which polled

    command("open", open_conversations, "list the conversations with a tab in VS Code")
    command("current", current, "show the conversation whose tab has the focus")

    sub = command("start", start, "start a conversation, or open a draft in VS Code without a message")
    add_sending(sub, is_message_required=False)
    sub.add_argument("--title", help="the title of the conversation")

    sub = command("resume", resume, "continue a conversation")
    sub.add_argument("conversation_id", help="the id, or `current` for the conversation whose tab has the focus")
    add_sending(sub, is_message_required=True)

    command("cancel", cancel, "interrupt the turn of a job").add_argument("job_id")

    sub = command("steer", steer, "add a message to a running turn")
    sub.add_argument("job_id")
    sub.add_argument("--message", required=True, help="the message; - reads standard input")
    sub.add_argument("--idempotency-key", metavar="KEY")

    sub = command("approvals", approvals, "list approvals")
    sub.add_argument("--status", default="pending", help="the status to list; default: pending")
    sub.add_argument("--all", action="store_true", help="also list answered approvals")
    sub.add_argument("--job", metavar="ID")
    sub.add_argument("--conversation", metavar="ID")
    sub.add_argument("--limit", type=int)

    sub = command("approve", approve, "approve a request of Codex")
    sub.add_argument("approval_id")
    group = sub.add_mutually_exclusive_group()
    for flag, decision in [("--for-session", "approve_for_session"), ("--always", "approve_always")]:
        group.add_argument(flag, dest="decision", action="store_const", const=decision)
    sub.set_defaults(decision="approve")
    sub.add_argument("--note")

    sub = command("deny", deny, "deny a request of Codex; the turn continues")
    sub.add_argument("approval_id")
    sub.add_argument("--cancel", action="store_true", help="also end the turn")
    sub.add_argument("--note")

    sub = command("answer", answer, "answer a question of Codex or of one of its tools")
    sub.add_argument("approval_id")
    group = sub.add_mutually_exclusive_group(required=True)
    group.add_argument("--answer", action="append", default=[], metavar="QUESTION_ID=TEXT", help="can be repeated")
    group.add_argument(
        "--content", type=json_value, metavar="JSON",
        help="the content of a form, or the result of a tool",
    )
    sub.add_argument("--note")

    sub = command("events", events, "print events as they happen, one line of JSON each")
    sub.add_argument("--job", metavar="ID", help="the events of this job, from its start to its end")
    sub.add_argument("--conversation", metavar="ID")
    sub.add_argument(
        "--type", metavar="TYPES",
        help="comma-separated types, with * as a wildcard: job.*,item.completed",
    )
    sub.add_argument("--after", metavar="EVENT_ID", help="all events after this one; 0 for all recorded events")
    sub.add_argument("--limit", type=int, help="stop after this number of events")

    sub = command("conversations", conversations, "list the conversations in Codex's history, or show one with its turns")
    sub.add_argument("conversation_id", nargs="?")
    sub.add_argument("--search", metavar="TEXT")
    sub.add_argument("--archived", action="store_true", help="list only archived conversations")
    sub.add_argument("--source", help="the source, such as vscode, cli or exec")
    sub.add_argument("--cursor", help="the nextCursor of the previous page")
    sub.add_argument("--limit", type=int)
    return main_parser


def common_options(default: Optional[str]) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--url", default=default,
        help="the URL of the bridge; default: CODEX_BRIDGE_URL, or the bridge of your directory",
    )
    options.add_argument(
        "--token", default=default,
        help="the token; default: CODEX_BRIDGE_TOKEN, or the token that the bridge generated",
    )
    options.add_argument("--cwd", default=default, help="the directory to work in; default: the current one")
    return options


def add_sending(sub: argparse.ArgumentParser, is_message_required: bool) -> None:
    sub.add_argument("--message", required=is_message_required, help="the message to Codex; - reads standard input")
    sub.add_argument("--sandbox", choices=["read-only", "workspace-write", "danger-full-access"])
    sub.add_argument("--approval-policy", choices=["untrusted", "on-failure", "on-request", "never"])
    sub.add_argument(
        "--dangerous-auto", action="store_true",
        help="no approvals and no sandbox; for trusted tasks only",
    )
    sub.add_argument("--model")
    sub.add_argument("--delivery", help="auto, start, steer, queue, handover, panel, fork or reject")
    sub.add_argument("--image", action="append", default=[], metavar="PATH", help="can be repeated")
    sub.add_argument(
        "--body", type=json_object, default={}, metavar="JSON",
        help="additional fields of the request body",
    )
    sub.add_argument("--turn-timeout-ms", type=int, metavar="MS", help="interrupt the turn after this time")
    sub.add_argument("--approval-timeout-ms", type=int, metavar="MS", help="deny unanswered approvals after this time")
    sub.add_argument("--send-timeout-ms", type=int, metavar="MS", help="the time limit for the turn to start")
    sub.add_argument(
        "--open-timeout-ms", type=int, metavar="MS",
        help="the time limit for VS Code to show the conversation",
    )
    sub.add_argument("--output-last-message-path", metavar="PATH", help="the file to write the answer to")
    sub.add_argument(
        "--ensure-open", action="store_true", default=None,
        help="show the conversation in VS Code (the default in VS Code)",
    )
    sub.add_argument("--no-ensure-open", dest="ensure_open", action="store_false")
    sub.add_argument("--idempotency-key", metavar="KEY", help="send a message with this key only once")
    sub.add_argument(
        "--retry", type=int, default=0, metavar="N",
        help="retry when the connection is lost, without sending the message twice",
    )
    sub.add_argument("--wait", action="store_true", help="wait until the job ends")
    add_waiting(sub)


def add_waiting(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--timeout", type=float, default=0, metavar="SECONDS",
        help="stop waiting after this time; default: never",
    )
    sub.add_argument("--text", action="store_true", help="wait, and print only the answer")
    sub.add_argument("--stop-on-approval", action="store_true", help="wait until the job ends or waits for an approval")


def json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error


def json_object(text: str) -> dict:
    value = json_value(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object, such as '{\"personality\":\"pragmatic\"}'")
    return value


if __name__ == "__main__":
    sys.exit(main())
