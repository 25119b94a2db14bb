//! Turns of `codex exec`, for options that the app-server does not take.
//!
//! Each runs in a process of its own, which holds the conversation's writer meanwhile. Nobody can be asked
//! during such a turn, and nothing can be added to it; cancelling it interrupts its process. What the binary
//! takes is read from its help.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use codex::exec::{Color, ExecEvent, ExecOptions, ExecRequest, ExecRun, OptionProblem};
use codex::launch::Launch;
use codex::protocol::UserInput;
use codex::rpc::Refusal;
use codex::turn::{TurnEnd, TurnRecord};
use model::ids::{ThreadId, TurnId};
use model::job::{Delivery, FailureCode, Operation};
use model::limits;
use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::ending::{JobEnd, end_failed, failure, job_end, signal_name, tell};
use super::message::{CliOptions, Message};
use super::registry::{Place, Work};
use super::thread::ThreadTask;
use super::{Begun, Conversations, Dispatched, ended_early, send_timeout};
use crate::error::Error;
use crate::jobs::LiveJob;

/// A running `codex exec` whose conversation is known.
#[derive(Debug)]
pub(super) struct Running {
    run: ExecRun,
    record: TurnRecord,
    /// The file of the answer's schema, which must stay as long as the process.
    _schema: Option<NamedTempFile>,
}

impl Conversations {
    /// Whether the binary takes the message's options. Asked before there is a job.
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
            Ok((conversation_id, running)) => {
                let (begun, reply) = oneshot::channel();
                let work = Work::Watch {
                    job: Arc::clone(&job),
                    message: Box::new(message),
                    running: Box::new(running),
                    begun,
                };
                // Nobody else knows the conversation yet, so this is the front.
                if let Place::Front(work) =
                    self.inner.registry.enqueue(&ThreadId::from(conversation_id.as_str()), work)
                {
                    self.start_task(&ThreadId::from(conversation_id.as_str()), work, None);
                }
                self.reply(job, reply, open).await
            }
            Err(error) => {
                end_failed(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Starts the process, and waits until it has the conversation.
    async fn spawn_exec(
        &self,
        job: &LiveJob,
        message: &Message,
        conversation_id: Option<&ThreadId>,
    ) -> Result<(String, Running), Error> {
        let deadline = Instant::now() + message.send_timeout;
        let options = self.exec_options().await?;
        let schema = message.output_schema.as_ref().map(schema_file).transpose()?;
        let schema_path = schema.as_ref().map(|file| file.path().to_owned());
        let arguments = options
            .arguments(&request(message, conversation_id, schema_path)?)
            .map_err(|problem| option_problem(&problem))?;
        let folder = match (&message.options.cwd, conversation_id) {
            (Some(cwd), _) => Some(cwd.clone()),
            (None, Some(id)) => self.conversation(id, false).await?.thread.cwd,
            (None, None) => None,
        };
        let launch: Launch = self.inner.router.shared().launch(folder).await?;
        let mut run = ExecRun::start(&launch, &arguments, &message.text)
            .map_err(|error| Error::CodexFailed(format!("`codex exec` cannot be run: {error}")))?;
        // From here on it may run, also when this process ends: a request that is sent again must not begin
        // another one.
        let pid = run.pid;
        job.note(|job, _| job.pid = Some(pid)).await?;
        let record = TurnRecord::default();
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
            started = timeout_at(deadline, thread_id) => started.map_err(|_| send_timeout(message.send_timeout)),
            () = job.cancel_requested() => Err(Error::JobCancelled),
            () = stopping.cancelled() => Err(Error::Stopping),
        };
        match started {
            Ok(Some(thread_id)) => Ok((thread_id.into(), Running { run, record, _schema: schema })),
            Ok(None) => Err(self.refused_by_exec(&run, conversation_id).await),
            Err(error) => {
                run.stop().await;
                Err(error)
            }
        }
    }

    /// Why a process ended before it began.
    async fn refused_by_exec(&self, run: &ExecRun, conversation_id: Option<&ThreadId>) -> Error {
        run.exited().await;
        match (run.refusal(), conversation_id) {
            (Some(Refusal::OwnedElsewhere), Some(id)) => self.owned_elsewhere(id).await,
            (Some(Refusal::ThreadUnknown), Some(id)) => Error::ConversationNotFound(id.to_owned().into()),
            _ => Error::CodexFailed(format!("`codex exec` ended at once: {}", run.stderr_tail())),
        }
    }

    /// What the binary's help lists, asked once for each binary.
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
    pub(super) async fn run_cli(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: oneshot::Sender<Result<Begun, Error>>,
    ) -> JobEnd {
        // Its process needs the writer.
        self.release().await;
        match self.conversations.spawn_exec(job, message, Some(&self.thread_id)).await {
            Ok((_, running)) => self.watch_exec(job, message, running, begun).await,
            Err(error) => JobEnd::NotBegun { error, begun },
        }
    }

    /// Follows a turn of `codex exec` to its end, which is that of its process.
    pub(super) async fn watch_exec(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        running: Running,
        begun: oneshot::Sender<Result<Begun, Error>>,
    ) -> JobEnd {
        let Running { mut run, mut record, _schema } = running;
        if let Err(error) = self.begin_exec(job, message, run.pid).await {
            run.stop().await;
            return JobEnd::NotBegun { error, begun };
        }
        let is_new = job.view().operation == Operation::CreateConversation;
        let turn_id = job.view().turn_id;
        let conversation_id = self.thread_id.clone();
        tell(begun, Ok(Begun { conversation_id, delivery: Delivery::Started, turn_id }));
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
                        end = record.observe_exec(&event, is_new).or(end);
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
            Some(end) => job_end(job, end, record, output, interrupted).await,
            None if interrupted == FailureCode::CodexExited => JobEnd::Failed(failure(interrupted)),
            None => job_end(job, TurnEnd::Interrupted, record, output, interrupted).await,
        }
    }

