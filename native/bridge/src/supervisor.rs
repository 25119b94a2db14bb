//! The supervisor of a Codex app-server: finds the binary, starts the app-server when it is first needed, and
//! restarts it when it dies.
//!
//! [`Supervisor::ready`] returns the running app-server, or the reason why none runs. Starts are serialized.
//! A start that follows a death waits first (backoff), so that a broken binary is not started in a tight
//! loop. When a running app-server dies, the next one is started without a request, after the same wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::{AppServer, StartError};
use codex::launch::{self, Launch};
use codex::locate::{LocateOptions, LocateSource, Located, NotFound, locate};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::limits;
use parking_lot::{Mutex as SyncMutex, MutexGuard};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

/// The reason why no app-server runs.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SupervisorError {
    /// No Codex binary was found.
    #[error("{0}")]
    NotFound(Arc<NotFound>),
    /// The binary was found, but the app-server did not start.
    #[error("{0}")]
    Start(Arc<StartError>),
    /// The bridge is stopping.
    #[error("The bridge is stopping.")]
    Stopped,
}

/// The state of Codex, as `GET /health` shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodexView {
    /// Whether a binary was found.
    pub found: bool,
    /// The path of the binary.
    #[schema(value_type = Option<String>)]
    pub path: Option<PathBuf>,
    /// Where it was found: `setting`, `chatgptSetting`, `chatgptExtension`, `npm` or `path`.
    #[schema(value_type = Option<String>)]
    pub source: Option<LocateSource>,
    /// The version of the binary, once it has reported one.
    pub version: Option<String>,
    /// The state of the app-server: `idle` (not needed yet), `ready`, `restarting` or `failed`.
    pub state: &'static str,
    /// The process id of the running app-server.
    pub pid: Option<u32>,
    /// The current problem and what to do about it, if there is one.
    pub problem: Option<String>,
    /// The same value as `searched`. Use `searched`.
    #[schema(value_type = Vec<Object>)]
    pub looked: Vec<serde_json::Value>,
    /// Every place that was searched, if no binary was found: `[{place, reason}]`.
    #[schema(value_type = Vec<Object>)]
    pub searched: Vec<serde_json::Value>,
}

/// The supervisor of one app-server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    locate: LocateOptions,
    working_directory: PathBuf,
    environment: Vec<(String, String)>,
    overrides: Vec<String>,
    codex_home: Option<PathBuf>,
    client_version: String,
    running: Mutex<Running>,
    view: SyncMutex<View>,
    /// Cancelled once the first search is over and the binary was asked for its version.
    first_search: CancellationToken,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Running {
    server: Option<Arc<AppServer>>,
    /// The earliest moment at which the next app-server may be started.
    next_start: Option<Instant>,
    backoff: Option<Duration>,
}

/// The last observed state, which can be shown without waiting for a start in progress.
#[derive(Debug)]
struct View {
    codex: CodexView,
    searched_at: Option<Instant>,
}

