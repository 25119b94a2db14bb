//! The composition of a bridge: what it consists of, and the order in which its parts start and stop.

use std::path::PathBuf;
use std::sync::Arc;

use api::guard::Guard;
use api::sign_in::SignIn;
use api::{App, InProcess, InProcessReply, Server, ServerOptions, listen};
use bridge::approvals::Approvals;
use bridge::code::Code;
use bridge::conversations::Conversations;
use bridge::conversations::message::MessageDefaults;
use bridge::editor::Editor;
use bridge::events::{Events, Filter, Listener};
use bridge::instance::{DiscoveryEntry, Instance};
use bridge::jobs::Jobs;
use bridge::lanes::reconciler::LaneReconciler;
use bridge::lanes::{LaneParts, Lanes};
use bridge::login_shell::LoginShellMeasurement;
use bridge::supervisor::Supervisor;
use bridge::thread_router::ThreadRouter;
use bridge::threads::Threads;
use bridge::webhooks::Webhooks;
use model::clock::Timestamp;
use model::ids::InstanceId;
use model::limits;
use nats::{CommandContext, Nats};
use parking_lot::Mutex;
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::config::Config;
use crate::nats_gateway::ApiGateway;
use crate::reconciler::{Reconciler, prune, store_progress};
use crate::start::{StartError, directory_error, generate_token, make_data_directory, store_error};

/// A running bridge. Dropping it does not stop it; use [`Bridge::stop`].
#[derive(Debug)]
pub struct Bridge {
    url: String,
    app: Arc<App>,
    in_process: InProcess,
    store: Store,
    stopping: CancellationToken,
    tasks: TaskTracker,
    announced: Mutex<Announced>,
    stopped: tokio::sync::Mutex<bool>,
}

#[derive(Debug)]
struct Announced {
    instance: Option<Instance>,
    entry: DiscoveryEntry,
}

