//! Turns of `codex exec`, for options that the app-server does not take.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::ending::JobEnd;
use super::message::Message;
use super::thread::ThreadTask;
use super::{Begun, Conversations, Dispatched};
use crate::error::Error;
use crate::jobs::LiveJob;

impl Conversations {
    pub(super) async fn start_cli(&self, job: Arc<LiveJob>, _message: Message) -> Result<Dispatched, Error> {
        let error = Error::UnsupportedByCodex("run these options");
        super::ending::end_failed(&job, error.as_failure()).await;
        Err(error)
    }
}

impl ThreadTask {
    pub(super) async fn run_cli(
        &mut self,
        _job: &Arc<LiveJob>,
        _message: &Message,
        begun: oneshot::Sender<Result<Begun, Error>>,
    ) -> JobEnd {
        JobEnd::NotBegun { error: Error::UnsupportedByCodex("run these options"), begun }
    }
}
