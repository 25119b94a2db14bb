//! Every bound of the bridge, with the reason for its number.

use std::time::Duration;

use crate::delivery::RetryPolicy;

/// The bounds of an HTTP connection; tests set shorter ones.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Connections at once, as far as the process may have so many files open. Each listener to events keeps one, and a
    /// thousand of them shall leave room for requests; beyond this something leaks connections.
    pub connections_max: usize,
    /// Time for a request's headers to arrive, also the first one's of an idle connection. Loopback clients need milliseconds;
    /// this is for one that stopped in a debugger.
    pub headers_timeout: Duration,
    /// Time for a whole request body to arrive.
    pub body_timeout: Duration,
    /// A client that takes nothing of what is sent to it for this long is gone. Loopback clients need milliseconds; this
    /// is for one that waits for its disk.
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

/// The bounds of sending to webhooks; tests set shorter ones.
#[derive(Debug, Clone)]
pub struct WebhookLimits {
    /// Attempts under way at one receiver. Enough to hide a network's delay, too few to hurt a small receiver.
    pub in_flight_max: usize,
    /// Time to connect, TLS included. Far networks need a second.
    pub connect_timeout: Duration,
    /// Time of a whole attempt with its redirects. Receivers shall take what they get and work on it later; this is what
    /// Standard Webhooks recommends at most, and some more.
    pub attempt_timeout: Duration,
    /// How failed attempts are made again.
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

/// The limits of lane sessions; a setting changes them.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// The maximum number of sessions with an app-server process of their own. Each process takes 80 to 150 MB.
    pub processes_max: usize,
    /// The time after which the session of an idle lane ends.
    pub idle: Duration,
}

/// Files that the process keeps open beside its connections: the database, Codex's pipes, libraries, and within VS Code all of
/// the extension host's.
pub const FILES_RESERVED: usize = 256;

/// Time to open a sign-in link: to find it in a terminal and to click it.
pub const SIGN_IN_LINK_LIFE: Duration = Duration::from_secs(5 * 60);
/// Sign-in links that wait to be opened; beyond this a program makes them and nobody opens any.
pub const SIGN_IN_LINKS_MAX: usize = 32;
/// A browser stays signed in for a week, and over restarts: longer than a weekend, shorter than a machine stays unseen.
pub const BROWSER_SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Bytes of the path that a session's cookie is for: browsers ignore attributes of cookies that are longer (RFC 6265bis).
pub const COOKIE_PATH_MAX: usize = 1024;

/// Lines of the log that are kept in memory for the dashboard: some hundred kilobytes.
pub const LOG_LINES_KEPT: usize = 1000;
/// Bytes of such a line; longer ones are cut.
pub const LOG_LINE_BYTES_MAX: usize = 4096;

/// Hours that statistics of jobs reach back: a month, as long as jobs are kept unless a setting says otherwise.
pub const STATISTICS_HOURS_MAX: u32 = 720;
/// Into how many periods these are divided: half an hour each of a day.
pub const STATISTICS_PERIODS: u32 = 48;

/// Recorded events that the preview of a webhook looks at: the newest, some hours of steady work.
pub const PREVIEW_EVENTS_MAX: u32 = 1000;
/// Those of them that it shows.
pub const PREVIEW_SHOWN_MAX: usize = 20;

/// Size of a request body after decompression. Messages are text and paths; images come by path.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Requests under way get this long to finish when the bridge stops. VS Code gives `deactivate` 5 s in all.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// Time for all tasks to end when the bridge stops. With [`STOP_CLOSE_TIMEOUT`] below VS Code's 5 s, with room for the
/// extension's own work.
pub const STOP_TASKS_TIMEOUT: Duration = Duration::from_millis(1800);
/// Time to end Codex, which takes 1.5 s at most, and to close the database after that.
pub const STOP_CLOSE_TIMEOUT: Duration = Duration::from_millis(1700);
/// Time for Codex to end its running turns when the bridge stops, before its processes are ended.
pub const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(800);

