//! Approvals: what Codex asks before it goes on. Every request is answered, by whoever comes first: a client of the API,
//! the person in the editor, or the deadline.
//!
//! A question is durable before anybody hears of it, and so is its answer before Codex does. The questions that wait are
//! kept here with the process that asked; when that process, its turn or this bridge ends, they are withdrawn.

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

/// All approvals. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Approvals {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    instance_id: InstanceId,
    editor: Option<Arc<dyn Editor>>,
    /// Until an approval that nobody answers is denied.
    limit: Duration,
    waiting: Mutex<HashMap<ApprovalId, Waiting>>,
    /// Where the addresses of other bridge processes are found.
    discovery_folder: PathBuf,
    tasks: TaskTracker,
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Waiting {
    approval: Approval,
    /// Who is told the answer; nobody when the question was made up.
    asked_by: Option<AskedBy>,
    job: Option<Arc<LiveJob>>,
    resolved: CancellationToken,
}

/// The Codex that asked.
#[derive(Debug)]
struct AskedBy {
    request: ServerRequest,
    server: Arc<AppServer>,
}

/// For whom Codex asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// The job whose turn asks.
    pub(crate) job: Option<&'a Arc<LiveJob>>,
    /// Until an approval that nobody answers is denied; the setting's where there is none.
    pub(crate) limit: Option<Duration>,
}

impl Asker<'_> {
    /// For a turn that another program queued.
    pub(crate) const UNKNOWN: Self = Self { job: None, limit: None };
}

/// What Codex is told.
type Said = Result<Value, RpcError>;

