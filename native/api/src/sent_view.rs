//! The reply to a message. The routes that send one build it, and so does [`idempotency`](crate::idempotency)
//! for a request whose bridge process exited.

use bridge::conversations::Dispatched;
use bridge::editor::ConversationTab;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{Delivery, Job, JobStatus, Operation, Transport};
use serde::Serialize;
use utoipa::ToSchema;

/// The reply of the routes that send a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentView {
    /// Always `true`.
    ok: bool,
    conversation_id: ThreadId,
    /// The same id, under the name that Codex uses.
    thread_id: ThreadId,
    /// Always `true`.
    sent: bool,
    /// How the message reached the conversation.
    delivery: Delivery,
    turn: TurnView,
    job: Job,
    /// The path of the job.
    job_url: String,
    /// Whether the editor shows the conversation.
    opened: bool,
    /// Why the editor could not show the conversation.
    open_error: Option<String>,
    /// The tab that shows the conversation.
    conversation: Option<ConversationTab>,
    /// The conversation that the request named. Only in replies of the messages routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_conversation_id: Option<ThreadId>,
    /// The conversation that this one replaces. Only in replies of the messages routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    upgraded_from_conversation_id: Option<Option<ThreadId>>,
    /// How the bridge deviated from the request.
    warnings: Vec<String>,
}

/// The turn that a message started.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TurnView {
    /// How the bridge reached Codex.
    transport: Transport,
    /// `started`, or `queued` if the turn waits for another one or in another process.
    status: &'static str,
    /// The process id of the app-server that runs the turn.
    pid: Option<u32>,
    /// `thread/started` for a new conversation, `turn/started` for a continued one.
    event_type: &'static str,
    turn_id: Option<TurnId>,
    conversation_id: ThreadId,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_conversation_id: Option<ThreadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    upgraded_from_conversation_id: Option<Option<ThreadId>>,
    message: String,
    job_id: JobId,
}

impl SentView {
    /// Returns the reply to a message. `requested_conversation_id` is the conversation that the request
    /// named, if it named one.
    pub(crate) fn new(sent: Dispatched, requested_conversation_id: Option<ThreadId>) -> Self {
        let Dispatched { job, conversation_id, delivery, turn_id, tab } = sent;
        let upgraded_from_conversation_id =
            requested_conversation_id.as_ref().map(|_| job.upgraded_from_conversation_id.clone());
        Self {
            ok: true,
            sent: true,
            delivery,
            turn: TurnView {
                transport: job.transport,
                status: match delivery {
                    Delivery::Queued | Delivery::HandedOver => "queued",
                    Delivery::Started | Delivery::Steered | Delivery::Forked => "started",
                },
                pid: job.pid,
                event_type: match job.operation {
                    Operation::CreateConversation => "thread/started",
                    Operation::ResumeConversation => "turn/started",
                },
                turn_id,
                conversation_id: conversation_id.clone(),
                requested_conversation_id: requested_conversation_id.clone(),
                upgraded_from_conversation_id: upgraded_from_conversation_id.clone(),
                message: job.message.clone(),
                job_id: job.job_id.clone(),
            },
            job_url: format!("/jobs/{}", job.job_id),
            opened: tab.is_some() || job.opened == Some(true),
            open_error: job.open_error.clone(),
            conversation: tab,
            requested_conversation_id,
            upgraded_from_conversation_id,
            warnings: job.warnings.clone(),
            thread_id: conversation_id.clone(),
            conversation_id,
            job,
        }
    }

    /// Returns the reply to a message of which only the job is left, because the bridge process that accepted
    /// it exited. Returns `None` if the message has not reached a conversation.
    pub(crate) fn of_job(job: Job) -> Option<Self> {
        let conversation_id = job.conversation_id.clone()?;
        if job.status == JobStatus::Starting && job.delivery.is_none() {
            return None;
        }
        let delivery = job.delivery.unwrap_or(Delivery::Started);
        let requested = match job.operation {
            Operation::CreateConversation => None,
            Operation::ResumeConversation => job.requested_conversation_id.clone(),
        };
        let turn_id = job.turn_id.clone();
        Some(Self::new(Dispatched { job, conversation_id, delivery, turn_id, tab: None }, requested))
    }
}
