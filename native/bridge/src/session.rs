//! The app-server that the bridge works with: found, started when it is first needed, and started again when it died.
//!
//! Callers ask for [`Session::ready`] and get a running app-server or the reason why there is none. Starts are
//! serialised; one that follows a death waits (backoff), so that a broken binary is not started in a tight loop. When a
//! running app-server dies, a new one is started without being asked, after the same wait.

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

/// Why there is no app-server.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    /// No binary.
    #[error("{0}")]
    NotFound(Arc<NotFound>),
    /// A binary, but it does not run.
    #[error("{0}")]
    Start(Arc<StartError>),
    /// The bridge is being stopped.
    #[error("the bridge is stopping")]
    Stopped,
}

/// What `/health` says about Codex.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodexView {
    /// Whether a binary was found.
    pub found: bool,
    /// The binary.
    #[schema(value_type = Option<String>)]
    pub path: Option<PathBuf>,
    /// Where it was found: `setting`, `chatgptSetting`, `chatgptExtension`, `npm` or `path`.
    #[schema(value_type = Option<String>)]
    pub source: Option<LocateSource>,
    /// Its version, once it was asked.
    pub version: Option<String>,
    /// The app-server: `idle` (not needed yet), `ready`, `restarting` or `failed`.
    pub state: &'static str,
    /// Process id of the running app-server.
    pub pid: Option<u32>,
    /// What is wrong and what to do, where something is.
    pub problem: Option<String>,
    /// Every place that was searched, when none was found: `[{place, reason}]`.
    #[schema(value_type = Vec<Object>)]
    pub looked: Vec<serde_json::Value>,
}

/// The bridge's own app-server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    locate: LocateOptions,
    working_folder: PathBuf,
    environment: Vec<(String, String)>,
    codex_home: Option<PathBuf>,
    client_version: String,
    running: Mutex<Running>,
    view: SyncMutex<View>,
    /// Set once the first search is over and the binary was asked for its version.
    searched: CancellationToken,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Running {
    server: Option<Arc<AppServer>>,
    /// Not before this moment may the next one be started.
    next_start: Option<Instant>,
    backoff: Option<Duration>,
}

/// What was last seen, to be shown without waiting for a start that is under way.
#[derive(Debug)]
struct View {
    codex: CodexView,
    searched_at: Option<Instant>,
}

impl Session {
    /// Nothing is searched or started yet.
    #[must_use]
    pub fn new(
        locate: LocateOptions,
        working_folder: PathBuf,
        environment: Vec<(String, String)>,
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
        };
        let view = SyncMutex::new(View { codex, searched_at: None });
        let inner = Inner {
            locate,
            working_folder,
            codex_home: codex::owner::codex_home(&environment),
            environment,
            client_version,
            running: Mutex::default(),
            view,
            searched: CancellationToken::new(),
            stopping,
            tasks,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Another app-server of the same binary, which ends with `stopping`.
    #[must_use]
    pub fn another(&self, stopping: CancellationToken) -> Self {
        let Inner { locate, working_folder, environment, client_version, tasks, .. } = &*self.inner;
        Self::new(
            locate.clone(),
            working_folder.clone(),
            environment.clone(),
            client_version.clone(),
            stopping,
            tasks.clone(),
        )
    }

    /// Whether both are the same app-server.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The running app-server; starts it where there is none.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn ready(&self) -> Result<Arc<AppServer>, SessionError> {
        tokio::select! {
            () = self.inner.stopping.cancelled() => Err(SessionError::Stopped),
            ready = self.start_unless_running() => ready,
        }
    }

    async fn start_unless_running(&self) -> Result<Arc<AppServer>, SessionError> {
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
                self.inner.tasks.spawn(self.clone().watch(Arc::clone(&server), Instant::now()));
                Ok(server)
            }
            Err(error) => {
                // A missing binary costs nothing to look for again; a broken one is not started in a loop.
                if matches!(error, SessionError::Start(_)) {
                    delay_next_start(&mut running);
                }
                Err(error)
            }
        }
    }

    /// How the binary is run in `folder`, or in the bridge's own where there is none.
    ///
    /// # Errors
    /// [`SessionError::NotFound`].
    pub async fn launch(&self, folder: Option<PathBuf>) -> Result<Launch, SessionError> {
        let located = self.search().await.map_err(SessionError::NotFound)?;
        Ok(Launch {
            executable: located.path,
            working_folder: folder.unwrap_or_else(|| self.inner.working_folder.clone()),
            environment: self.inner.environment.clone(),
        })
    }

    async fn start(&self) -> Result<AppServer, SessionError> {
        let launch = self.launch(None).await?;
        AppServer::start(&launch, &self.inner.client_version)
            .await
            .map_err(|error| SessionError::Start(Arc::new(error)))
    }

    /// Waits for the end of this app-server and replaces it.
    fn watch(self, server: Arc<AppServer>, started: Instant) -> BoxFuture<'static, ()> {
        // Boxed, because it starts the next app-server, which is watched in turn.
        async move { self.replace_when_dead(server, started).await }.boxed()
    }

    async fn replace_when_dead(self, server: Arc<AppServer>, started: Instant) {
        let exit = tokio::select! {
            exit = server.exited() => exit,
            () = self.inner.stopping.cancelled() => return,
        };
        tracing::warn!(?exit, stderr = server.stderr_tail(), "the Codex app-server died; starting it again");
        {
            let mut running = self.inner.running.lock().await;
            if running.server.as_ref().is_none_or(|current| !Arc::ptr_eq(current, &server)) {
                // A request was quicker and has started the next one.
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
            tracing::error!(%error, "the Codex app-server could not be started again; the next request tries again");
        }
    }

    /// Searches for the binary, and asks a newly found one for its version.
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
                    view.codex.looked = not_found
                        .looked
                        .iter()
                        .filter_map(|looked| serde_json::to_value(looked).ok())
                        .collect();
                    true
                }
            }
        };
        match &found {
            Ok(located) if !known_version => {
                let (this, path) = (self.clone(), located.path.clone());
                self.inner.tasks.spawn(async move { this.ask_version(path).await });
            }
            _ => self.inner.searched.cancel(),
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
        self.inner.searched.cancel();
    }

    fn note_start(&self, started: &Result<AppServer, SessionError>) {
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

    /// What is known about Codex, after the first search. Looks for a binary in the background where none was found lately.
    pub async fn health(&self) -> CodexView {
        let first_search = self.inner.searched.cancelled();
        if tokio::time::timeout(limits::FIRST_SEARCH_TIMEOUT, first_search).await.is_err() {
            tracing::debug!("the search for Codex takes long");
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

    /// Finds the binary ahead of the first request, so that `/health` can tell.
    pub fn search_in_background(&self) {
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            if let Err(not_found) = this.search().await {
                tracing::warn!("{not_found}");
            }
        });
    }

    /// Where Codex keeps its threads.
    #[must_use]
    pub fn codex_home(&self) -> Option<&Path> {
        self.inner.codex_home.as_deref()
    }

    /// Process id of the running app-server.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.view().codex.pid
    }

    /// Ends the app-server with all that it started.
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