/// Between two attempts to interrupt a turn that goes on all the same.
pub const INTERRUPT_INTERVAL: Duration = Duration::from_secs(5);
/// How long a cancelled job's end is waited for before the reply shows it as it is. Codex takes milliseconds, or as long as a
/// command of the turn takes to die.
pub const CANCEL_WAIT: Duration = Duration::from_secs(10);
/// An approval of this process stands in the database a moment before it can be answered, and as pending a moment after it
/// was. A write takes a fraction of a millisecond, and [`STORE_BUSY_TIMEOUT`] at the worst.
pub const APPROVAL_SETTLES_WITHIN: Duration = Duration::from_secs(6);
/// Between two looks at such an approval.
pub const APPROVAL_SETTLES_INTERVAL: Duration = Duration::from_millis(5);
/// Time for a method that a caller named to answer. Those of threads take milliseconds; tools and logins take longer.
pub const RPC_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a method that needs a thread for itself waits for what was done to it before; renaming or compacting takes moments, a
/// turn does not.
pub const RPC_WAIT: Duration = Duration::from_secs(5);
/// Threads in one reply of `GET /codex/threads`.
pub const THREADS_PAGE_MAX: u32 = 200;
/// Threads that `GET /codex/active` and `GET /codex/running` look at, last changed first.
pub const ACTIVE_THREADS_MAX: usize = 500;
/// What counts as lately, unless a request says otherwise: a person who thinks or reads for so long is still there.
pub const ACTIVE_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Longest `windowSec`: 30 days.
pub const ACTIVE_WINDOW_SECONDS_MAX: u64 = 30 * 24 * 60 * 60;
/// Time to load a conversation in order to change it.
pub const ACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Time of one verification command of a lane.
pub const VERIFICATION_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Verification commands of one lane.
pub const VERIFICATION_COMMANDS_MAX: usize = 50;
/// What is kept of a verification command's output: its end, where the errors are.
pub const VERIFICATION_OUTPUT_CHARS_MAX: usize = 8 * 1024;
/// Length of an id that a caller chooses.
pub const CHOSEN_ID_MAX: usize = 128;
/// Lanes in one reply or one cleanup.
pub const LANES_PAGE_MAX: u32 = 1000;
/// Time for git to make or remove a worktree.
pub const GIT_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest `waitMs` of `GET /jobs/{jobId}`; below the usual 60 s of proxies and clients.
pub const WAIT_MS_MAX: u64 = 55_000;
/// Longest time limit that a request may set: a day.
pub const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Jobs in one reply of `GET /jobs`; also its default, because the original replied with all.
pub const JOBS_PAGE_MAX: u32 = 1000;
/// Approvals in one reply.
pub const APPROVALS_PAGE_MAX: u32 = 500;
/// Conversations in one reply; Codex reads a file for each.
pub const CONVERSATIONS_PAGE_MAX: u32 = 100;
/// Size of one reply of `GET /jobs`, but for its last job: messages and diffs can be megabytes.
pub const JOBS_PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Turns waiting for their conversation's running turn. A queue this long is a runaway loop.
pub const QUEUED_TURNS_MAX: usize = 100;
/// Pictures in one message.
pub const IMAGES_MAX: usize = 50;
/// Size of the file that `outputSchemaPath` names.
pub const OUTPUT_SCHEMA_BYTES_MAX: u64 = 1024 * 1024;

/// Ports tried after the wished one when other bridges hold it: one a window.
pub const PORT_ATTEMPTS_MAX: u16 = 32;