/// What Codex no longer waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Withdrawn<'a> {
    /// One request.
    Request {
        /// The thread that asked.
        thread_id: &'a ThreadId,
        /// Codex's id of the request.
        request_id: &'a Value,
    },
    /// All of this thread.
    Thread(&'a str),
    /// All of this job, whose turn has ended; those of the sub-agents that it started, too, which ask as threads of their own.
    Job(&'a str),
    /// All that were made up for this lane.
    Simulated(&'a str),
}

impl Withdrawn<'_> {
    fn is(&self, asked: &Waiting) -> bool {
        match self {
            Self::Request { thread_id, request_id } => {
                let asked_by = asked.asked_by.as_ref();
                Self::Thread(thread_id).is(asked)
                    && asked_by.is_some_and(|asked_by| asked_by.request.id == **request_id)
            }
            Self::Thread(thread_id) => asked.approval.conversation_id.as_deref() == Some(*thread_id),
            Self::Job(job_id) => asked.approval.job_id.as_deref() == Some(*job_id),
            Self::Simulated(lane_id) => {
                asked.asked_by.is_none() && asked.approval.lane_id.as_deref() == Some(*lane_id)
            }
        }
    }
}

impl Approvals {
    /// Approvals of this bridge process; the person at `editor` is asked, too.
    #[must_use]
    pub fn new(
        store: Store,
        instance_id: InstanceId,
        editor: Option<Arc<dyn Editor>>,
        limit: Duration,
        discovery_folder: PathBuf,
        tasks: TaskTracker,
    ) -> Self {
        let waiting = Mutex::default();
        let inner = Inner { store, instance_id, editor, limit, waiting, discovery_folder, tasks };
        Self { inner: Arc::new(inner) }
    }

    /// Takes in a question of Codex.
    pub(crate) async fn ask(
        &self,
        server: &Arc<AppServer>,
        asker: Asker<'_>,
        request: ServerRequest,
        question: Question,
    ) {
        let Asker { job, limit } = asker;
        let limit = limit.unwrap_or(self.inner.limit);
        let approval = new_approval(question, &request, job, limit);
        let asked_by = AskedBy { request: request.clone(), server: Arc::clone(server) };
        if let Err(error) = self.open(approval, Some(asked_by), job.cloned(), limit).await {
            // Nobody could ever answer it.
            tracing::error!(%error, "cannot record an approval; declined it");
            server.connection.answer(&request.id, &decline(&request)).await;
        }
    }

    /// Asks what nobody asked, for the lane and its job, where one runs: it is recorded, shown and answered as if Codex had
    /// asked. Returns it with what tells that it is resolved.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Records a question, and waits for its answer in the background. Returns what tells that it is resolved.
    async fn open(
        &self,
        approval: Approval,
        asked_by: Option<AskedBy>,
        job: Option<Arc<LiveJob>>,
        limit: Duration,
    ) -> Result<CancellationToken, StoreError> {
        let id = approval.approval_id.clone();
        // The job first, so that whoever sees the approval finds the job waiting for it.
        if let Some(job) = &job {
            let summary = approval.summary.clone();
            let waiting_on = WaitingOn { approval_id: id.clone(), kind: approval.kind, summary };
            note(job, |waiting| waiting.push(waiting_on)).await;
        }
        if let Err(error) = self.inner.store.insert_approval(&self.inner.instance_id, &approval).await {
            if let Some(job) = &job {
                note(job, |waiting| waiting.retain(|one| one.approval_id != id)).await;
            }
            return Err(error);
        }
        let resolved = CancellationToken::new();
        let waiting = Waiting { approval: approval.clone(), asked_by, job, resolved: resolved.clone() };
        self.waiting().insert(id, waiting);
        self.inner.tasks.spawn(self.clone().wait(approval, limit, resolved.clone()));
        Ok(resolved)
    }

    /// Asks the person in the editor, and denies when nobody has answered in time.
    async fn wait(self, approval: Approval, limit: Duration, resolved: CancellationToken) {
        let id = approval.approval_id.clone();
        let deadline = tokio::time::sleep(limit);
        tokio::pin!(deadline);
        let asked = self.answer_of_editor(&approval);
        tokio::pin!(asked);
        let mut is_asked = true;
        loop {
            let (answer, by) = tokio::select! {
                () = resolved.cancelled() => {
                    self.tell_editor(&id).await;
                    return;
                }
                answer = &mut asked, if is_asked => (answer, ResolvedBy::Editor),
                () = &mut deadline => {
                    (Answer { decision: Decision::Deny, content: None, note: None }, ResolvedBy::Deadline)
                }
            };
            match self.resolve(&id, answer, by).await {
                // Nothing happened yet: the deadline stays.
                Err(error @ Error::DecisionInvalid { .. }) => {
                    tracing::error!(%error, approval_id = %id, "the editor gave an answer that is none");
                    is_asked = false;
                    continue;
                }
                Ok(_) if by == ResolvedBy::Editor => {}
                Ok(_) => self.tell_editor(&id).await,
                Err(error @ Error::ApprovalResolved(_)) => {
                    tracing::debug!(%error, "an answer came too late");
                    self.tell_editor(&id).await;
                }
                Err(error) => tracing::error!(%error, approval_id = %id, "cannot resolve an approval"),
            }
            return;
        }
    }

    /// What the person in the editor answers; never comes back when they do not.
    async fn answer_of_editor(&self, approval: &Approval) -> Answer {
        let Some(editor) = &self.inner.editor else { return std::future::pending().await };
        match editor.ask_approval(approval).await {
            Ok(Some(answer)) => return answer,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot ask the person in the editor"),
        }
        std::future::pending().await
    }

    /// Whoever is asked there can stop asking.
    async fn tell_editor(&self, approval_id: &ApprovalId) {
        let Some(editor) = &self.inner.editor else { return };
        let Ok(Some(approval)) = self.inner.store.approval(approval_id).await else { return };
        if let Err(error) = editor.approval_resolved(&approval).await {
            tracing::debug!(%error, "cannot tell the editor that an approval is resolved");
        }
    }

    /// Answers a question. Who comes first wins.
    ///
    /// # Errors
    /// [`Error::ApprovalNotFound`], [`Error::ApprovalResolved`], [`Error::ApprovalAskedElsewhere`],
    /// [`Error::DecisionInvalid`].
    pub async fn resolve(
        &self,
        approval_id: &ApprovalId,
        answer: Answer,
        by: ResolvedBy,
    ) -> Result<Approval, Error> {
        let deadline = Instant::now() + limits::APPROVAL_COMMIT_TIMEOUT;
        loop {
            if let Some((asked, said)) = self.take(approval_id, &answer, by)? {
                let Answer { decision, note, .. } = answer;
                return self.conclude(asked, decision.status(), Some(decision), by, note, said).await;
            }
            let approval = self.get(approval_id).await?;
            if approval.status != ApprovalStatus::Pending {
                return Err(Error::ApprovalResolved(Box::new(approval)));
            }
            let asker = self.inner.store.approval_instance(approval_id).await?;
            if asker.as_ref() != Some(&self.inner.instance_id) || Instant::now() >= deadline {
                let url = asker.and_then(|id| url_of(&self.inner.discovery_folder, &id));
                return Err(Error::ApprovalAskedElsewhere { url });
            }
            // Recorded, and about to wait here; or answered, and about to be recorded.
            tokio::time::sleep(limits::APPROVAL_COMMIT_INTERVAL).await;
        }
    }

    /// Takes the question out of those that wait, with what Codex is to be told. Whoever gets it has answered it.
    fn take(
        &self,
        approval_id: &ApprovalId,
        answer: &Answer,
        by: ResolvedBy,
    ) -> Result<Option<(Waiting, Option<Said>)>, Error> {
        let mut waiting = self.waiting();
        let Some(asked) = waiting.get(approval_id) else { return Ok(None) };
        let said = reply(asked, answer, by)?;
        Ok(waiting.remove(approval_id).map(|asked| (asked, said)))
    }

    /// Codex no longer waits for these.
    pub(crate) async fn withdraw(&self, what: Withdrawn<'_>) {
        let taken: Vec<Waiting> = {
            let mut waiting = self.waiting();
            if waiting.is_empty() {
                return;
            }
            waiting.extract_if(|_, asked| what.is(asked)).map(|(_, asked)| asked).collect()
        };
        for asked in taken {
            let concluded =
                self.conclude(asked, ApprovalStatus::Cancelled, None, ResolvedBy::Codex, None, None);
            if let Err(error) = concluded.await {
                tracing::error!(%error, "cannot record that an approval was withdrawn");
            }
        }
    }

    /// Commits the end of an approval, then lets Codex go on.
    async fn conclude(
        &self,
        asked: Waiting,
        status: ApprovalStatus,
        decision: Option<Decision>,
        by: ResolvedBy,
        note_text: Option<String>,
        said: Option<Said>,
    ) -> Result<Approval, Error> {
        let Waiting { mut approval, asked_by, job, resolved } = asked;
        let id = approval.approval_id.clone();
        // It was waiting, so nobody has resolved it.
        let _ = approval.resolve(status, decision, by, Timestamp::now());
        approval.note = note_text;
        let committed = self.inner.store.update_approval(&approval).await;
        if let (Some(AskedBy { request, server }), Some(said)) = (asked_by, said) {
            server.connection.answer(&request.id, &said).await;
        }
        if let Some(job) = job {
            note(&job, |waiting| waiting.retain(|one| one.approval_id != id)).await;
        }
        resolved.cancel();
        committed?;
        Ok(approval)
    }

    /// One approval.
    ///
    /// # Errors
    /// [`Error::ApprovalNotFound`].
    pub async fn get(&self, approval_id: &ApprovalId) -> Result<Approval, Error> {
        self.inner.store.approval(approval_id).await?.ok_or(Error::ApprovalNotFound)
    }

    /// Approvals, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, query: ApprovalQuery) -> Result<ApprovalPage, StoreError> {
        self.inner.store.approvals(query).await
    }

    /// Marks what bridge processes left pending of which `is_alive` says that they are gone.
    ///
    /// # Errors
    /// [`StoreError`].
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

    fn waiting(&self) -> MutexGuard<'_, HashMap<ApprovalId, Waiting>> {
        self.inner.waiting.lock()
    }
}

/// What Codex is told, when it was Codex that asked. The deadline says no even to what offers no such decision.
fn reply(asked: &Waiting, answer: &Answer, by: ResolvedBy) -> Result<Option<Said>, Error> {
    let request = asked.asked_by.as_ref().map(|asked_by| &asked_by.request);
    if by == ResolvedBy::Deadline {
        return Ok(request.map(decline));
    }
    let offered = &asked.approval.decisions;
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

async fn note(job: &LiveJob, change: impl FnOnce(&mut Vec<WaitingOn>)) {
    if let Err(error) = job.note(|job, _| change(&mut job.waiting_on)).await {
        tracing::error!(%error, job_id = %job.job_id, "cannot note what the job waits for");
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
        summary: reason.clone().unwrap_or_else(|| "a test of approvals".to_owned()),
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
