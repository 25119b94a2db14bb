//! The limits of the bridge, with the reason for each number.

use std::time::Duration;

use crate::retry::RetryPolicy;

/// The limits of HTTP connections. Tests set shorter ones.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// The maximum number of concurrent connections, if the process may have that many open files. Each
    /// listener to events keeps one open, and a thousand listeners must leave room for requests. A higher
    /// number means that something leaks connections.
    pub connections_max: usize,
    /// The maximum time for the headers of a request to arrive, including the first request on an idle
    /// connection. Loopback clients need milliseconds; this allows for a client that is stopped in a
    /// debugger.
    pub headers_timeout: Duration,
    /// The maximum time for a whole request body to arrive.
    pub body_timeout: Duration,
    /// The time after which a client that reads nothing counts as gone. Loopback clients need milliseconds;
    /// this allows for a client that waits for its disk.
    pub write_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            headers_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(20),
        }
    }
}

/// The limits of webhook delivery. Tests set shorter ones.
#[derive(Debug, Clone)]
pub struct WebhookLimits {
    /// The maximum number of concurrent attempts per webhook. It hides the latency of a network without
    /// overloading a small receiver.
    pub in_flight_max: usize,
    /// The maximum time to connect, including TLS. Distant networks need a second.
    pub connect_timeout: Duration,
    /// The maximum time of an attempt, including its redirects. Receivers should accept an event and process
    /// it later. The value is slightly above the maximum that Standard Webhooks recommends.
    pub attempt_timeout: Duration,
    /// The schedule of further attempts after a failure.
    pub retry: RetryPolicy,
}

impl Default for WebhookLimits {
    fn default() -> Self {
        Self {
            in_flight_max: 4,
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
        }
    }
}

/// The limits of lane sessions. They are settings.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// The maximum number of sessions with an app-server process of their own. Each process takes 80 to 150
    /// MB.
    pub processes_max: usize,
    /// The time after which the session of an idle lane ends.
    pub idle: Duration,
}

/// The number of open files that the process needs besides its connections: the database, Codex's pipes,
/// libraries, and in VS Code everything that the extension host has open.
pub const FILES_RESERVED: usize = 256;

/// The time for which a sign-in link is valid: long enough to find it in a terminal and click it.
pub const SIGN_IN_LINK_LIFE: Duration = Duration::from_secs(5 * 60);
/// The maximum number of unused sign-in links. A higher number means that a program creates links that nobody
/// opens.
pub const SIGN_IN_LINKS_MAX: usize = 32;
/// The time for which a browser stays signed in, across restarts of the bridge. It is longer than a weekend,
/// and short enough for a machine that is left unattended.
pub const BROWSER_SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The maximum length of the path of a session cookie, in bytes. Browsers ignore longer cookie attributes
/// (RFC 6265bis).
pub const COOKIE_PATH_MAX: usize = 1024;

/// The maximum number of log lines in memory for the dashboard: a few hundred kilobytes.
pub const LOG_LINES_KEPT: usize = 1000;
/// The maximum length of such a log line, in bytes. Longer lines are truncated.
pub const LOG_LINE_BYTES_MAX: usize = 4096;

/// The maximum age of jobs in statistics, in hours: 30 days, which is also how long jobs are kept by default.
pub const STATISTICS_HOURS_MAX: u32 = 720;
/// The number of periods of job statistics. A day is divided into half hours.
pub const STATISTICS_PERIODS: u32 = 48;

/// The number of recorded events that the preview of a webhook searches, newest first: some hours of steady
/// work.
pub const PREVIEW_EVENTS_MAX: u32 = 1000;
/// The maximum number of events in the preview of a webhook.
pub const PREVIEW_SHOWN_MAX: usize = 20;

/// The maximum size of a request body after decompression, in bytes. Messages consist of text and paths,
/// because images are passed by path.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The maximum time for current requests to finish when the bridge stops. VS Code allows `deactivate` 5 s in
/// total.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum time for all tasks to end when the bridge stops. Together with [`STOP_CLOSE_TIMEOUT`] it stays
/// below VS Code's 5 s, with time left for the extension's own work.
pub const STOP_TASKS_TIMEOUT: Duration = Duration::from_millis(1800);
/// The maximum time to end Codex and then close the database. Ending Codex takes at most 1.5 s.
pub const STOP_CLOSE_TIMEOUT: Duration = Duration::from_millis(1700);
/// The maximum time for Codex to end its running turns when the bridge stops, before its processes are ended.
pub const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(800);