/// A turn that is silent for this long may have ended unnoticed: the thread is read to find out.
pub const TURN_SILENCE: Duration = Duration::from_secs(10);
/// Between the first two looks at a turn that another process runs; each look waits a little longer than the last.
pub const FOLLOW_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Longest wait between two looks at a turn that another process runs: a look reads the whole thread.
pub const FOLLOW_INTERVAL_MAX: Duration = Duration::from_secs(2);
/// Newest turns that are read to find one: between two looks few others come.
pub const FOLLOW_TURNS: usize = 8;
/// Once we own a thread, a queued message begins within 0.15 s by itself, unless its queue is paused.
pub const QUEUE_BEGINS_WITHIN: Duration = Duration::from_millis(500);
/// Time for a turn of `codex exec` to appear in the history, which takes some 50 ms; without it the turn's id is unknown.
pub const EXEC_TURN_ID_TIMEOUT: Duration = Duration::from_secs(2);
/// Time to write the file of `outputLastMessagePath`.
pub const OUTPUT_FILE_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts to take over a thread whose owner has not picked up our message.
pub const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(2);
/// Between two attempts to resume a thread that is just being closed; closing takes about 0.1 s.
pub const CLOSING_RETRY_INTERVAL: Duration = Duration::from_millis(15);
/// While Codex closes a thread, which takes about 0.1 s, calls on it find nothing and are made again; beyond this they are not.
pub const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);
/// Attempts to record a job's end, before it is left to the next start of the bridge. With the interval a minute and more.
pub const END_ATTEMPTS_MAX: u32 = 60;
/// Between two of them.
pub const END_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Time to give a thread's writer back. An answer takes a millisecond.
pub const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);
/// A turn that another process runs or ran is given up when its thread could not be read for so long.
pub const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks for jobs that another bridge process left unfinished when it died.
pub const RECONCILE_INTERVAL: Duration = Duration::from_secs(10);
/// Between two looks at a job that runs in another bridge process.
pub const FOREIGN_JOB_INTERVAL: Duration = Duration::from_millis(250);
/// Between two prunings of the history.
pub const PRUNE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// First wait before an app-server that died is started again; doubled each time up to the maximum.
pub const RESTART_BACKOFF_MIN: Duration = Duration::from_millis(250);
/// Longest wait before an app-server that died is started again.
pub const RESTART_BACKOFF_MAX: Duration = Duration::from_secs(30);
/// An app-server that lived this long was healthy: the next restart waits for the minimum again.
pub const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// Writes that wait for the database's writer. A write takes a fraction of a millisecond.
pub const STORE_WRITES_MAX: usize = 4096;
/// Writes in one transaction. Keeps the first one's wait short.
pub const STORE_GROUP_MAX: usize = 256;
/// Connections for reading, and so reads at once; more than cores would not be quicker.
pub const STORE_READERS: usize = 4;
/// How long a write waits for another bridge process's write.
pub const STORE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Age of the cached numbers that `/health` shows, which other processes may have changed.
pub const COUNTS_AGE_MAX: Duration = Duration::from_secs(1);
/// How long `/health` waits for the editor before it shows no tabs and says so.
pub const HEALTH_EDITOR_TIMEOUT: Duration = Duration::from_millis(500);
/// Age of the last failed search for Codex, after which `/health` searches again.
pub const LOCATE_AGE_MAX: Duration = Duration::from_secs(5);
/// How long `/health` waits for the first search for Codex, which runs the binary once for its version.
pub const FIRST_SEARCH_TIMEOUT: Duration = Duration::from_secs(2);

/// Events kept for a listener that is behind. At a thousand events a second it may stand still for four seconds. With events at
/// [`LIVE_EVENT_BYTES_MAX`] that would be 256 MB, and only while a listener does stand still, see [`HttpLimits::write_timeout`].
pub const EVENTS_BEHIND_MAX: usize = 4096;
/// Size of a recorded event's payload. What is longer is the output of a command, of which a part will do.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Size of the payload of an event that is shown and forgotten. Such events are pieces, and their whole is recorded later.
pub const LIVE_EVENT_BYTES_MAX: usize = 64 * 1024;
/// Events in one read of the log.
pub const EVENTS_PAGE_MAX: usize = 256;
/// Size of one read of the log, but for its last event; also of one piece of a stream.
pub const EVENTS_PAGE_BYTES_MAX: usize = 256 * 1024;
/// Between two looks for events of other bridge processes, while somebody listens. A look takes some microseconds.
pub const EVENTS_INTERVAL: Duration = Duration::from_millis(250);
/// Between two signs of life on a stream without events; below the idle limits of proxies, 30 s and more.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);
/// After a stream ended, a browser waits for so long before it asks again.
pub const STREAM_RETRY: Duration = Duration::from_secs(2);
/// Patterns in one `type`.
pub const TYPE_PATTERNS_MAX: usize = 32;
/// Length of an `Idempotency-Key`, in characters.
pub const IDEMPOTENCY_KEY_MAX: usize = 255;
/// Replies are kept for so long, for requests with the same key. A client that still tries after a day has other troubles.
pub const IDEMPOTENCY_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a repeated request waits for the first one's reply. Above the default time limit of a message.
pub const IDEMPOTENCY_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Webhooks of one data folder. With [`WebhookLimits::in_flight_max`] each, at most 256 attempts are under way.
pub const WEBHOOKS_MAX: u32 = 64;
/// Patterns of one webhook.
pub const WEBHOOK_PATTERNS_MAX: usize = 64;
/// Ids in one dimension of a webhook's scope.
pub const WEBHOOK_SCOPE_IDS_MAX: usize = 200;
/// Length of an id in a scope; ids are UUIDs or names that people chose.
pub const SCOPE_ID_LENGTH_MAX: usize = 255;
/// Length of a webhook's URL; servers refuse longer ones.
pub const WEBHOOK_URL_LENGTH_MAX: usize = 2048;
/// Length of a webhook's secret; Standard Webhooks uses 24 to 64 bytes.
pub const WEBHOOK_SECRET_LENGTH_MAX: usize = 512;
/// Deliveries in one reply.
pub const DELIVERIES_PAGE_MAX: u32 = 500;
/// Deliveries that one receiver's task reads ahead.
pub const WEBHOOK_BATCH_MAX: usize = 64;
/// Size of the events of these, but for the last one.
pub const WEBHOOK_BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Redirects of one attempt. One is common (a new domain), two a chain of such.
pub const WEBHOOK_REDIRECTS_MAX: usize = 3;
/// Of a reply so much is read, so that its connection can be used again; what says more loses it.
pub const WEBHOOK_REPLY_BYTES_MAX: usize = 64 * 1024;
/// Time for that.
pub const WEBHOOK_REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection to a receiver that nothing used for this long is closed; receivers close theirs after a minute or so.
pub const WEBHOOK_IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks whether the process that delivers is gone, or whether the first webhook was made elsewhere. A look takes some
/// microseconds.
pub const WEBHOOK_LEADER_INTERVAL: Duration = Duration::from_secs(1);
/// Wait after the database failed.
pub const WEBHOOK_STORE_RETRY: Duration = Duration::from_secs(1);
/// Ended deliveries are remembered for so long.
pub const DELIVERIES_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Of one webhook's ended deliveries so many are remembered; each is half a kilobyte.
pub const DELIVERIES_KEPT_MAX: usize = 10_000;

