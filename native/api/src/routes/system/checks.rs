//! Diagnostic checks of the bridge, each with a result and advice. Those of Codex are in [`codex`].

mod codex;

use bridge::instance::{self, DiscoveryEntry};
use model::approval::ApprovalStatus;
use serde::Serialize;
use store::ApprovalQuery;
use utoipa::ToSchema;

use crate::App;
use crate::request_error::RequestError;

/// The result of a diagnostic check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    /// The object that was checked.
    pub(super) name: &'static str,
    /// The status of the object.
    pub(super) status: CheckStatus,
    /// What the check found.
    pub(super) finding: String,
    /// How to solve the problem; `null` if there is none.
    pub(super) advice: Option<String>,
}

/// The status of a checked object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckStatus {
    /// There is no problem.
    Good,
    /// It works, but needs attention.
    Warning,
    /// It does not work.
    Bad,
}

impl Check {
    fn good(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, status: CheckStatus::Good, finding: finding.into(), advice: None }
    }

    fn of(
        name: &'static str,
        status: CheckStatus,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { name, status, finding: finding.into(), advice: Some(advice.into()) }
    }
}

/// Runs all checks.
///
/// # Errors
/// An internal error if the database cannot be read, or if the list of other bridges cannot be read.
pub(super) async fn checks(app: &App) -> Result<Vec<Check>, RequestError> {
    let others = other_bridges(app).await?;
    let mut checks = vec![codex::codex(app).await];
    checks.extend(codex::configuration_and_login(app).await);
    checks.extend(app.login_shell.get().map(codex::login_shell_check));
    checks.extend(codex::newest_turn(app).await?);
    checks.extend([port(app, &others), windows(app, &others), access(app)]);
    checks.extend([approvals(app).await?, webhooks(app).await?, nats(app).await?]);
    checks.push(worktrees(app).await?);
    Ok(checks)
}

/// Returns the other running bridges of this user.
async fn other_bridges(app: &App) -> Result<Vec<DiscoveryEntry>, RequestError> {
    let directory = app.discovery_directory.clone();
    let found = tokio::task::spawn_blocking(move || instance::running(&directory)).await;
    let mut found = found
        .map_err(|error| RequestError::internal(format!("cannot read the list of other bridges: {error}")))?;
    found.retain(|entry| entry.instance_id != app.instance_id);
    Ok(found)
}

fn port(app: &App, others: &[DiscoveryEntry]) -> Check {
    let ends = |url: &str| url.ends_with(&format!(":{}", app.requested_port));
    if app.requested_port == 0 || ends(&app.url) {
        return Check::good("Port", format!("listens at {}", app.url));
    }
    let holder = match others.iter().find(|entry| ends(&entry.url)) {
        Some(entry) => format!("another bridge, {},", describe(entry)),
        None => "another program".to_owned(),
    };
    Check::of(
        "Port",
        CheckStatus::Warning,
        format!("listens at {}, because {holder} used port {} when it started", app.url, app.requested_port),
        "Programs find it through the discovery directory. For a fixed address, set codexBridge.port or \
         --port to a free port.",
    )
}

fn windows(app: &App, others: &[DiscoveryEntry]) -> Check {
    if let Some(other) = others.iter().find(|entry| entry.version != app.version) {
        return Check::of(
            "Other bridges",
            CheckStatus::Warning,
            format!("{} has version {}, this one has {}", describe(other), other.version, app.version),
            "Reload its window or restart it, so that both have the same version.",
        );
    }
    let descriptions: Vec<String> = others.iter().map(describe).collect();
    match descriptions.len() {
        0 => Check::good("Other bridges", "none are running"),
        _ => Check::good("Other bridges", descriptions.join("; ")),
    }
}

fn describe(entry: &DiscoveryEntry) -> String {
    let workspaces: Vec<String> =
        entry.workspace_folders.iter().map(|folder| folder.display().to_string()).collect();
    match workspaces.is_empty() {
        true => format!("{} (process {})", entry.url, entry.pid),
        false => format!("{} (process {}, {})", entry.url, entry.pid, workspaces.join(", ")),
    }
}

async fn approvals(app: &App) -> Result<Check, RequestError> {
    let query =
        ApprovalQuery { status: Some(ApprovalStatus::Pending), limit: 100, ..ApprovalQuery::default() };
    let pending = app.approvals.list(query).await?.approvals.len();
    Ok(match pending {
        0 => Check::good("Approvals", "none are pending"),
        1 => Check::of("Approvals", CheckStatus::Warning, "1 is pending", "Resolve it on the overview."),
        pending => Check::of(
            "Approvals",
            CheckStatus::Warning,
            format!("{pending} are pending"),
            "Resolve them on the overview.",
        ),
    })
}

async fn webhooks(app: &App) -> Result<Check, RequestError> {
    let webhooks = app.webhooks.list().await?;
    let paused: Vec<_> = webhooks.iter().filter(|webhook| webhook.paused_at.is_some()).collect();
    let failing = webhooks.iter().find(|webhook| webhook.last_error.is_some());
    Ok(match (paused.first(), failing) {
        (Some(webhook), _) => Check::of(
            "Webhooks",
            CheckStatus::Bad,
            format!(
                "{} of {} are paused, for example the one to {}",
                paused.len(),
                webhooks.len(),
                webhook.url
            ),
            "Fix the receiver, then resume the webhook on its page.",
        ),
        (None, Some(webhook)) => Check::of(
            "Webhooks",
            CheckStatus::Warning,
            format!("the last delivery to {} failed", webhook.url),
            "Check its deliveries. They are retried for a day.",
        ),
        (None, None) => Check::good("Webhooks", format!("{} configured, none are failing", webhooks.len())),
    })
}

async fn nats(app: &App) -> Result<Check, RequestError> {
    let Some(nats) = &app.nats else { return Ok(Check::good("NATS", "not used")) };
    let view = nats.view().await?;
    Ok(match view.problem() {
        None => Check::good("NATS", "this bridge or another one of the data directory publishes"),
        Some(problem) => Check::of(
            "NATS",
            CheckStatus::Warning,
            problem,
            "Check the server and the settings codexBridge.nats.*.",
        ),
    })
}

async fn worktrees(app: &App) -> Result<Check, RequestError> {
    let left = app.lanes.left_worktree_count().await?;
    Ok(match left {
        0 => Check::good("Worktrees", "deleted lanes left none behind"),
        left => Check::of(
            "Worktrees",
            CheckStatus::Warning,
            format!("deleted lanes left {left} behind, because they contain files that git does not have"),
            "GET /lanes/worktrees lists them, and DELETE /lanes/worktrees/{laneId} removes one.",
        ),
    })
}

fn access(app: &App) -> Check {
    if app.guard.has_token() {
        Check::good("Access", "every request needs the token or the cookie of a signed-in browser")
    } else {
        Check::good("Access", "only programs of your own user on this machine have access")
    }
}