/// The time between two attempts to interrupt a turn that keeps running.
pub const INTERRUPT_INTERVAL: Duration = Duration::from_secs(5);
/// The maximum time that the reply to a cancellation waits for the job to end. Codex takes milliseconds, or
/// as long as a command of the turn takes to exit.
pub const CANCEL_WAIT: Duration = Duration::from_secs(10);
/// The maximum time for which an approval of this process may differ from its record: it is recorded shortly
/// before it can be answered, and stays recorded as pending shortly after it was resolved. A write takes a
/// fraction of a millisecond, and at worst [`STORE_BUSY_TIMEOUT`].
pub const APPROVAL_COMMIT_TIMEOUT: Duration = Duration::from_secs(6);
/// How often to check such an approval.
pub const APPROVAL_COMMIT_INTERVAL: Duration = Duration::from_millis(5);
/// The maximum time for a method that a caller names to answer. Thread methods take milliseconds; tools and
/// logins take longer.
pub const RPC_TIMEOUT: Duration = Duration::from_secs(120);
/// The maximum time that a method which needs exclusive use of a thread waits for an earlier operation on the
/// thread. Renaming or compacting takes moments; a turn takes longer.
pub const RPC_WAIT: Duration = Duration::from_secs(5);
/// The maximum number of threads in one reply of `GET /codex/threads`.
pub const THREADS_PAGE_MAX: u32 = 200;
/// The number of most recently changed threads that `GET /codex/active` and `GET /codex/running` check.
pub const ACTIVE_THREADS_MAX: usize = 500;
/// The default time for which a thread counts as active after a change. Someone who thinks or reads for that
/// long is still there.
pub const ACTIVE_WINDOW: Duration = Duration::from_secs(15 * 60);
/// The maximum of `windowSec`: 30 days.
pub const ACTIVE_WINDOW_SECONDS_MAX: u64 = 30 * 24 * 60 * 60;
/// The maximum time to load a conversation in order to change it.
pub const ACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum time of one verification command of a lane.
pub const VERIFICATION_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The maximum number of verification commands of a lane.
pub const VERIFICATION_COMMANDS_MAX: usize = 50;
/// The maximum length of the recorded output of a verification command, in characters. The end of the output
/// is recorded, because it contains the errors.
pub const VERIFICATION_OUTPUT_CHARS_MAX: usize = 8 * 1024;
/// The maximum length of an id that a caller chooses.
pub const CHOSEN_ID_MAX: usize = 128;
/// The maximum number of lanes in one reply or one cleanup.
pub const LANES_PAGE_MAX: u32 = 1000;
/// The time after the start of the bridge at which the user's login shell is measured.
pub const LOGIN_SHELL_DELAY: Duration = Duration::from_secs(5);
/// The maximum time for the user's login shell to start. Codex waits as long.
pub const LOGIN_SHELL_TIMEOUT: Duration = Duration::from_secs(10);
/// The start-up time from which on the user's login shell is reported as slow. Without a slow shell, Codex
/// creates a conversation and runs a turn of a fast model in about this time.
pub const LOGIN_SHELL_SLOW: Duration = Duration::from_millis(100);
/// The maximum time for git to create or remove a worktree.
pub const GIT_TIMEOUT: Duration = Duration::from_secs(60);

/// The maximum of `waitMs` of `GET /jobs/{jobId}`, which is below the common 60 s timeout of proxies and
/// clients.
pub const WAIT_MS_MAX: u64 = 55_000;
/// The maximum timeout that a request may set: a day.
pub const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// The maximum and default number of jobs in one reply of `GET /jobs`. The default is high because the
/// original bridge returned all jobs.
pub const JOBS_PAGE_MAX: u32 = 1000;
/// The maximum number of approvals in one reply.
pub const APPROVALS_PAGE_MAX: u32 = 500;
/// The maximum number of turns of a conversation in one reply.
pub const TURNS_PAGE_MAX: u32 = 1000;
/// The maximum number of conversations in one reply. Codex reads a file for each.
pub const CONVERSATIONS_PAGE_MAX: u32 = 100;
/// The maximum size of one reply of `GET /jobs` without its last job, in bytes. Messages and diffs can be
/// megabytes.
pub const JOBS_PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The maximum number of turns that wait for the running turn of their conversation. A longer queue is a
/// runaway loop.
pub const QUEUED_TURNS_MAX: usize = 100;
/// The maximum number of characters in the texts of one message. Codex refuses more
/// (`MAX_USER_INPUT_TEXT_CHARS`).
pub const MESSAGE_CHARS_MAX: usize = 1 << 20;
/// The maximum number of images in one message.
pub const IMAGES_MAX: usize = 50;
/// The maximum size of the file that `outputSchemaPath` names, in bytes.
pub const OUTPUT_SCHEMA_BYTES_MAX: u64 = 1024 * 1024;

