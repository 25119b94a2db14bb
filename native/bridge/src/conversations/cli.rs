//! Turns of `codex exec`, for options that the app-server does not support.
//!
//! Each turn runs in a process of its own, which holds the conversation's writer for that time. Such a turn
//! has no approvals and cannot be steered. Cancelling it interrupts its process. The options that the binary
//! supports are read from its help.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use codex::exec::{Color, ExecEvent, ExecOptions, ExecRequest, ExecRun, OptionProblem};
use codex::launch::Launch;
use codex::protocol::UserInput;
use codex::rpc::Refusal;
use codex::turn::TurnEnd;
use model::ids::ThreadId;
use model::job::{Delivery, FailureCode, Operation};
use model::limits;
use tempfile::NamedTempFile;
use tokio::time::{Instant, timeout, timeout_at};

use super::ending::{JobEnd, fail_job, failure, job_end, signal_name};
use super::history::Turns;
use super::message::{CliOptions, Message};
use super::registry::Placement;
use super::thread::ThreadTask;
use super::work::{ExecTurn, Receipt, Sending, WorkItem};
use super::{Conversations, Dispatched, ended_early, send_timeout};
use crate::error::Error;
use crate::jobs::LiveJob;

impl Conversations {
    /// Checks that the binary supports the message's options. Runs before the job is created.
    pub(super) async fn check_cli(
        &self,
        message: &Message,
        conversation_id: Option<&ThreadId>,
    ) -> Result<(), Error> {
        if message.cli.is_none() {
            return Ok(());
        }
        let request = request(message, conversation_id, None)?;
        self.exec_options().await?.arguments(&request).map(drop).map_err(|problem| option_problem(&problem))
    }