impl Supervisor {
    /// Creates a supervisor. It does not search for Codex or start anything yet. `overrides` are those of
    /// [`Launch`].
    #[must_use]
    pub fn new(
        locate: LocateOptions,
        working_directory: PathBuf,
        environment: Vec<(String, String)>,
        overrides: Vec<String>,
        client_version: String,
        stopping: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        let codex = CodexView {
            found: false,
            path: None,
            source: None,
            version: None,
            state: "idle",
            pid: None,
            problem: None,
            looked: Vec::new(),
            searched: Vec::new(),
        };
        let view = SyncMutex::new(View { codex, searched_at: None });
        let inner = Inner {
            locate,
            working_directory,
            codex_home: codex::owner::codex_home(&environment),
            environment,
            overrides,
            client_version,
            running: Mutex::default(),
            view,
            first_search: CancellationToken::new(),
            stopping,
            tasks,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Creates a supervisor for a separate app-server of the same binary, which ends when `stopping` is
    /// cancelled.
    #[must_use]
    pub fn sibling(&self, stopping: CancellationToken) -> Self {
        let Inner { locate, working_directory, environment, overrides, client_version, tasks, .. } =
            &*self.inner;
        Self::new(
            locate.clone(),
            working_directory.clone(),
            environment.clone(),
            overrides.clone(),
            client_version.clone(),
            stopping,
            tasks.clone(),
        )
    }

    /// Reports whether both supervise the same app-server.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Returns the running app-server, and starts it first if none runs.
    ///
    /// # Errors
    /// [`SupervisorError::NotFound`] if there is no binary, [`SupervisorError::Start`] if it does not start,
    /// and [`SupervisorError::Stopped`] if the bridge is stopping.
    pub async fn ready(&self) -> Result<Arc<AppServer>, SupervisorError> {
        tokio::select! {
            () = self.inner.stopping.cancelled() => Err(SupervisorError::Stopped),
            ready = self.start_unless_running() => ready,
        }
    }

    async fn start_unless_running(&self) -> Result<Arc<AppServer>, SupervisorError> {
        let mut running = self.inner.running.lock().await;
        if let Some(server) = &running.server
            && !server.connection.is_closed()
        {
            return Ok(Arc::clone(server));
        }
        running.server = None;
        if let Some(moment) = running.next_start {
            tokio::time::sleep_until(moment).await;
        }
        let started = self.start().await;
        self.note_start(&started);
        match started {
            Ok(server) => {
                let server = Arc::new(server);
                running.server = Some(Arc::clone(&server));
                running.next_start = None;
                self.inner.tasks.spawn(self.clone().supervise(Arc::clone(&server), Instant::now()));
                Ok(server)
            }
            Err(error) => {
                // Searching again for a missing binary is cheap, but a broken one must not be started in a
                // loop.
                if matches!(error, SupervisorError::Start(_)) {
                    delay_next_start(&mut running);
                }
                Err(error)
            }
        }
    }

    /// Returns how to run the binary in `directory`, or in the bridge's own working directory if it is
    /// `None`.
    ///
    /// # Errors
    /// [`SupervisorError::NotFound`] if there is no binary.
    pub async fn launch(&self, directory: Option<PathBuf>) -> Result<Launch, SupervisorError> {
        let located = self.search().await.map_err(SupervisorError::NotFound)?;
        Ok(Launch {
            executable: located.path,
            working_directory: directory.unwrap_or_else(|| self.inner.working_directory.clone()),
            environment: self.inner.environment.clone(),
            overrides: self.inner.overrides.clone(),
        })
    }

    async fn start(&self) -> Result<AppServer, SupervisorError> {
        let launch = self.launch(None).await?;
        AppServer::start(&launch, &self.inner.client_version)
            .await
            .map_err(|error| SupervisorError::Start(Arc::new(error)))
    }

    /// Waits until this app-server exits, then replaces it.
    fn supervise(self, server: Arc<AppServer>, started: Instant) -> BoxFuture<'static, ()> {
        // Boxed, because it starts the next app-server, which is supervised in turn.
        async move { self.replace_when_dead(server, started).await }.boxed()
    }

    async fn replace_when_dead(self, server: Arc<AppServer>, started: Instant) {
        let exit = tokio::select! {
            exit = server.exited() => exit,
            () = self.inner.stopping.cancelled() => return,
        };
        tracing::warn!(?exit, stderr = server.stderr_tail(), "the Codex app-server died; restarting it");
        {
            let mut running = self.inner.running.lock().await;
            if running.server.as_ref().is_none_or(|current| !Arc::ptr_eq(current, &server)) {
                // A request has already started the next one.
                return;
            }
            if started.elapsed() > limits::HEALTHY_AFTER {
                running.backoff = None;
            }
            delay_next_start(&mut running);
            let mut view = self.view();
            view.codex.state = "restarting";
            view.codex.pid = None;
        }
        drop(server);
        if let Err(error) = self.ready().await {
            tracing::error!(%error, "cannot restart the Codex app-server; the next request tries again");
        }
    }

    /// Searches for the binary. A newly found binary is asked for its version in the background.
    async fn search(&self) -> Result<Located, Arc<NotFound>> {
        let options = self.inner.locate.clone();
        let found = tokio::task::spawn_blocking(move || locate(&options)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the search for Codex panicked");
            Err(NotFound { named_in: None, looked: Vec::new() })
        });
        let known_version = {
            let mut view = self.view();
            view.searched_at = Some(Instant::now());
            match &found {
                Ok(located) => {
                    let known = view.codex.path.as_ref() == Some(&located.path);
                    view.codex.found = true;
                    view.codex.path = Some(located.path.clone());
                    view.codex.source = Some(located.source);
                    view.codex.looked.clear();
                    view.codex.searched.clear();
                    if !known {
                        view.codex.version = None;
                        view.codex.problem = None;
                    }
                    view.codex.version.is_some()
                }
                Err(not_found) => {
                    view.codex.found = false;
                    view.codex.path = None;
                    view.codex.source = None;
                    view.codex.version = None;
                    view.codex.problem = Some(not_found.to_string());
                    let places = not_found.looked.iter();
                    let searched: Vec<_> =
                        places.filter_map(|place| serde_json::to_value(place).ok()).collect();
                    view.codex.looked.clone_from(&searched);
                    view.codex.searched = searched;
                    true
                }
            }
        };
        match &found {
            Ok(located) if !known_version => {
                let (this, path) = (self.clone(), located.path.clone());
                self.inner.tasks.spawn(async move { this.ask_version(path).await });
            }
            _ => self.inner.first_search.cancel(),
        }
        found.map_err(Arc::new)
    }

