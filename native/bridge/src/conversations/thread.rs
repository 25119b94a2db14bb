//! The task of one conversation. It runs the turns of the conversation one after another, and holds the
//! writer only as long as it has work.
//!
//! Each message goes through the steps of [`super::sending`]: usually the task loads the thread, starts the
//! turn, and follows it to its end ([`super::turn`]). If another process owns the thread, the task hands the
//! message over ([`super::external`]). The writer is released before the end of the job is published, so that
//! a caller that waits for the end finds the conversation free.

use std::collections::HashMap;
use std::sync::Arc;

use codex::activity::Activity;
use codex::app_server::AppServer;
use codex::approval;
use codex::connection::{ThreadEvent, ThreadWatch};
use codex::decline::decline;
use codex::protocol::{Thread, ThreadOptions};
use codex::rpc::Refusal;
use codex::turn::{FileChanges, TurnEnd, TurnRecord};
use model::ids::{ThreadId, TurnId};
use model::limits;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::ending::{JobEnd, end_job};
use super::message::Message;
use super::waiting::Waiting;
use super::work::{Sending, WorkItem};
use super::{Conversations, send_timeout};
use crate::approvals::{Asker, Withdrawn};
use crate::error::Error;
use crate::jobs::LiveJob;

/// A thread that is loaded in our app-server, which holds its writer.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) server: Arc<AppServer>,
    pub(super) watch: ThreadWatch,
    pub(super) cwd: Option<String>,
    /// The turn that runs on the thread and its goal, as the events report them.
    pub(super) activity: Activity,
    /// The proposed file changes, which approvals show.
    changes: FileChanges,
    /// Whether the thread was created by `codex exec`. The history does not show such threads.
    pub(super) is_exec: bool,
    /// Whether the thread was just created with the options of its first message.
    is_new: bool,
}

impl Loaded {
    /// Returns the state of an existing thread.
    pub(super) fn existing(server: Arc<AppServer>, thread: &Thread, watch: ThreadWatch) -> Self {
        let (cwd, is_exec) = (thread.folder(), thread.source_name() == "exec");
        Self {
            server,
            watch,
            cwd,
            activity: Activity::default(),
            changes: FileChanges::default(),
            is_exec,
            is_new: false,
        }
    }

    /// Returns the state of a thread that was just created with the options of its first message.
    pub(super) fn new(server: Arc<AppServer>, thread: &Thread, watch: ThreadWatch) -> Self {
        Self { is_exec: false, is_new: true, ..Self::existing(server, thread, watch) }
    }
}

pub(super) struct ThreadTask {
    pub(super) conversations: Conversations,
    pub(super) thread_id: ThreadId,
    pub(super) loaded: Option<Loaded>,
    /// The last job of the conversation that this task ran.
    pub(super) last_job: Option<Arc<LiveJob>>,
    /// The job whose turn started a sub-agent, by the sub-agent's thread.
    pub(super) sub_agents: HashMap<ThreadId, Arc<LiveJob>>,
    /// True while a turn runs, or is about to start, that a caller requested without a job.
    pub(super) is_calling: bool,
}

/// The access to a thread after an attempt to load it.
pub(super) enum Access {
    /// The thread is loaded here, with its writer.
    Ours,
    /// Another process owns the thread. Our app-server can only read it.
    OwnedElsewhere,
}

/// The result of a work item, which is published once the thread is free.
enum Finished {
    Sent(JobEnd, Sending),
    Recovered(JobEnd, Arc<LiveJob>),
    Act(Result<(), Error>, oneshot::Sender<Result<(), Error>>),
}

impl Finished {
    async fn publish(self) {
        match self {
            Self::Sent(end, mut sending) => {
                if let Some(error) = end_job(&sending.job, end).await {
                    sending.sender.report(Err(error));
                }
            }
            Self::Recovered(end, job) => {
                // Nobody waits for the start of the turn any more.
                end_job(&job, end).await;
            }
            Self::Act(outcome, done) => {
                if done.send(outcome).is_err() {
                    tracing::debug!("a conversation was changed after its caller was dropped");
                }
            }
        }
    }
}

