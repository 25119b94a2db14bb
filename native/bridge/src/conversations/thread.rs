//! The task of one conversation: runs its turns one after another, and holds its writer only meanwhile.
//!
//! For each message: load the thread (or, where another process owns it, hand the message over:
//! [`super::elsewhere`]), start the turn, follow it to its end ([`super::turn`]). The writer is released
//! before the end is shown, so that whoever waits for the end finds the conversation free.

use std::sync::Arc;

use codex::app_server::AppServer;
use codex::approval;
use codex::connection::{CallError, ThreadEvent, ThreadWatch};
use codex::decline::decline;
use codex::protocol::{Thread, ThreadOptions};
use codex::rpc::Refusal;
use codex::turn::{Activity, FileChanges, TurnEnd, TurnRecord};
use model::ids::{ThreadId, TurnId};
use model::job::{Delivery, Operation};
use model::limits;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ending::{JobEnd, end_job, tell};
use super::message::{DeliveryMode, Message};
use super::registry::Work;
use super::turn::at;
use super::{Begun, BegunSender, Conversations, ended_early, send_timeout};
use crate::approvals::{Asker, Withdrawn};
use crate::error::Error;
use crate::jobs::LiveJob;

/// A thread that is loaded in our app-server, with its writer held.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) server: Arc<AppServer>,
    pub(super) watch: ThreadWatch,
    pub(super) cwd: Option<String>,
    /// What runs on it.
    pub(super) activity: Activity,
    /// What file changes would do, for those who approve them.
    changes: FileChanges,
    /// A thread of `codex exec`, which the history does not show.
    is_exec: bool,
    /// Just started with its first message's options.
    is_new: bool,
}

impl Loaded {
    /// A thread that exists.
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

    /// A thread that was just made with its first message's options.
    pub(super) fn new(server: Arc<AppServer>, thread: &Thread, watch: ThreadWatch) -> Self {
        Self { is_exec: false, is_new: true, ..Self::existing(server, thread, watch) }
    }
}

pub(super) struct ThreadTask {
    pub(super) conversations: Conversations,
    pub(super) thread_id: ThreadId,
    pub(super) loaded: Option<Loaded>,
}

/// Who may write a thread.
pub(super) enum Access {
    Ours,
    OwnedElsewhere(Arc<AppServer>),
}

/// Work that was done, shown once the thread is free.
enum Done {
    Job(JobEnd, Arc<LiveJob>),
    Act(Result<(), Error>, oneshot::Sender<Result<(), Error>>),
}

impl Done {
    async fn show(self) {
        match self {
            Self::Job(end, job) => end_job(&job, end).await,
            Self::Act(outcome, done) => {
                if done.send(outcome).is_err() {
                    tracing::debug!("nobody waits for the conversation to be changed");
                }
            }
        }
    }
}

impl ThreadTask {
    pub(super) async fn run(mut self, first: Work) {
        let conversations = self.conversations.clone();
        let registry = &conversations.inner.registry;
        let mut next = Some(first);
        while let Some(work) = next {
            let mut done = Some(match work {
                Work::Send { job, message, begun } => Done::Job(self.send(&job, message, begun).await, job),
                Work::Recover { job, message } => {
                    Done::Job(self.recover(&job, message.as_deref()).await, job)
                }
                Work::Watch { job, message, running, begun } => {
                    Done::Job(self.watch_exec(&job, &message, *running, begun).await, job)
                }
                Work::Act { action, done } => Done::Act(self.act(action).await, done),
            });
            if self.has_turns_of_others().await {
                // Ours need not wait for theirs.
                if let Some(done) = done.take() {
                    done.show().await;
                }
                self.finish_turns_of_others(None).await;
            }
            if !registry.has_more(&self.thread_id)
                && let Some(leaves) = conversations.inner.router.pinned_until(&self.thread_id)
            {
                registry.rest(&self.thread_id);
                if let Some(done) = done.take() {
                    done.show().await;
                }
                self.reside(&leaves).await;
            }
            if !registry.has_more(&self.thread_id) {
                self.release().await;
            }
            next = registry.next_or_leave(&self.thread_id);
            if let Some(done) = done {
                done.show().await;
            }
        }
    }

