//! The JSON of a thread in `/codex/…`.

use std::collections::HashMap;

use bridge::conversations::Conversation;
use bridge::threads::Surface;
use codex::protocol::{Thread, ThreadStatus};
use model::activity::ConversationActivity;
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
    /// The title, if the thread has one.
    title: Option<String>,
    /// Usually the first message.
    preview: Option<String>,
    cwd: Option<String>,
    /// Where the thread originated, for example `vscode`, `cli`, `exec`, `subAgent`, or a name that a client
    /// chose.
    source: String,
    /// The kind of the source, in the terms of the query parameter `sourceKinds`.
    source_kind: &'static str,
    surface: Surface,
    /// The name of the program that started the thread. Older Codex versions do not report it.
    originator: Option<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    model: Option<String>,
    model_provider: Option<String>,
    lineage: LineageView,
    owner: OwnerView,
    /// The lane of the thread.
    lane_id: Option<LaneId>,
    /// The state of the thread in the bridge's app-server: `active` (a turn runs), `idle`, `notLoaded`
    /// (another process may have it loaded, see `owner`), `systemError` or `unknown`.
    status: &'static str,
    /// The running turn, whoever started it, if this bridge has the thread loaded. `null` while it is idle.
    activity: Option<ConversationActivity>,
    /// The running turn, if it runs in this bridge. The same as `activity.turnId`.
    active_turn_id: Option<TurnId>,
    /// The job of the running turn.
    active_job_id: Option<JobId>,
}

/// The origin and the descendants of a thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LineageView {
    /// The thread whose agent started this one.
    parent_thread_id: Option<ThreadId>,
    /// The thread that this one is a copy of. Codex leaves it out of lists.
    forked_from_thread_id: Option<ThreadId>,
    /// The sub-agents of the thread: all of them in a reply with one thread, otherwise those on the same
    /// page.
    children: Vec<ThreadId>,
    /// The role of the thread, if it is a sub-agent.
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

/// Facts about threads that are not part of Codex's own description of them.
pub(super) struct Relations {
    /// The sub-agents of each thread.
    children: HashMap<ThreadId, Vec<ThreadId>>,
    /// The lane of each thread that has one.
    lanes: HashMap<ThreadId, LaneId>,
}

impl Relations {
    /// Reads the relations of the threads of a page. Sub-agents on other pages are not included.
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

    /// Reads the relations of one thread, with all its sub-agents.
    pub(super) async fn of_one(app: &App, thread_id: &ThreadId) -> Result<Self, RequestError> {
        let children = app.threads.children(thread_id).await?;
        let lanes = app.lanes.of_threads(vec![thread_id.to_owned()]).await?;
        Ok(Self { children: HashMap::from([(thread_id.to_owned(), children)]), lanes })
    }
}

impl ThreadView {
    pub(super) fn of(conversation: Conversation, relations: &mut Relations) -> Self {
        let Conversation { thread, holder, state, older_turns: _ } = conversation;
        let activity = state.activity;
        let seconds = |seconds: Option<i64>| {
            seconds.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)))
        };
        let status = match thread.status {
            _ if activity.is_some() => "active",
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
            active_turn_id: activity.as_ref().and_then(|activity| activity.turn_id.clone()),
            active_job_id: activity.as_ref().and_then(|activity| activity.job_id.clone()),
            activity,
            id: thread.id.into(),
            title: thread.name,
            preview: thread.preview,
            originator: thread.originator,
            model: thread.model,
            model_provider: thread.model_provider,
        }
    }
}
