//! The HTTP edge: the only room that knows HTTP.
//!
//! A request passes, in this order: the connection ([`serve`]: limits, whose it is), the [`guard`], then its route. A
//! route file is named after the first segment of its paths; a handler after its `operationId`. Bodies, queries and path
//! parameters are read by [`extract`], replies and errors are made by [`reply`], streams by [`sse`], and [`event_page`]
//! for who wants none. [`idempotency`] makes a
//! repeated request happen once. The program that the bridge runs in, and `nats`, call the routes through [`in_process`].

mod dashboard_files;
mod event_page;
mod extract;
pub mod guard;
mod idempotency;
mod in_process;
mod listen;
mod openapi;
mod reply;
mod routes;
mod serve;
mod sse;

use std::path::PathBuf;
use std::sync::Arc;

use crate::approvals::Approvals;
use crate::clock::Timestamp;
use crate::code::Code;
use crate::config::SettingView;
use crate::conversations::Conversations;
use crate::conversations::message::MessageDefaults;
use crate::events::Events;
use crate::instance::Peers;
use crate::jobs::Jobs;
use crate::lanes::Lanes;
use crate::lanes::watch::Watcher;
use crate::limits::HttpLimits;
use crate::nats::Nats;
use crate::session::Session;
use crate::sign_in::SignIn;
use crate::store::Store;
use crate::threads::Threads;
use crate::webhooks::Webhooks;
use axum::extract::FromRef;
use guard::Guard;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use in_process::InProcessReply;
pub(crate) use in_process::{ForwardedReply, InProcess};
pub use listen::ListenError;
pub(crate) use listen::listen;
pub use openapi::openapi_json;
pub use routes::health::health;
pub(crate) use routes::{code_router, router};
pub use serve::{Server, Terms};

/// The `Server` header of every reply, by which one bridge knows another.
pub const SERVER_NAME: &str = "codex-bridge";

/// What the routes work with.
#[derive(Debug)]
pub struct App {
    /// Who may call.
    pub guard: Arc<Guard>,
    /// Which browsers are signed in.
    pub sign_in: SignIn,
    /// All jobs.
    pub jobs: Jobs,
    /// All approvals.
    pub approvals: Approvals,
    /// What happens.
    pub events: Events,
    /// Who is told of it.
    pub webhooks: Webhooks,
    /// The bridge on NATS, where a server is named.
    pub nats: Option<Nats>,
    /// All conversations.
    pub conversations: Conversations,
    /// All lanes.
    pub lanes: Lanes,
    /// What looks at them.
    pub watcher: Watcher,
    /// Whether the routes below `/debug` that make things up may be used.
    pub debug_routes: bool,
    /// The code of the workspace.
    pub code: Code,
    /// Codex's threads.
    pub threads: Threads,
    /// Codex.
    pub session: Session,
    /// What messages need that they do not say.
    pub defaults: MessageDefaults,
    /// Our address.
    pub url: String,
    /// The port that was asked for, which another program may have; 0 for any.
    pub wished_port: u16,
    /// The folder of the database.
    pub data_folder: PathBuf,
    /// Where bridges say that they run.
    pub discovery_folder: PathBuf,
    /// The settings in force, without secrets.
    pub settings: Vec<SettingView>,
    /// This bridge process.
    pub instance_id: String,
    /// Version of the program.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// Bounds of its connections.
    pub limits: HttpLimits,
    /// The memory of requests with an `Idempotency-Key`.
    pub store: Store,
    /// The other bridges of the data folder.
    pub peers: Peers,
    /// What is waited for when the bridge stops.
    pub tasks: TaskTracker,
    /// Set when the bridge stops.
    pub stopping: CancellationToken,
}

impl FromRef<Arc<App>> for Code {
    fn from_ref(app: &Arc<App>) -> Self {
        app.code.clone()
    }
}