impl Bridge {
    /// Starts a bridge. Must be called inside a tokio runtime, which must live as long as the bridge.
    ///
    /// # Errors
    /// Returns an error if a setting is invalid, a directory or the database cannot be used, or an address
    /// cannot be listened on. Nothing is left running then.
    pub async fn start(config: Config, editor: Option<Arc<dyn Editor>>) -> Result<Self, StartError> {
        let config = config.checked().map_err(StartError::Config)?;
        let address = config.address().map_err(StartError::Config)?;
        make_data_directory(&config)?;
        let store = Store::open(&config.data_directory).map_err(store_error(&config.data_directory))?;
        let instance_id = InstanceId::from(Uuid::new_v4().to_string());
        let instance =
            Instance::register(instance_id.clone(), &config.data_directory, &config.discovery_directory)
                .map_err(directory_error(&config.discovery_directory))?;

        let (listener, address) = listen(address, config.port).await?;
        let code_listener = match config.context_port {
            Some(port) => Some(listen(address.ip(), port).await?),
            None => None,
        };
        let url = format!("http://{address}");
        let generated = generate_token(&config)?;

        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let events = Events::new(store.clone());
        let webhooks = Webhooks::new(store.clone(), config.webhooks.clone(), &config.data_directory);
        let nats = match config.nats.clone() {
            Some(nats) => {
                let opened = Nats::new(nats, store.clone(), &config.data_directory).await;
                Some(opened.map_err(store_error(&config.data_directory))?)
            }
            None => None,
        };
        let jobs = Jobs::new(store.clone(), events.clone(), instance_id.clone());
        let supervisor = Supervisor::new(
            config.locate.clone(),
            // A directory that is never deleted. Threads have their own working directories.
            config.data_directory.clone(),
            config.environment.clone(),
            config.codex_overrides(),
            config.version.clone(),
            stopping.clone(),
            tasks.clone(),
        );
        let router = ThreadRouter::new(supervisor.clone());
        let approvals = Approvals::new(
            store.clone(),
            instance_id.clone(),
            editor.clone(),
            config.approval_timeout,
            config.discovery_directory.clone(),
            tasks.clone(),
        );
        let conversations = Conversations::new(
            jobs.clone(),
            approvals.clone(),
            router.clone(),
            editor.clone(),
            config.discovery_directory.clone(),
            stopping.clone(),
            tasks.clone(),
        );
        let defaults = MessageDefaults {
            cwd: config.working_directory.clone(),
            send_timeout: config.request_timeout,
            open_timeout: config.tab_timeout,
            approval_timeout: config.approval_timeout,
            has_editor: editor.is_some(),
        };
        let lanes = Lanes::new(LaneParts {
            store: store.clone(),
            instance_id: instance_id.clone(),
            peers: instance.peers(),
            jobs: jobs.clone(),
            approvals: approvals.clone(),
            conversations: conversations.clone(),
            router: router.clone(),
            defaults: defaults.clone(),
            isolation: config.lane_isolation,
            session_limits: config.lane_sessions,
            worktrees_directory: config.data_directory.join("worktrees"),
            stopping: stopping.clone(),
            tasks: tasks.clone(),
        });
        let lane_reconciler = LaneReconciler::new(lanes.clone());
        let entry = DiscoveryEntry {
            instance_id: instance_id.clone(),
            url: url.clone(),
            pid: std::process::id(),
            workspace_folders: config.workspace_folders.clone(),
            version: config.version.clone(),
            started_at: Timestamp::now(),
            token_file: generated.as_ref().map(|(_, file)| file.clone()),
            lock_file: instance.lock_file(),
        };
        instance.announce(&entry).map_err(directory_error(&config.discovery_directory))?;

        let token = generated.map(|(token, _)| token);
        let guard = |address| {
            let (configured, generated) = (config.auth_token.clone(), token.clone());
            Guard::new(address, configured, generated, &config.allowed_origins)
        };
        let sign_in = SignIn::open(store.clone(), config.auth_token.clone().or_else(|| token.clone()))
            .await
            .map_err(|error| StartError::Store { directory: config.data_directory.clone(), error })?;
        let open_code = editor.as_ref().and_then(|editor| editor.code());
        let code = Code::new(config.workspace_folders.clone(), config.data_directory.join("code"), open_code);
        let app = Arc::new(App {
            guard: Arc::new(guard(address).with_sign_in(sign_in.clone())),
            sign_in,
            code: code.clone(),
            jobs: jobs.clone(),
            approvals: approvals.clone(),
            events: events.clone(),
            webhooks: webhooks.clone(),
            nats: nats.as_ref().map(Nats::status),
            conversations: conversations.clone(),
            threads: Threads::new(conversations.clone(), router, config.rpc),
            supervisor: supervisor.clone(),
            login_shell: LoginShellMeasurement::in_background(
                config.environment.clone(),
                &tasks,
                stopping.clone(),
            ),
            lanes,
            lane_reconciler: lane_reconciler.clone(),
            debug_routes: config.debug_routes,
            defaults,
            url: url.clone(),
            requested_port: config.port,
            data_directory: config.data_directory.clone(),
            discovery_directory: config.discovery_directory.clone(),
            settings: config.in_force(),
            instance_id,
            version: config.version.clone(),
            started_at: entry.started_at,
            limits: config.http.clone(),
            store: store.clone(),
            peers: instance.peers(),
            tasks: tasks.clone(),
            stopping: stopping.clone(),
        });
        supervisor.search_in_background();
        tasks.spawn(stopping.clone().run_until_cancelled_owned(events.run()));
        tasks.spawn(stopping.clone().run_until_cancelled_owned(lane_reconciler.run()));
        tasks.spawn(webhooks.run(stopping.clone()));
        let reconciler = Reconciler { jobs, approvals, conversations, peers: instance.peers() };
        // Before the first request, so that a new message does not overtake one that waits in a queue.
        reconciler.reconcile().await;
        let router = api::router(Arc::clone(&app));
        let options =
            |guard| ServerOptions { guard, limits: config.http.clone(), stopping: stopping.clone() };
        let server = Server::new(options(Arc::clone(&app.guard)), router.clone(), listener, address);
        tasks.spawn(server.run());
        if let Some((listener, address)) = code_listener {
            let guard = Arc::new(guard(address));
            let router = api::code_router(code, guard.allowed_origins(), stopping.clone());
            tasks.spawn(Server::new(options(guard), router, listener, address).run());
            tracing::info!(%address, "serving code context on a separate port");
        }
        let in_process = InProcess::new(router);
        if let Some(nats) = nats {
            let gateway = ApiGateway::new(Arc::clone(&app.guard), in_process.clone());
            let context = CommandContext {
                instance_id: app.instance_id.clone(),
                tasks: tasks.clone(),
                stopping: stopping.clone(),
            };
            tasks.spawn(nats.run(gateway, context));
        }
        tasks.spawn(store_progress(reconciler.jobs.clone(), stopping.clone()));
        tasks.spawn(reconciler.run(stopping.clone()));
        tasks.spawn(prune(store.clone(), config.history_age_max, config.history_jobs_max, stopping.clone()));
        tracing::info!(url, data_directory = %config.data_directory.display(), "the bridge is running");
        let announced = Mutex::new(Announced { instance: Some(instance), entry });
        let stopped = tokio::sync::Mutex::new(false);
        Ok(Self { url, app, in_process, store, stopping, tasks, announced, stopped })
    }