    async fn ask_version(&self, path: PathBuf) {
        let version = launch::version(&path).await;
        let mut view = self.view();
        match version {
            Ok(version) => view.codex.version = Some(version),
            Err(problem) => view.codex.problem = Some(problem),
        }
        self.inner.first_search.cancel();
    }

    fn note_start(&self, started: &Result<AppServer, SupervisorError>) {
        let mut view = self.view();
        match started {
            Ok(server) => {
                view.codex.state = "ready";
                view.codex.pid = Some(server.pid);
                view.codex.problem = None;
            }
            Err(error) => {
                view.codex.state = "failed";
                view.codex.pid = None;
                view.codex.problem = Some(error.to_string());
            }
        }
    }

    /// Waits for the first search and returns the state of Codex. Searches again in the background if no
    /// binary was found and the last search is older than [`limits::LOCATE_AGE_MAX`].
    pub async fn health(&self) -> CodexView {
        let first_search = self.inner.first_search.cancelled();
        if tokio::time::timeout(limits::FIRST_SEARCH_TIMEOUT, first_search).await.is_err() {
            tracing::debug!("the search for Codex is taking long");
        }
        let (codex, stale) = {
            let mut view = self.view();
            let stale = !view.codex.found
                && view.searched_at.is_none_or(|moment| moment.elapsed() > limits::LOCATE_AGE_MAX);
            if stale {
                view.searched_at = Some(Instant::now());
            }
            (view.codex.clone(), stale)
        };
        if stale {
            self.search_in_background();
        }
        codex
    }

    /// Searches for the binary in the background, so that `GET /health` can report it before the first
    /// request needs it.
    pub fn search_in_background(&self) {
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            if let Err(not_found) = this.search().await {
                tracing::warn!("{not_found}");
            }
        });
    }

    /// Returns the Codex home, where Codex stores its threads.
    #[must_use]
    pub fn codex_home(&self) -> Option<&Path> {
        self.inner.codex_home.as_deref()
    }

    /// Returns the process id of the running app-server.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.view().codex.pid
    }

    /// Stops the app-server and every process that it started.
    pub async fn stop(&self) {
        self.inner.stopping.cancel();
        let server = self.inner.running.lock().await.server.take();
        if let Some(server) = server {
            server.stop().await;
        }
        let mut view = self.view();
        view.codex.state = "idle";
        view.codex.pid = None;
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.inner.view.lock()
    }
}

fn delay_next_start(running: &mut Running) {
    let backoff = running
        .backoff
        .map_or(limits::RESTART_BACKOFF_MIN, |backoff| (backoff * 2).min(limits::RESTART_BACKOFF_MAX));
    running.backoff = Some(backoff);
    running.next_start = Some(Instant::now() + backoff);
}
