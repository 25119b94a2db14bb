//! A thread, as `/codex/…` shows it.

use std::collections::HashMap;

use bridge::conversations::Conversation;
use bridge::threads::Surface;
use codex::protocol::{Thread, ThreadStatus};
use model::clock::Timestamp;
use model::ids::{JobId, LaneId, ThreadId, TurnId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::request_error::RequestError;
use crate::routes::conversations::history::OwnerView;

/// A thread of Codex.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThreadView {
    id: String,
    /// What it is called, where somebody named it.
    title: Option<String>,
    /// Usually its first message.
    preview: Option<String>,
    cwd: Option<String>,
    /// Where it came from, for example `vscode`, `cli`, `exec`, `subAgent`, or the name that a client gave itself.
    source: String,
    /// The same as one of the kinds that `sourceKinds` takes.
    source_kind: &'static str,
    surface: Surface,
    /// The program that began it, in its own words; older binaries do not tell.
    originator: Option<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    model: Option<String>,
    model_provider: Option<String>,
    lineage: LineageView,
    owner: OwnerView,
    /// The lane that works on it.
    lane_id: Option<LaneId>,
    /// What it does in the bridge's app-server: `active` (a turn runs), `idle`, `notLoaded` (another process may have it, see
    /// `owner`), `systemError` or `unknown`.
    status: &'static str,
    /// The turn of this bridge that runs on it.
    active_turn_id: Option<TurnId>,
    /// The job of that turn.
    active_job_id: Option<JobId>,
}

/// Where a thread came from, and what came from it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LineageView {
    /// The thread whose agent started it.
    parent_thread_id: Option<ThreadId>,
    /// The thread that it is a copy of; lists of Codex leave it out.
    forked_from_thread_id: Option<ThreadId>,
    /// Its sub-agents: all of them where one thread was asked for, otherwise those of the same page.
    children: Vec<ThreadId>,
    /// What it is for, where it is a sub-agent.
    sub_agent: Option<SubAgentView>,
}

/// A sub-agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SubAgentView {
    /// `review`, `compact`, `thread_spawn`, …
    kind: String,
    nickname: Option<String>,
    role: Option<String>,
}

/// What the bridge knows of some threads beside Codex's own words.
pub(super) struct Relations {
    /// Their sub-agents.
    children: HashMap<ThreadId, Vec<ThreadId>>,
    /// The lane of each that has one.
    lanes: HashMap<ThreadId, LaneId>,
}

impl Relations {
    /// Of the threads of a page; of their sub-agents, those that are on the page.
    pub(super) async fn of_page<'a>(
        app: &App,
        threads: impl Iterator<Item = &'a Thread>,
    ) -> Result<Self, RequestError> {
        let (mut children, mut ids) = (HashMap::<ThreadId, Vec<ThreadId>>::new(), Vec::new());
        for thread in threads {
            ids.push(ThreadId::from(thread.id.as_str()));
            if let Some(parent) = thread.parent() {
                children.entry(parent.into()).or_default().push(thread.id.as_str().into());
            }
        }
        Ok(Self { children, lanes: app.lanes.of_threads(ids).await? })
    }

    /// Of one thread, with all of its sub-agents.
    pub(super) async fn of_one(app: &App, thread_id: &ThreadId) -> Result<Self, RequestError> {
        let children = app.threads.children(thread_id).await?;
        let lanes = app.lanes.of_threads(vec![thread_id.to_owned()]).await?;
        Ok(Self { children: HashMap::from([(thread_id.to_owned(), children)]), lanes })
    }
}

impl ThreadView {
    pub(super) fn of(app: &App, conversation: Conversation, relations: &mut Relations) -> Self {
        let Conversation { thread, holder } = conversation;
        let job = app.conversations.active_job(&thread.id).map(|job| job.view());
        let seconds = |seconds: Option<i64>| {
            seconds.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)))
        };
        let status = match thread.status {
            _ if job.is_some() => "active",
            ThreadStatus::Active => "active",
            ThreadStatus::Idle => "idle",
            ThreadStatus::NotLoaded => "notLoaded",
            ThreadStatus::SystemError => "systemError",
            ThreadStatus::Unknown => "unknown",
        };
        Self {
            source: thread.source_name(),
            source_kind: thread.source_kind(),
            surface: Surface::of_thread(&thread),
            cwd: thread.folder(),
            created_at: seconds(thread.created_at),
            updated_at: seconds(thread.updated_at),
            lineage: LineageView {
                parent_thread_id: thread.parent().map(str::to_owned).map(Into::into),
                sub_agent: thread.sub_agent_kind().map(|kind| SubAgentView {
                    kind: kind.to_owned(),
                    nickname: thread.agent_nickname.clone(),
                    role: thread.agent_role.clone(),
                }),
                forked_from_thread_id: thread.forked_from_id,
                children: relations.children.remove(thread.id.as_str()).unwrap_or_default(),
            },
            owner: OwnerView::of(holder),
            lane_id: relations.lanes.remove(thread.id.as_str()),
            status,
            active_turn_id: job.as_ref().and_then(|job| job.turn_id.clone()),
            active_job_id: job.map(|job| job.job_id),
            id: thread.id.into(),
            title: thread.name,
            preview: thread.preview,
            originator: thread.originator,
            model: thread.model,
            model_provider: thread.model_provider,
        }
    }
}