impl ThreadTask {
    pub(super) async fn run(mut self, first: WorkItem) {
        let conversations = self.conversations.clone();
        let registry = &conversations.inner.registry;
        let mut next = Some(first);
        while let Some(work) = next {
            self.last_job = work.job().cloned().or(self.last_job);
            let mut finished = Some(match work {
                WorkItem::Send(mut sending) => Finished::Sent(self.send(&mut sending).await, sending),
                WorkItem::Recover { job, message } => {
                    Finished::Recovered(self.recover(&job, message).await, job)
                }
                WorkItem::FollowExec { mut sending, exec } => {
                    let end = self.follow_exec(&mut sending, *exec).await;
                    Finished::Sent(self.interpret(end, &sending.message).await, sending)
                }
                WorkItem::Act { action, done } => {
                    self.is_calling = true;
                    Finished::Act(self.act(action).await, done)
                }
            });
            if self.has_external_turns().await || self.has_active_sub_agents() {
                // The end of our work item need not wait for the turns of others, and is no work any more.
                registry.set_idle(&self.thread_id);
                if let Some(finished) = finished.take() {
                    finished.publish().await;
                }
                self.finish_external_turns(Waiting::Nobody).await;
            }
            self.is_calling = false;
            if !registry.has_waiting(&self.thread_id)
                && let Some(unpinned) = conversations.inner.router.pinned_until(&self.thread_id)
            {
                registry.set_idle(&self.thread_id);
                if let Some(finished) = finished.take() {
                    finished.publish().await;
                }
                self.stay_loaded(&unpinned).await;
            }
            if !registry.has_waiting(&self.thread_id) {
                self.release().await;
            }
            next = registry.next_or_remove(&self.thread_id);
            if let Some(finished) = finished {
                finished.publish().await;
            }
        }
    }

    /// Acquires the thread's writer, and sets the options that only loading can set.
    pub(super) async fn load(&mut self, message: &Message) -> Result<Access, Error> {
        if self.loaded.as_ref().is_some_and(|loaded| loaded.server.connection.is_closed()) {
            self.release().await;
        }
        if let Some(loaded) = &mut self.loaded {
            // Loading sets the options, so a queued message with options needs another load.
            if std::mem::take(&mut loaded.is_new) || message.options == ThreadOptions::default() {
                return Ok(Access::Ours);
            }
            self.release().await;
        }
        let deadline = Instant::now() + message.send_timeout;
        let late = || send_timeout(message.send_timeout);
        let access = self.resume(&message.options, deadline).await?.ok_or_else(late)?;
        if matches!(access, Access::Ours) {
            if Instant::now() >= deadline {
                return Err(late());
            }
            if let (Some(text), Some(loaded)) = (&message.options.developer_instructions, &self.loaded) {
                // Loading a conversation stores the developer instructions, but does not show them to the
                // model.
                let connection = &loaded.server.connection;
                connection.thread_inject_developer_message(&self.thread_id, text).await?;
            }
        }
        Ok(access)
    }

    /// Loads the thread in our app-server. Returns `None` if that was not possible before `deadline`.
    pub(super) async fn resume(
        &mut self,
        options: &ThreadOptions,
        deadline: Instant,
    ) -> Result<Option<Access>, Error> {
        let router = &self.conversations.inner.router;
        let supervisor = router.supervisor_of(&self.thread_id);
        let options = options.or(router.pinned_options(&self.thread_id));
        let ready = tokio::time::timeout_at(deadline, supervisor.ready());
        let Ok(server) = ready.await else { return Ok(None) };
        let server = server?;
        loop {
            // The deadline does not drop this call, because Codex would still grant the writer, and no task
            // would hold it. The call has its own time limit.
            match server.connection.thread_resume(&self.thread_id, &options).await {
                Ok((thread, watch)) => {
                    self.loaded = Some(Loaded::existing(server, &thread, watch));
                    return Ok(Some(Access::Ours));
                }
                Err(error) => match error.refusal() {
                    Some(Refusal::Closing) if Instant::now() >= deadline => return Ok(None),
                    Some(Refusal::Closing) => tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await,
                    Some(Refusal::OwnedElsewhere) => return Ok(Some(Access::OwnedElsewhere)),
                    _ => return Err(Error::of_conversation(&self.thread_id, error)),
                },
            }
        }
    }

