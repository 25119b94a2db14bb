//! Approvals: the requests that Codex waits for during a turn. The first answer counts. It comes from a
//! client of the API, from the person in the editor, or from the deadline.
//!
//! An approval is committed before it is shown, and its resolution is committed before Codex receives the
//! answer. Pending approvals are stored here with the app-server that requested them. They are withdrawn when
//! that app-server, its turn or this bridge ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::approval::{self, Question, QuestionKind};
use codex::decline::decline;
use codex::rpc::{RpcError, ServerRequest};
use model::approval::{Answer, Approval, ApprovalKind, ApprovalSource, ApprovalStatus, Decision, ResolvedBy};
use model::clock::Timestamp;
use model::ids::{ApprovalId, InstanceId, ThreadId};
use model::job::WaitingOn;
use model::lane::Lane;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use store::{ApprovalPage, ApprovalQuery, Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::editor::Editor;
use crate::error::Error;
use crate::instance::url_of;
use crate::jobs::LiveJob;

/// The approvals of a data directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Approvals {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    instance_id: InstanceId,
    editor: Option<Arc<dyn Editor>>,
    /// The time after which an unanswered approval is denied.
    limit: Duration,
    pending: Mutex<HashMap<ApprovalId, PendingApproval>>,
    /// The directory with the discovery files of the bridge processes.
    discovery_directory: PathBuf,
    tasks: TaskTracker,
}

/// An approval that is not resolved yet.
#[derive(Debug)]
struct PendingApproval {
    approval: Approval,
    /// The app-server that receives the answer; `None` for a simulated approval.
    requester: Option<Requester>,
    job: Option<Arc<LiveJob>>,
    resolved: CancellationToken,
}

/// The app-server that requested an approval.
#[derive(Debug)]
struct Requester {
    request: ServerRequest,
    server: Arc<AppServer>,
}

/// The turn for which Codex requests an approval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// The job of the turn.
    pub(crate) job: Option<&'a Arc<LiveJob>>,
    /// The time after which an unanswered approval is denied; `None` for the time in the settings.
    pub(crate) limit: Option<Duration>,
    /// The thread whose task received the request. It differs from the thread of the request for sub-agents.
    pub(crate) parent: Option<&'a ThreadId>,
}

impl Asker<'_> {
    /// A turn that another program queued.
    pub(crate) const UNKNOWN: Self = Self { job: None, limit: None, parent: None };
}

/// The answer to a request of Codex.
type Reply = Result<Value, RpcError>;

