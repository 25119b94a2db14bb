//! Diagnostic checks of the bridge, each with a result and advice.

use std::path::Path;
use std::time::Duration;

use bridge::instance::{self, DiscoveryEntry};
use codex::connection::CallError;
use codex::login_shell::{LoginShell, Startup};
use codex::protocol::{ConfigurationProblem, Login, Position};
use model::approval::ApprovalStatus;
use model::clock::Timestamp;
use model::ids::JobId;
use model::job::{Failure, FailureCause, Job, Outcome};
use model::limits;
use serde::Serialize;
use store::{ApprovalQuery, JobQuery};
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
    let mut checks = vec![codex(app).await];
    checks.extend(configuration_and_login(app).await);
    checks.extend(app.login_shell.get().map(login_shell_check));
    checks.extend(newest_turn(app).await?);
    checks.extend([port(app, &others), windows(app, &others), access(app)]);
    checks.extend([approvals(app).await?, webhooks(app).await?, nats(app).await?]);
    checks.push(worktrees(app).await?);
    Ok(checks)
}

async fn codex(app: &App) -> Check {
    let codex = app.supervisor.health().await;
    match (codex.problem, codex.path) {
        (Some(problem), _) => {
            let advice = "Install Codex (npm install -g @openai/codex), or set its path: setting \
                          codexBridge.codexPath, flag --codex.";
            Check::of(
                "Codex",
                if codex.found { CheckStatus::Warning } else { CheckStatus::Bad },
                problem,
                advice,
            )
        }
        (None, Some(path)) => {
            let version = codex.version.unwrap_or_else(|| "unknown version".to_owned());
            Check::good("Codex", format!("{version}, {}", path.display()))
        }
        (None, None) => Check::of(
            "Codex",
            CheckStatus::Warning,
            "the search for it is not finished",
            "Check again in a moment.",
        ),
    }
}

/// Checks the configuration and the login of Codex, and starts Codex if it is not running. Returns nothing if
/// Codex does not start, which the check of Codex reports. Codex cannot tell whether a login is required
/// while its configuration is broken, and old binaries never can.
async fn configuration_and_login(app: &App) -> Vec<Check> {
    let Ok(server) = app.supervisor.ready().await else { return Vec::new() };
    let connection = &server.connection;
    match connection.configuration_problem(&server.methods, &app.defaults.cwd).await {
        Ok(Some(problem)) => return vec![configuration_check(problem, app.supervisor.codex_home())],
        Ok(None) => {}
        Err(error) => return vec![unanswered_check(&error)],
    }
    let login = connection.account_read().await.ok().as_ref().map(login_check);
    let configuration = Check::good("Codex configuration", "Codex can load it");
    [Some(configuration), login].into_iter().flatten().collect()
}

fn configuration_check(problem: ConfigurationProblem, codex_home: Option<&Path>) -> Check {
    let ConfigurationProblem { position, reason } = problem;
    let (file, place) = match position {
        Some(Position { file, line, column }) => (Some(file), format!(" line {line}, column {column}:")),
        None => (codex_home.map(|home| home.join("config.toml")), String::new()),
    };
    let file = file.map_or_else(|| "config.toml".to_owned(), |file| file.display().to_string());
    Check::of(
        "Codex configuration",
        CheckStatus::Bad,
        format!("Codex cannot load {file}, so it starts no conversation:{place} {}", one_line(&reason)),
        format!("Correct {file}, or delete the setting. Codex reads the file again for each conversation."),
    )
}

fn unanswered_check(error: &CallError) -> Check {
    Check::of(
        "Codex configuration",
        CheckStatus::Warning,
        format!("unknown: {error}"),
        "Check again in a moment. If Codex never answers, restart the bridge.",
    )
}

fn login_shell_check(shell: &LoginShell) -> Check {
    let path = shell.path.display();
    let finding = match &shell.startup {
        Startup::Took(time) if *time < limits::LOGIN_SHELL_SLOW => {
            return Check::good("Login shell", format!("{path} starts in {} ms", time.as_millis()));
        }
        Startup::Took(time) => {
            format!("{path} takes {} ms to start, and Codex runs it for every conversation", time.as_millis())
        }
        Startup::TimedOut(limit) => format!(
            "{path} did not start within {} s, and Codex waits for it in every conversation",
            limit.as_secs()
        ),
        Startup::Failed(reason) => format!("{path} cannot be started: {reason}"),
    };
    Check::of(
        "Login shell",
        CheckStatus::Warning,
        finding,
        "Speed up its profile, for example by loading nvm or pyenv on demand. Or turn off the setting \
         codexBridge.shellSnapshot (--no-shell-snapshot), so that only the commands of turns run the shell.",
    )
}

/// Checks the newest job of the last day that completed or failed. Returns `None` if there is none.
async fn newest_turn(app: &App) -> Result<Option<Check>, RequestError> {
    let (completed, failed) = (newest(app, Outcome::Completed).await?, newest(app, Outcome::Failed).await?);
    let is_newer =
        |job: &&Job| completed.as_ref().is_none_or(|completed| job.completed_at > completed.completed_at);
    Ok(match failed.as_ref().filter(is_newer) {
        Some(failed) => failed.failure.as_ref().map(|failure| newest_failure_check(&failed.job_id, failure)),
        None => completed.map(|_| Check::good("Newest turn", "it completed")),
    })
}

