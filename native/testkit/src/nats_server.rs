//! Runs a real `nats-server` with JetStream, which a test starts, kills and restarts.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::WAIT_MAX;

mod secured;

pub use secured::NatsPass;

/// A server on its own port. Its streams outlive the process and exist as long as this value.
#[derive(Debug)]
pub struct NatsServer {
    directory: TempDir,
    scheme: &'static str,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server without authentication.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with additional lines in its configuration.
    ///
    /// # Panics
    /// When `nats-server` is not installed or does not start.
    #[must_use]
    pub fn start_with(configuration: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary directory"), "nats", configuration)
    }

    /// Starts a server that uses TLS and requires a credentials file.
    ///
    /// # Panics
    /// When `nats-server` is not installed or does not start.
    #[must_use]
    pub fn start_secured() -> (Self, NatsPass) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (configuration, pass) = secured::secure(directory.path());
        (Self::start_in(directory, "tls", &configuration), pass)
    }

    fn start_in(directory: TempDir, scheme: &'static str, configuration: &str) -> Self {
        // The port was free a moment ago. The server keeps it after a restart, so that clients find it again.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|at| at.port());
        let mut server = Self { directory, scheme, port: port.expect("a free port"), process: None };
        let mut file = std::fs::File::create(server.configuration()).expect("a configuration file");
        let lines = format!(
            "host: 127.0.0.1\nport: {}\njetstream {{ store_dir: {:?} }}\n{configuration}\n",
            server.port,
            server.directory.path().join("store").display().to_string()
        );
        file.write_all(lines.as_bytes()).expect("a configuration file");
        server.start_again();
        server
    }

    /// Returns the URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Kills the server at once, as a power failure would.
    ///
    /// # Panics
    /// When the server cannot be killed.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server can be killed");
            process.wait().expect("the server ends");
        }
    }

    /// Restarts the server on the same port with the same streams.
    ///
    /// # Panics
    /// When `nats-server` is not installed or does not start.
    pub fn start_again(&mut self) {
        let log = std::fs::File::create(self.directory.path().join("log")).expect("a log file");
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
        // The log shows when the server is ready. A port that answers may belong to another test by now.
        while !self.log().contains("Server is ready") {
            assert!(Instant::now() < deadline, "nats-server does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn configuration(&self) -> PathBuf {
        self.directory.path().join("nats.conf")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the path of the program. Debian installs it in a directory that is only in root's `PATH`.
fn program() -> PathBuf {
    let debian = PathBuf::from("/usr/sbin/nats-server");
    if debian.exists() { debian } else { PathBuf::from("nats-server") }
}