    /// Handles one event. A question of Codex becomes an approval. This method does not wait for the
    /// decision.
    pub(super) async fn handle_event(&mut self, event: ThreadEvent, asker: Asker<'_>) {
        let Some(loaded) = &mut self.loaded else { return };
        let approvals = &self.conversations.inner.approvals;
        match event {
            ThreadEvent::Notification(notification) => {
                loaded.changes.observe(&notification);
                if let Some(job) = asker.job {
                    for sub_agent in notification.sub_agents() {
                        self.sub_agents.entry(sub_agent.into()).or_insert_with(|| Arc::clone(job));
                    }
                }
                if let Some(request_id) = approval::resolved(&notification) {
                    let thread_id = &self.thread_id;
                    approvals.withdraw(Withdrawn::Request { thread_id, request_id }).await;
                }
                if loaded.activity.observe(&notification) {
                    self.publish_state().await;
                }
            }
            ThreadEvent::Request(request) => {
                let Some(mut question) = approval::question(&request) else {
                    tracing::warn!(method = %request.method, "declined an unsupported request of Codex");
                    loaded.server.connection.answer(&request.id, &decline(&request)).await;
                    return;
                };
                if question.changes.is_none() {
                    question.changes = question.item_id.as_ref().and_then(|id| loaded.changes.of(id));
                }
                // A question of a sub-agent or a goal belongs to the job that started it, even if the job has
                // ended.
                let starter = self.sub_agents.get(&question.thread_id);
                let last_job = self.last_job.as_ref().filter(|_| loaded.activity.pursues_goal());
                let job = starter.or(asker.job).or(last_job);
                let asker = Asker { job, parent: Some(&self.thread_id), ..asker };
                approvals.ask(&loaded.server, asker, request, question).await;
            }
        }
    }

    /// Handles the events that have already arrived.
    pub(super) async fn catch_up(&mut self) {
        while let Some(event) = self.loaded.as_mut().and_then(|loaded| loaded.watch.next_now()) {
            self.handle_event(event, Asker::UNKNOWN).await;
        }
    }

    /// Follows a turn that was requested without a job, from its start to its end.
    pub(super) async fn follow_new_turn(&mut self) -> Result<(), Error> {
        let mut record = TurnRecord::default();
        let mut turn_id = None;
        let stopping = self.conversations.inner.stopping.clone();
        while let Some(loaded) = &mut self.loaded {
            let event = tokio::select! {
                event = loaded.watch.next() => event,
                () = tokio::time::sleep(limits::TURN_SILENCE), if turn_id.is_none() => None,
                () = stopping.cancelled() => None,
            };
            let Some(event) = event else { break };
            let mut end = None;
            if let ThreadEvent::Notification(notification) = &event {
                turn_id = turn_id.or_else(|| notification.started_turn().map(TurnId::from));
                end = turn_id.as_deref().and_then(|turn_id| record.observe(turn_id, notification));
            }
            self.handle_event(event, Asker::UNKNOWN).await;
            match end {
                None => {}
                Some(TurnEnd::Completed) => return Ok(()),
                Some(TurnEnd::Interrupted) => {
                    return Err(Error::CodexFailed("the turn was interrupted".to_owned()));
                }
                Some(TurnEnd::Failed(error)) => return Err(Error::CodexFailed(error.message)),
            }
        }
        Err(Error::CodexFailed("the end of the turn was not observed".to_owned()))
    }

    /// Releases the thread's writer.
    pub(super) async fn release(&mut self) {
        self.unload().await;
    }

    /// Releases the thread's writer and waits until Codex has closed the thread. If a message is added to the
    /// queue before that, our app-server starts it or never answers (observed with 0.169.0).
    pub(super) async fn release_and_close(&mut self) {
        let Some(Loaded { server, mut watch, .. }) = self.unload().await else { return };
        let closed = async {
            while let Some(event) = watch.next().await {
                match event {
                    ThreadEvent::Notification(notification) if notification.method == "thread/closed" => {
                        return;
                    }
                    ThreadEvent::Notification(_) => {}
                    ThreadEvent::Request(request) => {
                        server.connection.answer(&request.id, &decline(&request)).await;
                    }
                }
            }
        };
        if tokio::time::timeout(limits::CLOSING_TIMEOUT, closed).await.is_err() {
            let thread_id = &self.thread_id;
            tracing::debug!(%thread_id, "Codex did not report that it closed the conversation");
        }
    }

    async fn unload(&mut self) -> Option<Loaded> {
        let loaded = self.loaded.take()?;
        let inner = &self.conversations.inner;
        inner.approvals.withdraw(Withdrawn::Thread(&self.thread_id)).await;
        unsubscribe(&loaded.server, &self.thread_id).await;
        inner.registry.note_released(&self.thread_id);
        self.publish_state().await;
        Some(loaded)
    }
}

/// Completes at `moment`, or never if there is none.
pub(super) async fn sleep_until_some(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Releases a thread's writer.
pub(super) async fn unsubscribe(server: &AppServer, thread_id: &ThreadId) {
    if server.connection.is_closed() {
        return;
    }
    let release = server.connection.thread_unsubscribe(thread_id);
    match tokio::time::timeout(limits::RELEASE_TIMEOUT, release).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%thread_id, %error, "cannot release the conversation"),
        Err(_) => tracing::warn!(%thread_id, "Codex did not release the conversation in time"),
    }
}