async fn newest(app: &App, outcome: Outcome) -> Result<Option<Job>, RequestError> {
    let query = JobQuery { outcome: Some(outcome), limit: 1, ..JobQuery::default() };
    let page = app.jobs.list(query).await?;
    let Some(newest) = page.jobs.first() else { return Ok(None) };
    let job = app.jobs.find(&newest.job_id).await?;
    let yesterday = Timestamp::now().before(Duration::from_hours(24));
    Ok(job.filter(|job| job.completed_at.is_some_and(|ended_at| ended_at > yesterday)))
}

fn newest_failure_check(job_id: &JobId, failure: &Failure) -> Check {
    let advice = match failure.cause {
        Some(FailureCause::Unauthorized) => {
            "Sign in again with the Codex panel of VS Code or with `codex login`.".to_owned()
        }
        Some(FailureCause::UsageLimit | FailureCause::SessionBudget | FailureCause::RateLimit) => {
            match failure.retry_at {
                Some(retry_at) => {
                    format!("Wait until {}, or choose another model or account.", String::from(retry_at))
                }
                None => "Wait a while, or choose another model or account.".to_owned(),
            }
        }
        Some(FailureCause::ServerOverloaded | FailureCause::ServerError | FailureCause::Connection) => {
            "Send the message again. If it fails again, check the network and the model provider.".to_owned()
        }
        Some(FailureCause::ModelNotFound) => {
            "Choose another model, in the message or in Codex's config.toml.".to_owned()
        }
        _ => format!("GET /jobs/{job_id} has the details."),
    };
    let finding = format!("it failed: {}", one_line(&failure.message));
    Check::of("Newest turn", CheckStatus::Warning, finding, advice)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn login_check(login: &Login) -> Check {
    match &login.account {
        Some(account) if account.kind == "chatgpt" => Check::good("Login", "Codex is signed in with ChatGPT"),
        Some(account) if account.kind == "apiKey" => Check::good("Login", "Codex has an API key"),
        Some(account) => Check::good("Login", format!("Codex is signed in ({})", account.kind)),
        None if !login.requires_openai_auth => {
            Check::good("Login", "not required by the model provider of Codex's configuration")
        }
        None => Check::of(
            "Login",
            CheckStatus::Bad,
            "Codex is not signed in, so every turn fails",
            "Sign in with the Codex panel of VS Code or with `codex login`.",
        ),
    }
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

#[cfg(test)]
mod tests {
    use codex::protocol::Account;
    use model::job::FailureCode;

    use super::*;

    #[test]
    fn a_slow_or_broken_login_shell_is_a_warning() {
        let took = |millis| Startup::Took(Duration::from_millis(millis));
        for (startup, status, finding) in [
            (took(12), CheckStatus::Good, "/bin/zsh starts in 12 ms"),
            (took(430), CheckStatus::Warning, "takes 430 ms"),
            (Startup::TimedOut(Duration::from_secs(10)), CheckStatus::Warning, "within 10 s"),
            (Startup::Failed("gone".to_owned()), CheckStatus::Warning, "cannot be started: gone"),
        ] {
            let check = login_shell_check(&LoginShell { path: "/bin/zsh".into(), startup });
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.finding.contains(finding), "{check:?}");
        }
    }

    #[test]
    fn the_newest_failure_has_advice_for_its_cause() {
        let failed = |cause, retry_at| {
            let failure = Failure::new(FailureCode::TurnFailed, "it\n did not work");
            newest_failure_check(&"j1".into(), &Failure { cause, retry_at, ..failure })
        };
        let moment = Timestamp::from_millis(0);
        for (cause, retry_at, advice) in [
            (Some(FailureCause::Unauthorized), None, "Sign in again"),
            (Some(FailureCause::UsageLimit), Some(moment), "Wait until 1970-01-01T00:00:00"),
            (Some(FailureCause::RateLimit), None, "Wait a while"),
            (Some(FailureCause::Connection), None, "check the network"),
            (Some(FailureCause::Policy), None, "GET /jobs/j1"),
            (None, None, "GET /jobs/j1"),
        ] {
            let check = failed(cause, retry_at);
            assert_eq!(check.finding, "it failed: it did not work");
            assert!(check.advice.as_ref().unwrap().contains(advice), "{check:?}");
        }
    }

    #[test]
    fn a_missing_login_is_reported_only_if_required() {
        let account = |kind: &str| Some(Account { kind: kind.to_owned() });
        for (account, requires_openai_auth, status) in [
            (None, true, CheckStatus::Bad),
            (None, false, CheckStatus::Good),
            (account("chatgpt"), true, CheckStatus::Good),
            (account("of the future"), true, CheckStatus::Good),
        ] {
            let login = Login { account, requires_openai_auth };
            assert_eq!(login_check(&login).status, status, "{login:?}");
        }
    }
}