/// The number of ports to try after the requested one if other bridges occupy it. Each VS Code window takes
/// one.
pub const PORT_ATTEMPTS_MAX: u16 = 32;

/// The time without a notification after which the thread of a turn is read, because the turn may have ended
/// unnoticed.
pub const TURN_SILENCE: Duration = Duration::from_secs(10);
/// The time between the first two polls of a turn that another process runs. It grows slightly with each
/// poll.
pub const FOLLOW_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// The maximum time between two polls of a turn that another process runs. A poll reads the whole thread.
pub const FOLLOW_INTERVAL_MAX: Duration = Duration::from_secs(2);
/// The number of newest turns to search for a turn. Few others start between two polls.
pub const FOLLOW_TURNS: usize = 8;
/// The maximum time to wait for a queued message to start by itself once the bridge owns the thread. It takes
/// 0.15 s, unless the queue is paused.
pub const QUEUED_TURN_START_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum time to wait for Codex to start the turn that continues a goal. It takes some milliseconds on
/// an idle machine.
pub const GOAL_TURN_START_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum time for a turn of `codex exec` to appear in the history, which takes about 50 ms. If it does
/// not, the id of the turn stays unknown.
pub const EXEC_TURN_ID_TIMEOUT: Duration = Duration::from_secs(2);
/// The maximum time to write the file of `outputLastMessagePath`.
pub const OUTPUT_FILE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time between two attempts to take over a thread whose owner has not picked up the bridge's message.
pub const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(2);
/// The time between two attempts to resume a thread that Codex is closing, which takes about 0.1 s.
pub const CLOSING_RETRY_INTERVAL: Duration = Duration::from_millis(15);
/// The maximum time to repeat calls that fail because Codex is closing the thread, which takes about 0.1 s.
pub const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum number of attempts to record the end of a job. With [`END_RETRY_INTERVAL`] they take at least
/// a minute. After that, the next start of the bridge records it.
pub const END_ATTEMPTS_MAX: u32 = 60;
/// The time between two attempts to record the end of a job.
pub const END_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The maximum time to release a thread's writer. Codex answers within a millisecond.
pub const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);
/// The time after which a turn of another process is given up if its thread cannot be read.
pub const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often to check for unfinished jobs of bridge processes that died.
pub const RECONCILE_INTERVAL: Duration = Duration::from_secs(10);
/// The maximum number of attempts to name a new conversation.
pub const NAME_ATTEMPTS_MAX: u32 = 50;
/// The interval between these attempts.
pub const NAME_RETRY_INTERVAL: Duration = Duration::from_millis(20);
/// The maximum number of attempts to find the result of a review in the rollout file.
pub const REVIEW_ATTEMPTS_MAX: u32 = 20;
/// The interval between these attempts.
pub const REVIEW_RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// The interval at which the progress of running jobs is stored.
pub const PROGRESS_STORE_INTERVAL: Duration = Duration::from_secs(2);
/// How often to poll a job that runs in another bridge process.
pub const FOREIGN_JOB_INTERVAL: Duration = Duration::from_millis(250);
/// How often to prune the history.
pub const PRUNE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The first wait before an app-server that died is restarted. It doubles with each restart, up to the
/// maximum.
pub const RESTART_BACKOFF_MIN: Duration = Duration::from_millis(250);
/// The maximum wait before an app-server that died is restarted.
pub const RESTART_BACKOFF_MAX: Duration = Duration::from_secs(30);
/// The lifetime after which an app-server counts as healthy, so that the next restart waits for the minimum
/// again.
pub const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// The maximum number of writes that wait for the writer of the database. A write takes a fraction of a
/// millisecond.
pub const STORE_WRITES_MAX: usize = 4096;
/// The maximum number of writes in one transaction. It keeps the wait of the first write short.
pub const STORE_GROUP_MAX: usize = 256;
/// The number of connections for reading, and so the maximum number of concurrent reads. More than there are
/// cores would not be faster.
pub const STORE_READERS: usize = 4;
/// The maximum time that a write waits for a write of another bridge process.
pub const STORE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum age of the cached counts in `/health`, which other processes may change.
pub const COUNTS_AGE_MAX: Duration = Duration::from_secs(1);
/// The maximum time that `/health` waits for the editor. After that it reports no tabs and says so.
pub const HEALTH_EDITOR_TIMEOUT: Duration = Duration::from_millis(500);
/// The age of the last failed search for Codex after which `/health` searches again.
pub const LOCATE_AGE_MAX: Duration = Duration::from_secs(5);
/// The maximum time that `/health` waits for the first search for Codex, which runs the binary once to get
/// its version.
pub const FIRST_SEARCH_TIMEOUT: Duration = Duration::from_secs(2);

