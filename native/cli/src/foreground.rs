//! Runs a server in the foreground until a signal ends it. Its log goes to standard error, its address to
//! standard output.

use std::io::{IsTerminal, Write};
use std::pin::Pin;
use std::time::Duration;

use api::log_tail::LogTail;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How long the remaining tasks may take after a server has stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

/// A running server.
pub(crate) struct Running {
    /// The address of the server.
    pub(crate) url: String,
    /// The future that stops the server.
    pub(crate) stop: Pin<Box<dyn Future<Output = ()>>>,
}

/// Logs to standard error with the filter in `CODEX_BRIDGE_LOG`, or else `otherwise`.
pub(crate) fn log(otherwise: &str) {
    let filter = EnvFilter::try_from_env("CODEX_BRIDGE_LOG").unwrap_or_else(|_| EnvFilter::new(otherwise));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines).with(LogTail).init();
}

/// Starts a server and runs it until a signal ends it.
pub(crate) fn run(start: impl Future<Output = Result<Running, String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let served = runtime.block_on(async {
        let signals = Signals::listen()?;
        let Running { url, stop } = start.await?;
        // Programs that start the bridge read this one line on stdout. Everything else goes to stderr.
        let mut stdout = std::io::stdout();
        writeln!(stdout, "codex-bridge listening on {url}")
            .and_then(|()| stdout.flush())
            .map_err(|error| format!("cannot write to stdout: {error}"))?;
        signals.wait().await;
        stop.await;
        Ok(())
    });
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    served
}

/// The signals that end the program.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Result<Self, String> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Result<Self, String> {
        Ok(Self)
    }

    async fn wait(self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
        }
    }
}
