//! The state that the routes share.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::FromRef;
use bridge::approvals::Approvals;
use bridge::code::Code;
use bridge::conversations::Conversations;
use bridge::conversations::message::MessageDefaults;
use bridge::events::Events;
use bridge::instance::Peers;
use bridge::jobs::Jobs;
use bridge::lanes::Lanes;
use bridge::lanes::reconciler::LaneReconciler;
use bridge::login_shell::LoginShellMeasurement;
use bridge::nats_status::NatsStatus;
use bridge::supervisor::Supervisor;
use bridge::threads::Threads;
use bridge::webhooks::Webhooks;
use model::clock::Timestamp;
use model::ids::InstanceId;
use model::limits::HttpLimits;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::guard::Guard;
use crate::setting::SettingView;
use crate::sign_in::SignIn;

/// The state that the routes share.
#[derive(Debug)]
pub struct App {
    /// Decides which requests may pass.
    pub guard: Arc<Guard>,
    /// The sign-in sessions of browsers.
    pub sign_in: SignIn,
    /// All jobs.
    pub jobs: Jobs,
    /// All approvals.
    pub approvals: Approvals,
    /// The event log and its subscriptions.
    pub events: Events,
    /// Webhooks and their deliveries.
    pub webhooks: Webhooks,
    /// The state of publishing to NATS; `None` where no server is configured.
    pub nats: Option<NatsStatus>,
    /// All conversations.
    pub conversations: Conversations,
    /// All lanes.
    pub lanes: Lanes,
    /// The lane reconciler.
    pub lane_reconciler: LaneReconciler,
    /// Whether the routes below `/debug` that create simulated records are enabled.
    pub debug_routes: bool,
    /// Answers questions about the code of the workspace.
    pub code: Code,
    /// Codex's threads.
    pub threads: Threads,
    /// The supervisor of the shared app-server.
    pub supervisor: Supervisor,
    /// The start-up time of the user's login shell.
    pub login_shell: LoginShellMeasurement,
    /// The defaults for message fields that a request leaves out.
    pub defaults: MessageDefaults,
    /// The URL of this bridge.
    pub url: String,
    /// The requested port. Another program may have it, and then the bridge uses the next free one; 0
    /// requests any.
    pub requested_port: u16,
    /// The directory of the database.
    pub data_directory: PathBuf,
    /// The directory in which bridges announce themselves.
    pub discovery_directory: PathBuf,
    /// The settings in force, without secrets.
    pub settings: Vec<SettingView>,
    /// The id of this bridge process.
    pub instance_id: InstanceId,
    /// The version of the program.
    pub version: String,
    /// The time at which this bridge started.
    pub started_at: Timestamp,
    /// The limits of HTTP connections.
    pub limits: HttpLimits,
    /// The database, which remembers requests with an `Idempotency-Key`.
    pub store: Store,
    /// The other bridge processes of the data directory.
    pub peers: Peers,
    /// The tasks that the bridge waits for when it stops.
    pub tasks: TaskTracker,
    /// Cancelled when the bridge stops.
    pub stopping: CancellationToken,
}

/// The part of the state that the routes of code questions need. A server without a bridge has only this
/// part.
#[derive(Debug, Clone)]
pub(crate) struct CodeState {
    pub(crate) code: Code,
    /// Cancelled when the server stops.
    pub(crate) stopping: CancellationToken,
}

impl FromRef<Arc<App>> for CodeState {
    fn from_ref(app: &Arc<App>) -> Self {
        Self { code: app.code.clone(), stopping: app.stopping.clone() }
    }
}