/// The number of events buffered for listeners that are behind. At a thousand events a second, a listener may
/// stall for four seconds. If all events had [`LIVE_EVENT_BYTES_MAX`], they would take 256 MB, but only while
/// a listener stalls; see [`HttpLimits::write_timeout`].
pub const EVENTS_BEHIND_MAX: usize = 4096;
/// The maximum size of the payload of a recorded event, in bytes. A longer payload is the output of a
/// command, of which a part is enough.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// The maximum size of the payload of a live event, in bytes. Live events are fragments of something that is
/// recorded later as a whole.
pub const LIVE_EVENT_BYTES_MAX: usize = 64 * 1024;
/// The maximum number of events in one read of the log.
pub const EVENTS_PAGE_MAX: usize = 256;
/// The maximum size of one read of the log without its last event, in bytes; also of one chunk of a stream.
pub const EVENTS_PAGE_BYTES_MAX: usize = 256 * 1024;
/// How often to poll the log for events of other bridge processes while there are listeners. A poll takes a
/// few microseconds.
pub const EVENTS_INTERVAL: Duration = Duration::from_millis(250);
/// The time between two heartbeats on a stream without events. It is below the idle timeouts of proxies,
/// which are 30 s and more.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);
/// The time that a browser waits before it reconnects to a stream that ended.
pub const STREAM_RETRY: Duration = Duration::from_secs(2);
/// The maximum number of patterns in one `type`.
pub const TYPE_PATTERNS_MAX: usize = 32;
/// The maximum length of an `Idempotency-Key`, in characters.
pub const IDEMPOTENCY_KEY_MAX: usize = 255;
/// The time for which replies are kept for requests with the same idempotency key. A client that still
/// retries after a day has other problems.
pub const IDEMPOTENCY_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The maximum time that a repeated request waits for the reply to the first one. It is above the default
/// timeout of a message.
pub const IDEMPOTENCY_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// The maximum number of webhooks in a data directory. With [`WebhookLimits::in_flight_max`] attempts each,
/// there are at most 256 concurrent attempts.
pub const WEBHOOKS_MAX: u32 = 64;
/// The maximum number of patterns of a webhook.
pub const WEBHOOK_PATTERNS_MAX: usize = 64;
/// The maximum number of ids in one dimension of a webhook's scope.
pub const WEBHOOK_SCOPE_IDS_MAX: usize = 200;
/// The maximum length of an id in a scope. Ids are UUIDs or names that users choose.
pub const SCOPE_ID_LENGTH_MAX: usize = 255;
/// The maximum length of a webhook's URL. Servers refuse longer ones.
pub const WEBHOOK_URL_LENGTH_MAX: usize = 2048;
/// The maximum length of a webhook's secret. Standard Webhooks uses 24 to 64 bytes.
pub const WEBHOOK_SECRET_LENGTH_MAX: usize = 512;
/// The maximum number of deliveries in one reply.
pub const DELIVERIES_PAGE_MAX: u32 = 500;
/// The maximum number of deliveries that an endpoint worker reads ahead.
pub const WEBHOOK_BATCH_MAX: usize = 64;
/// The maximum size of the events of these deliveries without the last one, in bytes.
pub const WEBHOOK_BATCH_BYTES_MAX: usize = 1024 * 1024;
/// The maximum number of redirects of one attempt. One is common, for example to a new domain; two are a
/// chain of those.
pub const WEBHOOK_REDIRECTS_MAX: usize = 3;
/// The maximum number of bytes to read of a receiver's response, so that the connection can be reused. After
/// a longer response the connection is closed.
pub const WEBHOOK_REPLY_BYTES_MAX: usize = 64 * 1024;
/// The maximum time to drain a receiver's response body.
pub const WEBHOOK_REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// The time after which an unused connection to a receiver is closed. Receivers close theirs after about a
/// minute.
pub const WEBHOOK_IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// How often to check whether the process that delivers webhooks has exited, and whether another process has
/// created the first webhook. A check takes a few microseconds.
pub const WEBHOOK_LEADER_INTERVAL: Duration = Duration::from_secs(1);
/// The wait before webhook delivery uses the database again after an error.
pub const WEBHOOK_STORE_RETRY: Duration = Duration::from_secs(1);
/// The time for which ended deliveries are kept.
pub const DELIVERIES_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The maximum number of ended deliveries that are kept per webhook. Each takes half a kilobyte.
pub const DELIVERIES_KEPT_MAX: usize = 10_000;