/// The pending approvals that Codex no longer waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Withdrawn<'a> {
    /// The approval of one request.
    Request {
        /// The thread that sent the request.
        thread_id: &'a ThreadId,
        /// The id of the request in Codex.
        request_id: &'a Value,
    },
    /// All approvals of this thread.
    Thread(&'a str),
    /// All approvals of this job, whose turn has ended. They include those of its sub-agents, which have
    /// threads of their own.
    Job(&'a str),
    /// All simulated approvals of this lane.
    Simulated(&'a str),
}

impl Withdrawn<'_> {
    fn includes(&self, pending: &PendingApproval) -> bool {
        match self {
            Self::Request { thread_id, request_id } => {
                let requester = pending.requester.as_ref();
                Self::Thread(thread_id).includes(pending)
                    && requester.is_some_and(|requester| requester.request.id == **request_id)
            }
            Self::Thread(thread_id) => pending.approval.conversation_id.as_deref() == Some(*thread_id),
            Self::Job(job_id) => pending.approval.job_id.as_deref() == Some(*job_id),
            Self::Simulated(lane_id) => {
                pending.requester.is_none() && pending.approval.lane_id.as_deref() == Some(*lane_id)
            }
        }
    }
}

impl Approvals {
    /// Creates the approvals of this bridge process. If there is an `editor`, the person there is asked too.
    #[must_use]
    pub fn new(
        store: Store,
        instance_id: InstanceId,
        editor: Option<Arc<dyn Editor>>,
        limit: Duration,
        discovery_directory: PathBuf,
        tasks: TaskTracker,
    ) -> Self {
        let pending = Mutex::default();
        let inner = Inner { store, instance_id, editor, limit, pending, discovery_directory, tasks };
        Self { inner: Arc::new(inner) }
    }

    /// Records a request of Codex and waits for its answer in the background.
    pub(crate) async fn ask(
        &self,
        server: &Arc<AppServer>,
        asker: Asker<'_>,
        request: ServerRequest,
        question: Question,
    ) {
        let Asker { job, limit, parent } = asker;
        let limit = limit.unwrap_or(self.inner.limit);
        let parent = parent.filter(|parent| **parent != question.thread_id).cloned();
        let approval =
            Approval { parent_conversation_id: parent, ..new_approval(question, &request, job, limit) };
        // A sub-agent may outlive the job that it belongs to.
        let job = job.filter(|job| !job.view().status.is_end());
        let requester = Requester { request: request.clone(), server: Arc::clone(server) };
        if let Err(error) = self.open(approval, Some(requester), job.cloned(), limit).await {
            // It could never be answered.
            tracing::error!(%error, "cannot record an approval; declining it");
            server.connection.answer(&request.id, &decline(&request)).await;
        }
    }

    /// Simulates an approval for the lane and its running job, if there is one. It is recorded, shown and
    /// answered as if Codex had requested it. Returns it with a token that is cancelled when it is resolved.
    ///
    /// # Errors
    /// [`StoreError`] if the approval could not be stored.
    pub(crate) async fn simulate(
        &self,
        lane: &Lane,
        source: ApprovalSource,
        reason: Option<String>,
        job: Option<Arc<LiveJob>>,
    ) -> Result<(Approval, CancellationToken), StoreError> {
        let limit = self.inner.limit;
        let approval = simulated_approval(lane, source, reason, job.as_ref(), limit);
        let resolved = self.open(approval.clone(), None, job, limit).await?;
        Ok((approval, resolved))
    }

    /// Records an approval and waits for its answer in the background. Returns a token that is cancelled when
    /// the approval is resolved.
    async fn open(
        &self,
        approval: Approval,
        requester: Option<Requester>,
        job: Option<Arc<LiveJob>>,
        limit: Duration,
    ) -> Result<CancellationToken, StoreError> {
        let id = approval.approval_id.clone();
        // The job is updated first, so that a client that sees the approval finds the job waiting for it.
        if let Some(job) = &job {
            let summary = approval.summary.clone();
            let waiting_on = WaitingOn { approval_id: id.clone(), kind: approval.kind, summary };
            update_waiting_on(job, |waiting| waiting.push(waiting_on)).await;
        }
        if let Err(error) = self.inner.store.insert_approval(&self.inner.instance_id, &approval).await {
            if let Some(job) = &job {
                update_waiting_on(job, |waiting| waiting.retain(|one| one.approval_id != id)).await;
            }
            return Err(error);
        }
        let resolved = CancellationToken::new();
        let pending =
            PendingApproval { approval: approval.clone(), requester, job, resolved: resolved.clone() };
        self.pending().insert(id, pending);
        self.inner.tasks.spawn(self.clone().wait(approval, limit, resolved.clone()));
        Ok(resolved)
    }

    /// Asks the person in the editor, and denies the request if it is not answered in time.
    async fn wait(self, approval: Approval, limit: Duration, resolved: CancellationToken) {
        let id = approval.approval_id.clone();
        let deadline = tokio::time::sleep(limit);
        tokio::pin!(deadline);
        let asked = self.ask_in_editor(&approval);
        tokio::pin!(asked);
        let mut is_asking = true;
        loop {
            let (answer, by) = tokio::select! {
                () = resolved.cancelled() => {
                    self.dismiss_in_editor(&id).await;
                    return;
                }
                answer = &mut asked, if is_asking => (answer, ResolvedBy::Editor),
                () = &mut deadline => {
                    (Answer { decision: Decision::Deny, content: None, note: None }, ResolvedBy::Deadline)
                }
            };
            match self.resolve(&id, answer, by).await {
                // Nothing was resolved, so the deadline still applies.
                Err(error @ Error::DecisionInvalid { .. }) => {
                    tracing::error!(%error, approval_id = %id, "the editor returned an invalid decision");
                    is_asking = false;
                    continue;
                }
                Ok(_) if by == ResolvedBy::Editor => {}
                Ok(_) => self.dismiss_in_editor(&id).await,
                Err(error @ Error::ApprovalResolved(_)) => {
                    tracing::debug!(%error, "an answer came after the approval was resolved");
                    self.dismiss_in_editor(&id).await;
                }
                Err(error) => tracing::error!(%error, approval_id = %id, "cannot resolve an approval"),
            }
            return;
        }
    }

    /// Asks the person in the editor and returns the answer. Never completes if there is none.
    async fn ask_in_editor(&self, approval: &Approval) -> Answer {
        let Some(editor) = &self.inner.editor else { return std::future::pending().await };
        match editor.ask_approval(approval).await {
            Ok(Some(answer)) => return answer,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot ask the person in the editor"),
        }
        std::future::pending().await
    }

    /// Dismisses the prompt in the editor.
    async fn dismiss_in_editor(&self, approval_id: &ApprovalId) {
        let Some(editor) = &self.inner.editor else { return };
        let Ok(Some(approval)) = self.inner.store.approval(approval_id).await else { return };
        if let Err(error) = editor.approval_resolved(&approval).await {
            tracing::debug!(%error, "cannot dismiss the prompt of a resolved approval in the editor");
        }
    }

    /// Resolves an approval with an answer. The first answer counts.
    ///
    /// # Errors
    /// [`Error::ApprovalNotFound`] if it does not exist, [`Error::ApprovalResolved`] if it is already
    /// resolved, [`Error::ApprovalAskedElsewhere`] if another bridge process requested it, and
    /// [`Error::DecisionInvalid`] if the answer does not fit it.
    pub async fn resolve(
        &self,
        approval_id: &ApprovalId,
        answer: Answer,
        by: ResolvedBy,
    ) -> Result<Approval, Error> {
        let deadline = Instant::now() + limits::APPROVAL_COMMIT_TIMEOUT;
        loop {
            if let Some((pending, reply)) = self.take(approval_id, &answer, by)? {
                let Answer { decision, note, .. } = answer;
                return self.conclude(pending, decision.status(), Some(decision), by, note, reply).await;
            }
            let approval = self.get(approval_id).await?;
            if approval.status != ApprovalStatus::Pending {
                return Err(Error::ApprovalResolved(Box::new(approval)));
            }
            let requester = self.inner.store.approval_instance(approval_id).await?;
            if requester.as_ref() != Some(&self.inner.instance_id) || Instant::now() >= deadline {
                let url = requester.and_then(|id| url_of(&self.inner.discovery_directory, &id));
                return Err(Error::ApprovalAskedElsewhere { url });
            }
            // It is recorded but not pending here yet, or it is answered but not recorded as resolved yet.
            tokio::time::sleep(limits::APPROVAL_COMMIT_INTERVAL).await;
        }
    }

    /// Removes the approval from the pending ones and returns it with the reply for Codex. The caller that
    /// receives it has answered it.
    fn take(
        &self,
        approval_id: &ApprovalId,
        answer: &Answer,
        by: ResolvedBy,
    ) -> Result<Option<(PendingApproval, Option<Reply>)>, Error> {
        let mut pending = self.pending();
        let Some(found) = pending.get(approval_id) else { return Ok(None) };
        let reply = reply(found, answer, by)?;
        Ok(pending.remove(approval_id).map(|found| (found, reply)))
    }

    /// Cancels the approvals that Codex no longer waits for.
    pub(crate) async fn withdraw(&self, what: Withdrawn<'_>) {
        let taken: Vec<PendingApproval> = {
            let mut pending = self.pending();
            if pending.is_empty() {
                return;
            }
            pending.extract_if(|_, one| what.includes(one)).map(|(_, one)| one).collect()
        };
        for pending in taken {
            let concluded =
                self.conclude(pending, ApprovalStatus::Cancelled, None, ResolvedBy::Codex, None, None);
            if let Err(error) = concluded.await {
                tracing::error!(%error, "cannot record the withdrawal of an approval");
            }
        }
    }

    /// Commits the resolution of an approval, then sends the reply to Codex.
    async fn conclude(
        &self,
        pending: PendingApproval,
        status: ApprovalStatus,
        decision: Option<Decision>,
        by: ResolvedBy,
        note: Option<String>,
        reply: Option<Reply>,
    ) -> Result<Approval, Error> {
        let PendingApproval { mut approval, requester, job, resolved } = pending;
        let id = approval.approval_id.clone();
        // It was pending, so it cannot have been resolved before.
        let _ = approval.resolve(status, decision, by, Timestamp::now());
        approval.note = note;
        let committed = self.inner.store.update_approval(&approval).await;
        if let (Some(Requester { request, server }), Some(reply)) = (requester, reply) {
            server.connection.answer(&request.id, &reply).await;
        }
        if let Some(job) = job {
            update_waiting_on(&job, |waiting| waiting.retain(|one| one.approval_id != id)).await;
        }
        resolved.cancel();
        committed?;
        Ok(approval)
    }

    /// Returns an approval.
    ///
    /// # Errors
    /// [`Error::ApprovalNotFound`] if it does not exist.
    pub async fn get(&self, approval_id: &ApprovalId) -> Result<Approval, Error> {
        self.inner.store.approval(approval_id).await?.ok_or(Error::ApprovalNotFound)
    }

    /// Returns a page of approvals, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn list(&self, query: ApprovalQuery) -> Result<ApprovalPage, StoreError> {
        self.inner.store.approvals(query).await
    }

    /// Expires the pending approvals of bridge processes that are not alive according to `is_alive`.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read or written.
    pub async fn expire_orphans(&self, is_alive: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        let pending = self.inner.store.pending_approvals_of_others(&self.inner.instance_id).await?;
        for (owner, mut approval) in pending {
            if is_alive(&owner) {
                continue;
            }
            let expired =
                approval.resolve(ApprovalStatus::Expired, None, ResolvedBy::Bridge, Timestamp::now());
            if expired.is_ok() {
                self.inner.store.update_approval(&approval).await?;
            }
        }
        Ok(())
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<ApprovalId, PendingApproval>> {
        self.inner.pending.lock()
    }
}

/// Returns the reply for Codex; `None` for a simulated approval. On timeout the request is denied even if it
/// offers no `deny`.
fn reply(pending: &PendingApproval, answer: &Answer, by: ResolvedBy) -> Result<Option<Reply>, Error> {
    let request = pending.requester.as_ref().map(|requester| &requester.request);
    if by == ResolvedBy::Deadline {
        return Ok(request.map(decline));
    }
    let offered = &pending.approval.decisions;
    if !offered.contains(&answer.decision) {
        let names: Vec<_> = offered.iter().map(|decision| decision.name()).collect();
        let problem = format!("must be one of {}", names.join(", "));
        return Err(Error::DecisionInvalid { field: "decision", problem, offered: offered.clone() });
    }
    let Some(request) = request else { return Ok(None) };
    approval::answer(request, answer.decision.into(), answer.content.as_ref()).map(Some).map_err(|problem| {
        Error::DecisionInvalid { field: "answers", problem: problem.to_string(), offered: offered.clone() }
    })
}

async fn update_waiting_on(job: &LiveJob, change: impl FnOnce(&mut Vec<WaitingOn>)) {
    if let Err(error) = job.note(|job, _| change(&mut job.waiting_on)).await {
        tracing::error!(%error, job_id = %job.job_id, "cannot record what the job waits for");
    }
}

fn new_approval(
    question: Question,
    request: &ServerRequest,
    job: Option<&Arc<LiveJob>>,
    limit: Duration,
) -> Approval {
    let now = Timestamp::now();
    let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    Approval {
        approval_id: (Uuid::new_v4().to_string()).into(),
        kind: ApprovalKind::from(question.kind),
        status: ApprovalStatus::Pending,
        source: ApprovalSource::AppServer,
        job_id: job.map(|job| job.job_id.clone()),
        lane_id: job.and_then(|job| job.view().lane_id),
        conversation_id: Some(question.thread_id),
        parent_conversation_id: None,
        turn_id: question.turn_id,
        item_id: question.item_id,
        summary: question.summary,
        command: question.command,
        cwd: question.cwd.map(|cwd| cwd.display().to_string()),
        reason: question.reason,
        changes: question.changes,
        permissions: question.permissions,
        questions: question.questions,
        tool: question.tool,
        schema: question.schema,
        url: question.url,
        decisions: question.decisions.into_iter().map(Decision::from).collect(),
        created_at: now,
        expires_at: Timestamp::from_millis(now.as_millis().saturating_add(limit_ms)),
        resolved_at: None,
        decision: None,
        resolved_by: None,
        note: None,
        method: request.method.clone(),
        request: request.params.clone(),
    }
}

fn simulated_approval(
    lane: &Lane,
    source: ApprovalSource,
    reason: Option<String>,
    job: Option<&Arc<LiveJob>>,
    limit: Duration,
) -> Approval {
    let request =
        ServerRequest { id: Value::Null, method: "debug/request-approval".to_owned(), params: Value::Null };
    let question = Question {
        kind: QuestionKind::Permissions,
        thread_id: lane.thread_id.clone().unwrap_or_default(),
        turn_id: lane.active_turn_id.clone(),
        item_id: None,
        summary: reason.clone().unwrap_or_else(|| "A test of approvals".to_owned()),
        command: None,
        cwd: lane.directory().map(PathBuf::from),
        reason,
        changes: None,
        permissions: None,
        questions: None,
        tool: None,
        schema: None,
        url: None,
        decisions: vec![approval::Decision::Approve, approval::Decision::Deny],
    };
    Approval {
        source,
        lane_id: Some(lane.lane_id.clone()),
        conversation_id: lane.thread_id.clone(),
        ..new_approval(question, &request, job, limit)
    }
}