    /// Runs one message as a turn of ours, or hands it over.
    async fn send(&mut self, job: &Arc<LiveJob>, message: Box<Message>, begun: BegunSender) -> JobEnd {
        if self.conversations.inner.stopping.is_cancelled() {
            return match job.view().delivery {
                // Its sender knows that it waits. The next start of the bridge goes on with it.
                Some(Delivery::Queued) => JobEnd::LeftToNextStart,
                _ => JobEnd::NotBegun { error: Error::Stopping, begun },
            };
        }
        if message.cli.is_some() {
            return self.run_cli(job, &message, begun).await;
        }
        if message.delivery == DeliveryMode::Panel {
            return self.hand_to_panel(job, &message, begun).await;
        }
        match self.load(&message).await {
            Ok(Access::Ours) => {}
            Ok(Access::OwnedElsewhere(_)) if message.expected_turn_id.is_some() => {
                // What runs there before it cannot be told.
                let error = self.conversations.owned_elsewhere(&self.thread_id).await;
                return JobEnd::NotBegun { error, begun };
            }
            Ok(Access::OwnedElsewhere(server)) => return self.hand_over(&server, job, &message, begun).await,
            Err(error) => {
                let original_id = job.view().upgraded_from_conversation_id;
                return match (&error, original_id) {
                    (Error::ConversationNotFound(_), Some(original_id)) if original_id != self.thread_id => {
                        self.move_back(&original_id, job, message, begun).await
                    }
                    _ => JobEnd::NotBegun { error, begun },
                };
            }
        }
        if let Some(expected) = &message.expected_turn_id
            && let Err(error) = self.check_last_turn(expected).await
        {
            return JobEnd::NotBegun { error, begun };
        }
        if message.upgrade && self.loaded.as_ref().is_some_and(|loaded| loaded.is_exec) {
            return self.move_to_copy(job, message, begun).await;
        }
        self.run_turn(job, &message, begun).await
    }

    /// Runs one message as a turn on the loaded thread, to its end.
    pub(super) async fn run_turn(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: BegunSender,
    ) -> JobEnd {
        let begun = match self.wait_for_turns_of_others(job, message, begun).await {
            Ok(begun) => begun,
            Err((error, begun)) => return JobEnd::NotBegun { error, begun },
        };
        let turn_id = match self.start_turn(job, message).await {
            Ok(turn_id) => turn_id,
            Err(error) => return JobEnd::NotBegun { error, begun },
        };
        let delivery = match job.view().delivery {
            Some(Delivery::Forked) => Delivery::Forked,
            _ => Delivery::Started,
        };
        if job.view().operation == Operation::CreateConversation {
            self.name(message);
        }
        let conversation_id = self.thread_id.clone();
        tell(begun, Ok(Begun { conversation_id, delivery, turn_id: Some(turn_id.clone().into()) }));
        let end = self.watch_turn(job, &TurnId::from(turn_id.as_str()), message).await;
        // Older binaries do not say that they wait no longer.
        self.conversations.inner.approvals.withdraw(Withdrawn::Job(&job.job_id)).await;
        end
    }