    /// Records that the turn began. Its id is asked of the history: with it, the next start of the bridge can
    /// find out what became of the turn, should this one die.
    async fn begin_exec(&self, job: &LiveJob, message: &Message, pid: u32) -> Result<(), Error> {
        let cwd = message.options.cwd.as_ref().map(|cwd| cwd.display().to_string());
        job.step(|job, now| job.bind(&self.thread_id, cwd, Some(pid), now)).await?.map_err(ended_early)?;
        let newest = timeout(limits::EXEC_TURN_ID_TIMEOUT, async {
            loop {
                let read = self.conversations.conversation(&self.thread_id, true).await;
                let turn = read.ok().and_then(|mut read| read.thread.turns.pop());
                match turn {
                    Some(turn) if turn.has_text(&message.text) => return turn.id,
                    _ => tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await,
                }
            }
        });
        // A turn that does not show in the history in time is followed all the same, without its id.
        let turn_id = newest.await.ok();
        job.step(|job, now| job.start(turn_id.as_deref().map(TurnId::from).as_ref(), now))
            .await?
            .map_err(ended_early)?;
        Ok(())
    }
}

/// The message as `codex exec` takes it.
fn request(
    message: &Message,
    conversation_id: Option<&ThreadId>,
    output_schema: Option<PathBuf>,
) -> Result<ExecRequest, Error> {
    let CliOptions { oss, local_provider, profile, color } = message.cli.clone().unwrap_or_default();
    let options = &message.options;
    if options.base_instructions.is_some() {
        let problem =
            "`codex exec`, which oss, localProvider, profile and color run through, does not take it";
        return Err(Error::invalid("baseInstructions", problem));
    }
    let mut config = options.config.clone().unwrap_or_default();
    let texts = [
        ("service_tier", &options.service_tier),
        ("developer_instructions", &options.developer_instructions),
        ("personality", &options.personality),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            config.insert(key.to_owned(), text.clone().into());
        }
    }
    let mut images = Vec::new();
    for piece in &message.input {
        match piece {
            UserInput::Text { .. } => {}
            UserInput::LocalImage { path } => images.push(path.clone()),
            UserInput::Image { .. } | UserInput::Other(_) => {
                let problem =
                    "`codex exec`, which oss, localProvider, profile and color run through, only takes files";
                return Err(Error::invalid("images", problem));
            }
        }
    }
    Ok(ExecRequest {
        thread_id: conversation_id.map(ToString::to_string).map(Into::into),
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

/// Names the field of the message that the option came from.
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
