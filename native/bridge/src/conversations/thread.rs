//! The task of one conversation: runs its turns one after another, and holds its writer only meanwhile.
//!
//! For each piece of work: load the thread (or, where another process owns it, hand the message over), start the turn,
//! follow it to its end. The writer is released before the end is shown, so that whoever waits for the end finds the
//! conversation free.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use codex::app_server::AppServer;
use codex::connection::{CallError, ThreadEvent, ThreadWatch};
use codex::decline::decline;
use codex::protocol::{Thread, ThreadOptions};
use codex::rpc::Refusal;
use codex::turn::{Activity, TurnEnd, TurnRecord};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ending::{JobEnd, end_job, failure, job_end, signal_name, tell};
use super::follow::{Followed, Whose};
use super::message::Message;
use super::{Begun, Conversations, ended_early, send_timeout};
use crate::error::Error;
use crate::jobs::LiveJob;
use crate::limits;
use crate::model::job::{Delivery, FailureCode};

/// A thread that is loaded in our app-server, with its writer held.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) server: Arc<AppServer>,
    pub(super) watch: ThreadWatch,
    pub(super) cwd: Option<String>,
    /// What runs on it.
    pub(super) activity: Activity,
    /// Just started with its first message's options.
    pub(super) is_new: bool,
}

impl Loaded {
    pub(super) fn new(server: Arc<AppServer>, thread: &Thread, watch: ThreadWatch, is_new: bool) -> Self {
        Self { server, watch, cwd: thread.folder(), activity: Activity::default(), is_new }
    }

    /// Takes in the events that are there already.
    async fn catch_up(&mut self) {
        while let Some(event) = self.watch.next_now() {
            self.take(event).await;
        }
    }

    /// Takes in one event. Nobody can answer requests yet, so they are declined.
    async fn take(&mut self, event: ThreadEvent) {
        match event {
            ThreadEvent::Notification(notification) => self.activity.observe(&notification),
            ThreadEvent::Request(request) => {
                tracing::warn!(method = %request.method, "declined a request of Codex");
                self.server.connection.answer(&request.id, &decline(&request)).await;
            }
        }
    }
}

/// One job for the conversation.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) job: Arc<LiveJob>,
    task: Task,
}

#[derive(Debug)]
enum Task {
    Send {
        message: Box<Message>,
        begun: oneshot::Sender<Result<Begun, Error>>,
    },
    /// Find out what became of it: the bridge process that ran it is gone.
    Recover,
}

impl Work {
    pub(super) fn message(
        job: Arc<LiveJob>,
        message: Message,
    ) -> (Self, oneshot::Receiver<Result<Begun, Error>>) {
        let (begun, reply) = oneshot::channel();
        (Self { job, task: Task::Send { message: Box::new(message), begun } }, reply)
    }

    pub(super) fn recovery(job: Arc<LiveJob>) -> Self {
        Self { job, task: Task::Recover }
    }

    pub(super) fn is_message(&self) -> bool {
        matches!(self.task, Task::Send { .. })
    }
}

pub(super) struct ThreadTask {
    conversations: Conversations,
    thread_id: String,
    loaded: Option<Loaded>,
}

impl ThreadTask {
    pub(super) fn new(conversations: Conversations, thread_id: String, loaded: Option<Loaded>) -> Self {
        Self { conversations, thread_id, loaded }
    }

    pub(super) async fn run(mut self, first: Work) {
        let conversations = self.conversations.clone();
        let threads = &conversations.inner.threads;
        let mut next = Some(first);
        while let Some(Work { job, task }) = next {
            let mut end = Some(match task {
                Task::Send { message, begun } => self.send(&job, &message, begun).await,
                Task::Recover => self.recover(&job).await,
            });
            if self.has_turns_of_others().await {
                // Our job need not wait for theirs.
                if let Some(end) = end.take() {
                    end_job(&job, end).await;
                }
                self.finish_turns_of_others().await;
            }
            if !threads.has_more(&self.thread_id) {
                self.release().await;
            }
            next = threads.next_or_leave(&self.thread_id);
            if let Some(end) = end {
                end_job(&job, end).await;
            }
        }
    }

