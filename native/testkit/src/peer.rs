//! A scripted app-server: it speaks the protocol of `codex app-server` (one JSON object per line), but does
//! exactly what its script says, including things that the real one never does.

mod player;
mod script;

pub use player::{PeerOutcome, play};
pub use script::{Action, PeerScript, Step};

use serde_json::Value;
use tokio::{
    io::{DuplexStream, split},
    sync::watch,
};

/// The capacity of the connection. It is as small as a pipe, so that a peer that writes more has to wait.
const PIPE_BYTES: usize = 64 * 1024;

/// A scripted app-server inside the test's own process.
#[derive(Debug)]
pub struct ScriptedPeer {
    progress: watch::Receiver<PeerOutcome>,
}

impl ScriptedPeer {
    /// Starts the peer and returns it with the client's end of the connection. Needs a running tokio runtime.
    #[must_use]
    pub fn start(script: PeerScript) -> (DuplexStream, Self) {
        let (client, server) = tokio::io::duplex(PIPE_BYTES);
        let (publish, progress) = watch::channel(PeerOutcome::default());
        tokio::spawn(async move {
            let (reader, writer) = split(server);
            play(script, reader, writer, &publish).await;
        });
        (client, Self { progress })
    }

    /// Waits until the script has been played to its end, and returns all messages that the client has sent.
    ///
    /// # Panics
    /// When the client sends something that the script does not expect, disconnects early, or takes longer
    /// than [`crate::WAIT_MAX`].
    pub async fn finish(mut self) -> Vec<Value> {
        let ended = self.progress.wait_for(|outcome| outcome.is_complete || outcome.problem.is_some());
        let in_time = tokio::time::timeout(crate::WAIT_MAX, ended).await.is_ok();
        let PeerOutcome { received, is_complete, problem, .. } = self.progress.borrow().clone();
        if let Some(problem) = problem {
            panic!("{problem}");
        }
        let end = if in_time { "the client disconnected" } else { "the time limit passed" };
        assert!(is_complete, "{end} before the script was played to its end; received: {received:?}");
        received
    }

    /// Returns all messages that the client has sent so far.
    #[must_use]
    pub fn received(&self) -> Vec<Value> {
        self.progress.borrow().received.clone()
    }
}