    /// What other programs queued on the thread runs before our turn. That may take as long as it likes, so
    /// the sender is told that the message waits, unless it was to start now.
    async fn wait_for_turns_of_others(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: BegunSender,
    ) -> Result<BegunSender, (Error, BegunSender)> {
        if !self.has_turns_of_others().await {
            return Ok(begun);
        }
        let mut deadline = None;
        let begun = match message.delivery {
            DeliveryMode::Reject => {
                return Err((Error::ConversationBusy(self.thread_id.clone().into()), begun));
            }
            DeliveryMode::Start => {
                deadline = Some(Instant::now() + message.send_timeout);
                begun
            }
            _ if job.view().delivery.is_none() => {
                match job.step(|job, now| job.queue(Delivery::Queued, now)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(refusal)) => return Err((ended_early(refusal), begun)),
                    Err(error) => return Err((error.into(), begun)),
                }
                let (conversation_id, delivery) = (self.thread_id.clone(), Delivery::Queued);
                tell(begun, Ok(Begun { conversation_id, delivery, turn_id: None }));
                oneshot::channel().0
            }
            _ => begun,
        };
        self.finish_turns_of_others(Some((job, deadline))).await;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err((send_timeout(message.send_timeout), begun));
        }
        Ok(begun)
    }

    /// Names a new conversation, while its turn runs: nobody waits for that.
    fn name(&self, message: &Message) {
        let Some(Loaded { server, .. }) = &self.loaded else { return };
        if !server.methods.has("thread/name/set") {
            return;
        }
        let (connection, thread_id, title) =
            (server.connection.clone(), self.thread_id.clone(), message.title.clone());
        self.conversations.inner.tasks.spawn(async move {
            if let Err(error) = connection.thread_set_name(&thread_id, &title).await {
                tracing::warn!(%thread_id, %error, "cannot name a conversation");
            }
        });
    }

    /// Gets the thread's writer, with the options that only loading can set.
    pub(super) async fn load(&mut self, message: &Message) -> Result<Access, Error> {
        if self.loaded.as_ref().is_some_and(|loaded| loaded.server.connection.is_closed()) {
            self.release().await;
        }
        if let Some(loaded) = &mut self.loaded {
            // Options are set by loading, so a queued message that brings some needs another load.
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
                // Loading a conversation keeps them for later, but does not show them to the model.
                let connection = &loaded.server.connection;
                connection.thread_inject_developer_message(&self.thread_id, text).await?;
            }
        }
        Ok(access)
    }

    /// Loads the thread in our app-server; `None` when that was not possible until `deadline`.
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
            // Not given up in the middle: Codex would grant the thread all the same, to nobody. The call has
            // a limit of its own.
            match server.connection.thread_resume(&self.thread_id, &options).await {
                Ok((thread, watch)) => {
                    self.loaded = Some(Loaded::existing(server, &thread, watch));
                    return Ok(Some(Access::Ours));
                }
                Err(error) => match error.refusal() {
                    Some(Refusal::Closing) if Instant::now() >= deadline => return Ok(None),
                    Some(Refusal::Closing) => tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await,
                    Some(Refusal::OwnedElsewhere) => return Ok(Some(Access::OwnedElsewhere(server))),
                    _ => return Err(Error::of_conversation(&self.thread_id, error)),
                },
            }
        }
    }

    async fn start_turn(&mut self, job: &Arc<LiveJob>, message: &Message) -> Result<String, Error> {
        let Some(Loaded { server, cwd, .. }) = &self.loaded else {
            return Err(Error::Internal("the thread is not loaded".to_owned()));
        };
        if job.cancel_reason().is_some() {
            return Err(Error::JobCancelled);
        }
        let connection = &server.connection;
        // Recorded first: should we die after the next line, the history is asked for this conversation.
        let bound =
            job.step(|job, now| job.bind(&self.thread_id, cwd.clone(), Some(server.pid), now)).await?;
        bound.map_err(ended_early)?;
        let started = connection
            .turn_start(&self.thread_id, &job.job_id, &message.input, message.output_schema.as_ref())
            .await;
        let turn = match started {
            Ok(turn) => turn,
            Err(error) => {
                if matches!(error, CallError::TimedOut { .. }) {
                    // It hangs, and may start the turn yet: nothing may run that no job answers for.
                    server.stop().await;
                }
                return Err(Error::of_conversation(&self.thread_id, error));
            }
        };
        // It runs, whatever becomes of the record: from here on it is followed to its end.
        match job.step(|job, now| job.start(Some(&turn.id), now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => tracing::error!(%refusal, "a turn began for a job that could not begin"),
            Err(error) => tracing::error!(%error, "cannot record that the turn began"),
        }
        Ok(turn.id.into())
    }

    /// Takes in one event. What Codex asks is put before whoever can answer; it waits for nobody here.
    pub(super) async fn take(&mut self, event: ThreadEvent, asker: Asker<'_>) {
        let approvals = &self.conversations.inner.approvals;
        let Some(loaded) = &mut self.loaded else { return };
        match event {
            ThreadEvent::Notification(notification) => {
                loaded.activity.observe(&notification);
                loaded.changes.observe(&notification);
                if let Some(request_id) = approval::resolved(&notification) {
                    let thread_id = &self.thread_id;
                    approvals.withdraw(Withdrawn::Request { thread_id, request_id }).await;
                }
            }
            ThreadEvent::Request(request) => {
                let Some(mut question) = approval::question(&request) else {
                    tracing::warn!(method = %request.method, "declined a request of Codex that nobody can answer");
                    loaded.server.connection.answer(&request.id, &decline(&request)).await;
                    return;
                };
                if question.changes.is_none() {
                    question.changes = question.item_id.as_ref().and_then(|id| loaded.changes.of(id));
                }
                approvals.ask(&loaded.server, asker, request, question).await;
            }
        }
    }

    /// Takes in the events that are there already.
    async fn catch_up(&mut self) {
        while let Some(event) = self.loaded.as_mut().and_then(|loaded| loaded.watch.next_now()) {
            self.take(event, Asker::UNKNOWN).await;
        }
    }

    /// Whether messages of other processes are in the thread's queue, or run. While the thread is loaded
    /// here, our app-server runs them; released too early, it would end them.
    async fn has_turns_of_others(&mut self) -> bool {
        self.catch_up().await;
        let Some(loaded) = &self.loaded else { return false };
        if loaded.activity.is_active() {
            return true;
        }
        if !loaded.server.methods.has("thread/queue/list") {
            return false;
        }
        let queue = loaded.server.connection.thread_queue(&self.thread_id).await;
        // What left the queue just now is told by an event that came before the reply.
        self.catch_up().await;
        let is_active = self.loaded.as_ref().is_some_and(|loaded| loaded.activity.is_active());
        is_active || queue.is_ok_and(|queue| !queue.is_empty())
    }

    /// Keeps the thread until the turns of others have ended; where a job waits for that, until it was called
    /// off or its time is up.
    pub(super) async fn finish_turns_of_others(&mut self, waits: Option<(&LiveJob, Option<Instant>)>) {
        let given_up = async {
            let Some((job, deadline)) = waits else { return std::future::pending().await };
            tokio::select! {
                () = job.cancel_requested() => {}
                () = at(deadline) => {}
            }
        };
        tokio::pin!(given_up);
        let stopping = self.conversations.inner.stopping.clone();
        while let Some(loaded) = &mut self.loaded {
            let running = loaded.activity.turn_id.clone();
            // A queue that does not begin by now is paused; its owner begins it when they want.
            let patience =
                if running.is_some() { limits::TURN_SILENCE } else { limits::QUEUED_TURN_START_TIMEOUT };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => self.take(event, Asker::UNKNOWN).await,
                    None => return,
                },
                () = tokio::time::sleep(patience) => {
                    let Some(turn_id) = running else { return };
                    if self.read_turn(&turn_id, &mut TurnRecord::default()).await.is_some()
                        && let Some(loaded) = &mut self.loaded
                    {
                        loaded.activity = Activity::default();
                    }
                }
                () = stopping.cancelled() => return,
                () = &mut given_up => return,
            }
            let is_active = self.loaded.as_ref().is_some_and(|loaded| loaded.activity.is_active());
            if !is_active && !self.has_turns_of_others().await {
                return;
            }
        }
    }

    /// Keeps the thread loaded until there is work, or it moves out. Turns that others queue on it run
    /// meanwhile.
    async fn reside(&mut self, leaves: &CancellationToken) {
        let arrived = self.conversations.inner.registry.arrived(&self.thread_id);
        let stopping = self.conversations.inner.stopping.clone();
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        if self.loaded.is_none() {
            match self.resume(&ThreadOptions::default(), deadline).await {
                Ok(Some(Access::Ours)) => {}
                // Whoever asks for a turn is told why.
                Ok(Some(Access::OwnedElsewhere(_)) | None) | Err(_) => return,
            }
        }
        while let Some(loaded) = &mut self.loaded {
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => self.take(event, Asker::UNKNOWN).await,
                    None => self.loaded = None,
                },
                () = arrived.notified() => return,
                () = leaves.cancelled() => return,
                () = stopping.cancelled() => return,
            }
        }
    }

    /// Follows a turn that was asked for but has no job, to its end.
    pub(super) async fn finish_turn_that_begins(&mut self) -> Result<(), Error> {
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
            self.take(event, Asker::UNKNOWN).await;
            match end {
                None => {}
                Some(TurnEnd::Completed) => return Ok(()),
                Some(TurnEnd::Interrupted) => {
                    return Err(Error::CodexFailed("it was interrupted".to_owned()));
                }
                Some(TurnEnd::Failed(reason)) => return Err(Error::CodexFailed(reason)),
            }
        }
        Err(Error::CodexFailed("its end was not seen".to_owned()))
    }

    /// Gives the thread's writer back.
    pub(super) async fn release(&mut self) {
        self.let_go().await;
    }

    /// Gives the thread's writer back and waits until Codex has closed the thread. What is put into its queue
    /// before that, our app-server begins, or it never answers (seen on 0.169.0).
    pub(super) async fn release_and_close(&mut self) {
        let Some(Loaded { server, mut watch, .. }) = self.let_go().await else { return };
        let closed = async {
            while let Some(event) = watch.next().await {
                match event {
                    ThreadEvent::Notification(told) if told.method == "thread/closed" => return,
                    ThreadEvent::Notification(_) => {}
                    ThreadEvent::Request(request) => {
                        server.connection.answer(&request.id, &decline(&request)).await;
                    }
                }
            }
        };
        if tokio::time::timeout(limits::CLOSING_TIMEOUT, closed).await.is_err() {
            tracing::debug!(thread_id = %self.thread_id, "Codex did not say that it closed the conversation");
        }
    }

    async fn let_go(&mut self) -> Option<Loaded> {
        let loaded = self.loaded.take()?;
        let inner = &self.conversations.inner;
        inner.approvals.withdraw(Withdrawn::Thread(&self.thread_id)).await;
        unsubscribe(&loaded.server, &self.thread_id).await;
        inner.registry.note_released(&self.thread_id);
        Some(loaded)
    }
}

/// Gives a thread's writer back.
pub(super) async fn unsubscribe(server: &AppServer, thread_id: &ThreadId) {
    if server.connection.is_closed() {
        return;
    }
    let release = server.connection.thread_unsubscribe(thread_id);
    match tokio::time::timeout(limits::RELEASE_TIMEOUT, release).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%thread_id, %error, "cannot release the conversation"),
        Err(_) => tracing::warn!(%thread_id, "Codex does not release the conversation"),
    }
}