    /// Whether messages of other processes are in the thread's queue, or run. While the thread is loaded here, our
    /// app-server runs them; released too early, it would end them.
    async fn has_turns_of_others(&mut self) -> bool {
        let Some(loaded) = &mut self.loaded else { return false };
        loaded.catch_up().await;
        if loaded.activity.is_active() {
            return true;
        }
        if !loaded.server.methods.has("thread/queue/list") {
            return false;
        }
        let queue = loaded.server.connection.thread_queue(&self.thread_id).await;
        // What left the queue just now is told by an event that came before the reply.
        loaded.catch_up().await;
        loaded.activity.is_active() || queue.is_ok_and(|queue| !queue.is_empty())
    }

    /// Keeps the thread until the turns of others have ended.
    async fn finish_turns_of_others(&mut self) {
        let stopping = self.conversations.inner.stopping.clone();
        while let Some(loaded) = &mut self.loaded {
            let running = loaded.activity.turn_id.clone();
            // A queue that does not begin by now is paused; its owner begins it when they want.
            let patience = if running.is_some() { limits::TURN_SILENCE } else { limits::QUEUE_BEGINS_WITHIN };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => loaded.take(event).await,
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
            }
            let is_active = self.loaded.as_ref().is_some_and(|loaded| loaded.activity.is_active());
            if !is_active && !self.has_turns_of_others().await {
                return;
            }
        }
    }

    /// Runs one message as a turn of ours, or hands it over.
    async fn send(
        &mut self,
        job: &LiveJob,
        message: &Message,
        begun: oneshot::Sender<Result<Begun, Error>>,
    ) -> JobEnd {
        if self.conversations.inner.stopping.is_cancelled() {
            return JobEnd::NotBegun { error: Error::Stopping, begun };
        }
        let turn_id = match self.load(message).await {
            Ok(Access::Ours) => self.start_turn(job, message).await,
            Ok(Access::OwnedElsewhere(server)) => return self.hand_over(&server, job, message, begun).await,
            Err(error) => Err(error),
        };
        match turn_id {
            Ok(turn_id) => {
                let begin = Begun {
                    conversation_id: self.thread_id.clone(),
                    delivery: Delivery::Started,
                    turn_id: Some(turn_id.clone()),
                };
                tell(begun, Ok(begin));
                self.watch_turn(job, &turn_id, message.output_last_message_path.as_deref()).await
            }
            Err(error) => JobEnd::NotBegun { error, begun },
        }
    }

    /// Gets the thread's writer, with the options that only loading can set.
    async fn load(&mut self, message: &Message) -> Result<Access, Error> {
        let options = &message.options;
        if self.loaded.as_ref().is_some_and(|loaded| loaded.server.connection.is_closed()) {
            self.loaded = None;
        }
        if let Some(loaded) = &mut self.loaded {
            // Options are set by loading, so a queued message that brings some needs another load.
            if std::mem::take(&mut loaded.is_new) || *options == ThreadOptions::default() {
                return Ok(Access::Ours);
            }
            self.release().await;
        }
        let deadline = Instant::now() + message.send_timeout;
        let late = || send_timeout(message.send_timeout);
        let ready = tokio::time::timeout_at(deadline, self.conversations.inner.session.ready());
        let server = ready.await.map_err(|_| late())??;
        loop {
            // Not given up in the middle: Codex would grant the thread all the same, to nobody. The call has a limit of its own.
            match server.connection.thread_resume(&self.thread_id, options).await {
                Ok((thread, watch)) => {
                    let loaded = self.loaded.insert(Loaded::new(server, &thread, watch, false));
                    if Instant::now() >= deadline {
                        return Err(late());
                    }
                    if let Some(text) = &options.developer_instructions {
                        // Loading a conversation keeps them for later, but does not show them to the model.
                        let connection = &loaded.server.connection;
                        connection.thread_inject_developer_message(&self.thread_id, text).await?;
                    }
                    if self.has_turns_of_others().await {
                        self.finish_turns_of_others().await;
                    }
                    return Ok(Access::Ours);
                }
                Err(error) => match error.refusal() {
                    Some(Refusal::Closing) if Instant::now() >= deadline => return Err(late()),
                    Some(Refusal::Closing) => tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await,
                    Some(Refusal::OwnedElsewhere) => return Ok(Access::OwnedElsewhere(server)),
                    _ => return Err(Error::of_conversation(&self.thread_id, error)),
                },
            }
        }
    }

    async fn start_turn(&mut self, job: &LiveJob, message: &Message) -> Result<String, Error> {
        let Some(Loaded { server, cwd, .. }) = &self.loaded else {
            return Err(Error::Internal("the thread is not loaded".to_owned()));
        };
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
        match job.step(|job, now| job.start(&turn.id, now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => tracing::error!(%refusal, "a turn began for a job that could not begin"),
            Err(error) => tracing::error!(%error, "cannot record that the turn began"),
        }
        Ok(turn.id)
    }

    /// Follows a turn of ours by its events, to its end.
    async fn watch_turn(&mut self, job: &LiveJob, turn_id: &str, output: Option<&Path>) -> JobEnd {
        let mut record = TurnRecord::default();
        let stopping = self.conversations.inner.stopping.clone();
        let end = loop {
            let Some(loaded) = &mut self.loaded else {
                break TurnEnd::Interrupted;
            };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => {
                        let end = match &event {
                            ThreadEvent::Notification(notification) => {
                                job.heard(notification).await;
                                record.observe(turn_id, notification)
                            }
                            ThreadEvent::Request(_) => None,
                        };
                        loaded.take(event).await;
                        if let Some(end) = end {
                            break end;
                        }
                    }
                    None if loaded.server.connection.is_closed() => {
                        return self.end_of_a_dead_turn(job, turn_id, output).await;
                    }
                    None => {
                        // We fell behind. Watch again first, then look for an end that came meanwhile.
                        loaded.watch = loaded.server.connection.watch(&self.thread_id);
                        if let Some(end) = self.read_turn(turn_id, &mut record).await {
                            break end;
                        }
                    }
                },
                () = tokio::time::sleep(limits::TURN_SILENCE) => {
                    let read = tokio::select! {
                        read = self.read_turn(turn_id, &mut record) => read,
                        () = stopping.cancelled() => None,
                    };
                    if let Some(end) = read {
                        tracing::warn!(turn_id, "a turn's end was not announced; found it by reading the thread");
                        break end;
                    }
                }
                () = stopping.cancelled() => {
                    return self.interrupt_for_stop(turn_id, record, output).await;
                }
            }
        };
        job_end(end, record, output, FailureCode::Interrupted).await
    }

    /// The turn's end as the thread's history has it, if it has ended.
    async fn read_turn(&self, turn_id: &str, record: &mut TurnRecord) -> Option<TurnEnd> {
        let server = &self.loaded.as_ref()?.server;
        match server.connection.thread_read(&self.thread_id, true).await {
            Ok(thread) => record.take_turn(thread.turn(Some(turn_id), "")?),
            Err(error) => {
                tracing::debug!(%error, "cannot read the thread just now");
                None
            }
        }
    }

    /// The bridge stops: lets the turn end well if it is about to, and interrupts it otherwise.
    async fn interrupt_for_stop(
        &mut self,
        turn_id: &str,
        mut record: TurnRecord,
        output: Option<&Path>,
    ) -> JobEnd {
        let interrupt = async {
            let Loaded { server, watch, .. } = self.loaded.as_mut()?;
            if let Err(error) = server.connection.turn_interrupt(&self.thread_id, turn_id).await {
                tracing::debug!(%error, "cannot interrupt the turn");
            }
            while let Some(event) = watch.next().await {
                if let ThreadEvent::Notification(notification) = event
                    && let Some(end) = record.observe(turn_id, &notification)
                {
                    return Some(end);
                }
            }
            None
        };
        let end = tokio::time::timeout(limits::INTERRUPT_TIMEOUT, interrupt).await.ok().flatten();
        job_end(end.unwrap_or(TurnEnd::Interrupted), record, output, FailureCode::BridgeStopped).await
    }

    /// The app-server died under the turn: its history tells whether the turn had ended before.
    async fn end_of_a_dead_turn(&mut self, job: &LiveJob, turn_id: &str, output: Option<&Path>) -> JobEnd {
        let Some(Loaded { server, .. }) = self.loaded.take() else {
            return JobEnd::Failed(failure(FailureCode::CodexExited));
        };
        if self.conversations.inner.stopping.is_cancelled() {
            return JobEnd::Failed(failure(FailureCode::BridgeStopped));
        }
        let exit = server.exited().await;
        job.heard_stderr(server.stderr_last());
        let noted = job.note(|job, _| {
            job.exit_code = exit.code;
            job.signal = exit.signal.map(signal_name);
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "cannot note how the app-server ended");
        }
        self.follow_to_end(job, Some(turn_id), Whose::Dead, output, FailureCode::CodexExited).await
    }

    /// Another process owns the thread: puts the message into its queue and follows it there.
    async fn hand_over(
        &mut self,
        server: &AppServer,
        job: &LiveJob,
        message: &Message,
        begun: oneshot::Sender<Result<Begun, Error>>,
    ) -> JobEnd {
        let handed_over = async {
            if !server.methods.has("thread/queue/add") {
                return Err(Error::ConversationOwnedElsewhere(self.thread_id.clone()));
            }
            // Recorded first: should we die in between, the history tells whether the message arrived.
            job.step(|job, now| {
                if message.options != ThreadOptions::default() || message.output_schema.is_some() {
                    let warning =
                        "another process owns the conversation and runs the message with its own options";
                    job.warnings.push(warning.to_owned());
                }
                job.queue(Delivery::HandedOver, now)
            })
            .await?
            .map_err(ended_early)?;
            server
                .connection
                .thread_queue_add(&self.thread_id, &job.job_id, &message.input)
                .await
                .map_err(|error| Error::of_conversation(&self.thread_id, error))
        };
        match handed_over.await {
            // Without an answer it may be in the queue all the same; reading the thread and its queue tells.
            Ok(()) | Err(Error::Codex(CallError::TimedOut { .. } | CallError::Closed { .. })) => {
                let conversation_id = self.thread_id.clone();
                tell(begun, Ok(Begun { conversation_id, delivery: Delivery::HandedOver, turn_id: None }));
                let output = message.output_last_message_path.as_deref();
                self.follow_to_end(job, None, Whose::Queued, output, FailureCode::Interrupted).await
            }
            Err(error) => JobEnd::NotBegun { error, begun },
        }
    }

    /// The bridge process that ran the job is gone: finds out what became of its turn.
    async fn recover(&mut self, job: &LiveJob) -> JobEnd {
        let view = job.view();
        let whose = if view.delivery == Some(Delivery::HandedOver) { Whose::Queued } else { Whose::Dead };
        let output = view.output_last_message_path.map(PathBuf::from);
        let turn_id = view.turn_id.as_deref();
        self.follow_to_end(job, turn_id, whose, output.as_deref(), FailureCode::InterruptedByRestart).await
    }

    async fn follow_to_end(
        &mut self,
        job: &LiveJob,
        turn_id: Option<&str>,
        whose: Whose,
        output: Option<&Path>,
        interrupted: FailureCode,
    ) -> JobEnd {
        let inner = &self.conversations.inner;
        let stopping = inner.stopping.clone();
        let followed = tokio::select! {
            followed = super::follow::follow(&inner.session, &self.thread_id, job, turn_id, whose) => followed,
            () = stopping.cancelled() => Followed::LeftToItsOwner,
        };
        match followed {
            Followed::Ended(end, record) => job_end(end, record, output, interrupted).await,
            Followed::Lost(reason) => {
                let mut failure = failure(interrupted);
                failure.message = format!("{} ({reason})", failure.message);
                JobEnd::Failed(failure)
            }
            Followed::LeftToItsOwner if matches!(whose, Whose::Queued) => JobEnd::LeftToItsOwner,
            Followed::LeftToItsOwner => JobEnd::Failed(failure(FailureCode::BridgeStopped)),
        }
    }

    /// Gives the thread's writer back.
    async fn release(&mut self) {
        if let Some(Loaded { server, .. }) = self.loaded.take() {
            unsubscribe(&server, &self.thread_id).await;
        }
    }
}

/// Gives a thread's writer back.
pub(super) async fn unsubscribe(server: &AppServer, thread_id: &str) {
    if server.connection.is_closed() {
        return;
    }
    let release = server.connection.thread_unsubscribe(thread_id);
    match tokio::time::timeout(limits::RELEASE_TIMEOUT, release).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(thread_id, %error, "cannot release the conversation"),
        Err(_) => tracing::warn!(thread_id, "Codex does not release the conversation"),
    }
}

/// Who may write a thread.
enum Access {
    Ours,
    OwnedElsewhere(Arc<AppServer>),
}