    /// Starts a new conversation through `codex exec`.
    pub(super) async fn start_cli(&self, job: Arc<LiveJob>, message: Message) -> Result<Dispatched, Error> {
        let open = message.open;
        match self.spawn_exec(&job, &message, None).await {
            Ok((conversation_id, exec)) => {
                let (sending, reply) = Sending::new(Arc::clone(&job), message);
                let work = WorkItem::FollowExec { sending, exec: Box::new(exec) };
                // No other caller knows the conversation yet, so its queue is new.
                if let Placement::Front(work) = self.inner.registry.enqueue(&conversation_id, work) {
                    self.start_task(&conversation_id, work, None);
                }
                self.reply(job, reply, open).await
            }
            Err(error) => {
                fail_job(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Starts the process and waits until it has loaded the conversation.
    async fn spawn_exec(
        &self,
        job: &LiveJob,
        message: &Message,
        conversation_id: Option<&ThreadId>,
    ) -> Result<(ThreadId, ExecTurn), Error> {
        let deadline = Instant::now() + message.send_timeout;
        let options = self.exec_options().await?;
        let schema = message.turn.output_schema.as_ref().map(schema_file).transpose()?;
        let schema_path = schema.as_ref().map(|file| file.path().to_owned());
        let arguments = options
            .arguments(&request(message, conversation_id, schema_path)?)
            .map_err(|problem| option_problem(&problem))?;
        let directory = match (&message.options.cwd, conversation_id) {
            (Some(cwd), _) => Some(cwd.clone()),
            (None, Some(id)) => self.conversation(id, Turns::Omit).await?.thread.cwd,
            (None, None) => None,
        };
        let launch: Launch = self.inner.router.shared().launch(directory).await?;
        let mut run = ExecRun::start(&launch, &arguments, &message.text)
            .map_err(|error| Error::CodexFailed(format!("`codex exec` could not be started: {error}")))?;
        // From here on the process may run even if the bridge exits. The recorded pid keeps a repeated
        // request from starting another one.
        let pid = run.pid;
        job.note(|job, _| job.pid = Some(pid)).await?;
        let thread_id = async {
            loop {
                match run.next().await {
                    Some(ExecEvent::ThreadStarted { thread_id }) => return Some(thread_id),
                    Some(_) => {}
                    None => return None,
                }
            }
        };
        let stopping = &self.inner.stopping;
        let started = tokio::select! {
            started = timeout_at(deadline, thread_id) => {
                started.map_err(|_| send_timeout(message.send_timeout))
            }
            () = job.cancel_requested() => Err(Error::JobCancelled),
            () = stopping.cancelled() => Err(Error::Stopping),
        };
        match started {
            Ok(Some(thread_id)) => Ok((thread_id, ExecTurn { run, _schema: schema })),
            Ok(None) => Err(self.exec_start_error(&run, conversation_id).await),
            Err(error) => {
                run.stop().await;
                Err(error)
            }
        }
    }

    /// Returns the reason why a process exited before it loaded its conversation.
    async fn exec_start_error(&self, run: &ExecRun, conversation_id: Option<&ThreadId>) -> Error {
        run.exited().await;
        match (run.refusal(), conversation_id) {
            (Some(Refusal::OwnedElsewhere), Some(id)) => self.owned_elsewhere(id).await,
            (Some(Refusal::ThreadUnknown), Some(id)) => Error::ConversationNotFound(id.to_string()),
            _ => Error::CodexFailed(format!("`codex exec` exited at once: {}", run.stderr_tail())),
        }
    }

    /// Returns the options that the binary's help lists. Each binary's help is read once.
    async fn exec_options(&self) -> Result<ExecOptions, Error> {
        let path = self.inner.router.shared().launch(None).await?.executable;
        let mut known = self.inner.exec_options.lock().await;
        if let Some((known_path, options)) = &*known
            && *known_path == path
        {
            return Ok(options.clone());
        }
        let options = ExecOptions::discover(&path).await.map_err(Error::CodexFailed)?;
        *known = Some((path, options.clone()));
        Ok(options)
    }
}

impl ThreadTask {
    /// Runs one message on this conversation through `codex exec`, to its end.
    pub(super) async fn run_exec(&mut self, sending: &mut Sending) -> JobEnd {
        // The process of `codex exec` needs the writer.
        self.release().await;
        let spawned = self.conversations.spawn_exec(&sending.job, &sending.message, Some(&self.thread_id));
        match spawned.await {
            Ok((_, exec)) => self.follow_exec(sending, exec).await,
            Err(error) => JobEnd::NotStarted(error),
        }
    }

    /// Follows a turn of `codex exec` until its process exits.
    pub(super) async fn follow_exec(&mut self, sending: &mut Sending, exec: ExecTurn) -> JobEnd {
        let Sending { job, message, sender } = sending;
        let ExecTurn { mut run, _schema } = exec;
        if let Err(error) = self.record_exec_start(job, message, run.pid).await {
            run.stop().await;
            return JobEnd::NotStarted(error);
        }
        let is_new = job.view().operation == Operation::CreateConversation;
        let turn_id = job.view().turn_id;
        let conversation_id = self.thread_id.clone();
        sender.report(Ok(Receipt { conversation_id, delivery: Delivery::Started, turn_id }));
        let stopping = self.conversations.inner.stopping.clone();
        let limit = async {
            match message.turn_timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(limit);
        let mut end = None;
        let interrupted = loop {
            tokio::select! {
                event = run.next() => match event {
                    Some(event) => {
                        job.observe(&event.as_notification(&self.thread_id)).await;
                        end = job.record().observe_exec(&event, is_new).or(end);
                    }
                    None => break FailureCode::CodexExited,
                },
                () = job.cancel_requested() => {
                    run.stop().await;
                    break FailureCode::Cancelled;
                }
                () = &mut limit => job.request_cancel(FailureCode::TurnTimeout),
                () = stopping.cancelled() => {
                    run.stop().await;
                    break FailureCode::BridgeStopped;
                }
            }
        };
        let exit = run.exited().await;
        if end.is_none() && interrupted == FailureCode::CodexExited {
            job.observe_stderr(run.stderr_tail().lines().last().map(str::to_owned));
            let noted = job.note(|job, _| {
                job.exit_code = exit.code;
                job.signal = exit.signal.map(signal_name);
            });
            if let Err(error) = noted.await {
                tracing::error!(%error, "cannot note how codex exec ended");
            }
        }
        let output = message.output_last_message_path.as_deref();
        match end {
            Some(end) => job_end(job, end, output, interrupted).await,
            None if interrupted == FailureCode::CodexExited => JobEnd::Failed(failure(interrupted)),
            None => job_end(job, TurnEnd::Interrupted, output, interrupted).await,
        }
    }

    /// Records that the turn started, with its id from the history. With the id, the next start of the bridge
    /// can find out how the turn ended if this process exits.
    async fn record_exec_start(&self, job: &LiveJob, message: &Message, pid: u32) -> Result<(), Error> {
        let cwd = message.options.cwd.as_ref().map(|cwd| cwd.display().to_string());
        job.step(|job, now| job.bind(&self.thread_id, cwd, Some(pid), now)).await?.map_err(ended_early)?;
        let newest = timeout(limits::EXEC_TURN_ID_TIMEOUT, async {
            loop {
                let newest = self.conversations.retry_while_closing(&self.thread_id, async |server| {
                    server.connection.thread_last_turn(&server.methods, &self.thread_id).await
                });
                match newest.await {
                    Ok(Some(turn)) if turn.has_text(&message.text) => return turn.id,
                    _ => tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await,
                }
            }
        });
        // A turn that does not appear in the history in time is followed without its id.
        let turn_id = newest.await.ok();
        job.step(|job, now| job.start(turn_id.as_ref(), now)).await?.map_err(ended_early)?;
        Ok(())
    }
}

/// Returns the message as a request for `codex exec`.
fn request(
    message: &Message,
    conversation_id: Option<&ThreadId>,
    output_schema: Option<PathBuf>,
) -> Result<ExecRequest, Error> {
    let CliOptions { oss, local_provider, profile, color } = message.cli.clone().unwrap_or_default();
    let options = &message.options;
    if options.base_instructions.is_some() {
        let problem =
            "is not supported by `codex exec`, which oss, localProvider, profile and color run through";
        return Err(Error::invalid("baseInstructions", problem));
    }
    let mut config = options.config.clone().unwrap_or_default();
    let strings = [
        ("service_tier", &options.service_tier),
        ("developer_instructions", &options.developer_instructions),
        ("personality", &options.personality),
        ("model_reasoning_effort", &message.turn.effort),
        ("model_reasoning_summary", &message.turn.summary),
    ];
    for (key, string) in strings {
        if let Some(string) = string {
            config.insert(key.to_owned(), string.clone().into());
        }
    }
    let mut images = Vec::new();
    for piece in &message.input {
        match piece {
            UserInput::Text { .. } => {}
            UserInput::LocalImage { path } => images.push(path.clone()),
            UserInput::Image { .. } | UserInput::Other(_) => {
                let problem =
                    "must be files, because oss, localProvider, profile and color run through `codex exec`";
                return Err(Error::invalid("images", problem));
            }
        }
    }
    Ok(ExecRequest {
        thread_id: conversation_id.cloned(),
        model: options.model.clone(),
        sandbox: options.sandbox,
        config,
        images,
        profile,
        color: color.map(|color| match color.as_str() {
            "always" => Color::Always,
            "never" => Color::Never,
            _ => Color::Auto,
        }),
        oss,
        local_provider,
        output_schema,
        ..ExecRequest::default()
    })
}

/// Returns the error with the field of the message that the option came from.
fn option_problem(problem: &OptionProblem) -> Error {
    let field = match problem {
        OptionProblem::NoResume => "conversationId",
        OptionProblem::Unknown { option, .. } | OptionProblem::Value { option, .. } => {
            match option.as_str() {
                "--oss" => "oss",
                "--local-provider" => "localProvider",
                "--profile" => "profile",
                "--color" => "color",
                "--model" => "model",
                "--sandbox" => "sandbox",
                "--output-schema" => "outputSchemaPath",
                "--image" => "images",
                _ => "config",
            }
        }
    };
    Error::invalid(field, problem.to_string())
}

fn schema_file(schema: &serde_json::Value) -> Result<NamedTempFile, Error> {
    let write = || {
        let mut file = NamedTempFile::new()?;
        file.write_all(schema.to_string().as_bytes())?;
        Ok::<_, std::io::Error>(file)
    };
    write().map_err(|error| Error::Internal(format!("cannot write a temporary file: {error}")))
}
