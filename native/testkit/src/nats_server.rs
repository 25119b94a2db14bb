//! A real `nats-server` with JetStream, which a test starts, kills and starts again.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::WAIT_MAX;

mod secured;

pub use secured::NatsPass;

/// A server of its own on a port of its own. Its streams outlive it, as long as this value lives.
#[derive(Debug)]
pub struct NatsServer {
    folder: TempDir,
    scheme: &'static str,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server that everybody may use.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with more lines in its configuration.
    ///
    /// # Panics
    /// When there is no `nats-server`, or it does not start.
    #[must_use]
    pub fn start_with(configuration: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), "nats", configuration)
    }

    /// Starts a server that speaks TLS, for those with a file of credentials.
    ///
    /// # Panics
    /// When there is no `nats-server`, or it does not start.
    #[must_use]
    pub fn start_secured() -> (Self, NatsPass) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (configuration, pass) = secured::secure(folder.path());
        (Self::start_in(folder, "tls", &configuration), pass)
    }

    fn start_in(folder: TempDir, scheme: &'static str, configuration: &str) -> Self {
        // Free a moment ago; it stays the server's, so that clients find it again.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|at| at.port());
        let mut server = Self { folder, scheme, port: port.expect("a free port"), process: None };
        let mut file = std::fs::File::create(server.configuration()).expect("a configuration file");
        let lines = format!(
            "host: 127.0.0.1\nport: {}\njetstream {{ store_dir: {:?} }}\n{configuration}\n",
            server.port,
            server.folder.path().join("store").display().to_string()
        );
        file.write_all(lines.as_bytes()).expect("a configuration file");
        server.start_again();
        server
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Ends it at once, as a power failure would end it.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server can be killed");
            process.wait().expect("the server ends");
        }
    }

    /// Starts it where it was, with the streams that it had.
    ///
    /// # Panics
    /// When there is no `nats-server`, or it does not start.
    pub fn start_again(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log file");
        let started = Command::new(program())
            .arg("--config")
            .arg(self.configuration())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let process =
            started.expect("nats-server starts; install it (Debian and Ubuntu: apt install nats-server)");
        self.process = Some(process);
        let deadline = Instant::now() + WAIT_MAX;
        // The log says so; a port that answers may be another test's by now.
        while !self.log().contains("Server is ready") {
            assert!(Instant::now() < deadline, "nats-server does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("nats.conf")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Debian puts it where only root's `PATH` leads.
fn program() -> PathBuf {
    let debian = PathBuf::from("/usr/sbin/nats-server");
    if debian.exists() { debian } else { PathBuf::from("nats-server") }
}