    /// Returns the URL of the API, for example `http://127.0.0.1:8765`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the body of `GET /health`.
    pub async fn health(&self) -> serde_json::Value {
        match api::health(&self.app).await {
            Ok(health) => serde_json::to_value(health).unwrap_or_default(),
            Err(error) => serde_json::json!({"ok": false, "error": error.to_string()}),
        }
    }

    /// Calls a route of the API for the program that the bridge runs in, without an HTTP connection. `path`
    /// may have a query, and `body` is an object. An error is a reply, too.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> InProcessReply {
        self.in_process.request(method, path, body).await
    }

    /// Listens to the recorded events that match `filter`, from now on. They include the events of the other
    /// bridges that share the data directory.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn listen(&self, filter: Filter) -> Result<Listener, StoreError> {
        self.app.events.listen(filter).await
    }

    /// Returns a channel with the number of unfinished jobs.
    #[must_use]
    pub fn running_jobs(&self) -> watch::Receiver<usize> {
        self.app.jobs.running()
    }

    /// Returns a channel with the progress of building the code index; `None` while it is not being built.
    #[must_use]
    pub fn index_progress(&self) -> watch::Receiver<Option<context::Progress>> {
        self.app.code.progress()
    }

    /// Sets the workspace folders of this VS Code window, and updates the discovery entry.
    pub fn set_workspace_folders(&self, folders: Vec<PathBuf>) {
        let mut announced = self.announced.lock();
        self.app.code.set_roots(folders.clone());
        announced.entry.workspace_folders = folders;
        if let Some(instance) = &announced.instance
            && let Err(error) = instance.announce(&announced.entry)
        {
            tracing::warn!(%error, "cannot update the discovery file");
        }
    }

    /// Stops the bridge within 3.5 s: interrupts the turns and ends their jobs, ends Codex, and frees the
    /// port. Idempotent.
    pub async fn stop(&self) {
        let mut stopped = self.stopped.lock().await;
        if std::mem::replace(&mut *stopped, true) {
            return;
        }
        self.stopping.cancel();
        self.tasks.close();
        // The tasks interrupt their turns, for which Codex must be running. A task that hangs must not block
        // the rest.
        if tokio::time::timeout(limits::STOP_TASKS_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::error!("some tasks did not end in time; the next start recovers their jobs");
        }
        let close = async {
            self.app.supervisor.stop().await;
            self.store.close().await;
        };
        if tokio::time::timeout(limits::STOP_CLOSE_TIMEOUT, close).await.is_err() {
            tracing::error!("Codex or the database did not close in time");
        }
        // Release the lock last: until then, no other bridge process may recover the jobs of this one.
        self.announced.lock().instance.take();
        tracing::info!("the bridge has stopped");
    }
}