/// Longest reason or note of a made-up approval or end, in characters: some sentences for a person.
pub const DEBUG_WORDS_MAX: usize = 2_000;

/// Length of a token of NATS subjects that a person chooses; host names have up to 64 characters.
pub const NATS_TOKEN_LENGTH_MAX: usize = 64;
/// Time to connect to one NATS server, TLS included. Far networks need a second.
pub const NATS_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for JetStream to answer. It takes milliseconds, and some seconds while a cluster chooses a leader.
pub const NATS_ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Events under way to JetStream. Hides a network's delay: a thousand events a second at 60 ms.
pub const NATS_IN_FLIGHT_MAX: usize = 64;
/// Between two signs of life on a NATS connection; the third one without an answer ends it.
pub const NATS_PING_INTERVAL: Duration = Duration::from_secs(10);
/// First wait before NATS is connected to again; doubled each time up to the maximum.
pub const NATS_RETRY_MIN: Duration = Duration::from_millis(250);
/// Longest wait before NATS is connected to again.
pub const NATS_RETRY_MAX: Duration = Duration::from_secs(5);
/// A connection that lasted this long was good: the next wait is the shortest again.
pub const NATS_HEALTHY_AFTER: Duration = Duration::from_secs(10);
/// Between two looks whether the process that uses NATS for the data folder is gone. A look takes some microseconds.
pub const NATS_LEADER_INTERVAL: Duration = Duration::from_secs(1);
/// Events stay in a stream that we make for so long: a week-end, and time to notice.
pub const NATS_STREAM_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A stream that we make remembers keys for so long. What is older is found by reading the stream's last event.
pub const NATS_DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);
/// What a message takes beside its body: subject and headers, which have a few hundred bytes.
pub const NATS_HEADERS_BYTES_MAX: usize = 4 * 1024;
/// Commands under way. Most take milliseconds; starting a session takes a second or two.
pub const NATS_COMMANDS_MAX: usize = 32;
/// Commands that wait; later ones are lost, and whoever sent them hears nothing.
pub const NATS_COMMANDS_WAITING_MAX: usize = 256;

/// Answers about code that are computed at once. Each takes a thread and milliseconds; more would only wait for the processors.
pub const CODE_ANSWERS_AT_ONCE: usize = 8;
/// Events of the tools that a listener may be behind. One invocation makes two.
pub const CODE_EVENTS_KEPT: usize = 1024;
/// Between two events that tell how far the index is: a person sees a bar move.
pub const CODE_PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Callers that said that they are there and never that they went.
pub const CODE_CALLERS_MAX: usize = 1000;
/// Longest name of a caller, in characters.
pub const CODE_CALLER_NAME_MAX: usize = 200;
/// Time for the body of a question to arrive.
pub const CODE_BODY_TIMEOUT: Duration = Duration::from_secs(20);