/// The maximum length of the reason or note of a synthetic approval or completion, in characters: a few
/// sentences.
pub const DEBUG_NOTE_CHARS_MAX: usize = 2_000;

/// The maximum length of a token of NATS subjects that a user chooses. Host names have up to 64 characters.
pub const NATS_TOKEN_LENGTH_MAX: usize = 64;
/// The maximum time to connect to a NATS server, including TLS. Distant networks need a second.
pub const NATS_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum time for JetStream to answer. It takes milliseconds, or a few seconds while a cluster elects a
/// leader.
pub const NATS_ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of events that await JetStream's acknowledgment. It hides the latency of a network: a
/// thousand events a second at 60 ms.
pub const NATS_IN_FLIGHT_MAX: usize = 64;
/// The time between two pings on a NATS connection. The third ping without an answer ends it.
pub const NATS_PING_INTERVAL: Duration = Duration::from_secs(10);
/// The first wait before the bridge reconnects to NATS. It doubles with each attempt, up to the maximum.
pub const NATS_RETRY_MIN: Duration = Duration::from_millis(250);
/// The maximum wait before the bridge reconnects to NATS.
pub const NATS_RETRY_MAX: Duration = Duration::from_secs(5);
/// The duration after which a connection counts as healthy, so that the next wait is the minimum again.
pub const NATS_HEALTHY_AFTER: Duration = Duration::from_secs(10);
/// How often to check whether the NATS leader of this data directory has exited. A check takes a few
/// microseconds.
pub const NATS_LEADER_INTERVAL: Duration = Duration::from_secs(1);
/// The maximum age of events in a stream that the bridge creates: longer than a weekend, with time to notice
/// a problem.
pub const NATS_STREAM_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The time for which a stream that the bridge creates remembers message ids. An older duplicate is detected
/// by reading the last event of the stream.
pub const NATS_DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);
/// The maximum size of the subject and headers of a message, in bytes. They take a few hundred bytes.
pub const NATS_HEADERS_BYTES_MAX: usize = 4 * 1024;
/// The maximum number of concurrent commands. Most take milliseconds; starting a session takes a second or
/// two.
pub const NATS_COMMANDS_MAX: usize = 32;
/// The maximum number of commands that wait. Further commands are dropped, and their senders get no reply.
pub const NATS_COMMANDS_WAITING_MAX: usize = 256;

/// The maximum number of code-context answers that are computed at the same time. Each takes a thread for
/// milliseconds; more would only compete for the processors.
pub const CODE_ANSWERS_MAX: usize = 8;
/// The number of tool events buffered for listeners that are behind. Each invocation has two events.
pub const CODE_EVENTS_KEPT: usize = 1024;
/// The minimum time between two progress events of the index, which is often enough for a moving progress
/// bar.
pub const CODE_PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// The maximum number of callers that have opened a code-context session and not closed it.
pub const CODE_CALLERS_MAX: usize = 1000;
/// The maximum length of a caller's name, in characters.
pub const CODE_CALLER_NAME_MAX: usize = 200;
/// The maximum time for the body of a code-context request to arrive.
pub const CODE_BODY_TIMEOUT: Duration = Duration::from_secs(20);
