//! How the bridge is: what is right, what is not, and what to do about it.

use bridge::instance::{self, DiscoveryEntry};
use codex::protocol::Login;
use model::approval::ApprovalStatus;
use serde::Serialize;
use store::ApprovalQuery;
use utoipa::ToSchema;

use crate::App;
use crate::request_error::RequestError;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    /// What was looked at.
    pub(super) name: &'static str,
    /// How it is.
    pub(super) status: CheckStatus,
    /// What was found.
    pub(super) finding: String,
    /// What to do, where something is to be done.
    pub(super) advice: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckStatus {
    /// As it should be.
    Good,
    /// It works, but somebody should look.
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

/// Looks at everything that can be wrong.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn checks(app: &App) -> Result<Vec<Check>, RequestError> {
    let others = other_bridges(app).await?;
    let mut checks = vec![codex(app).await];
    checks.extend(login(app).await);
    checks.extend([port(app, &others), windows(app, &others), access(app)]);
    checks.extend([approvals(app).await?, webhooks(app).await?, nats(app).await?]);
    Ok(checks)
}

async fn codex(app: &App) -> Check {
    let codex = app.supervisor.health().await;
    match (codex.problem, codex.path) {
        (Some(problem), _) => {
            let advice = "Install Codex (npm install -g @openai/codex) or name it: setting codexBridge.codexPath, flag --codex.";
            Check::of(
                "Codex",
                if codex.found { CheckStatus::Warning } else { CheckStatus::Bad },
                problem,
                advice,
            )
        }
        (None, Some(path)) => {
            let version = codex.version.unwrap_or_else(|| "of an unknown version".to_owned());
            Check::good("Codex", format!("{version}, {}", path.display()))
        }
        (None, None) => {
            Check::of("Codex", CheckStatus::Warning, "is being looked for", "Look again in a moment.")
        }
    }
}

/// Starts Codex where it does not run. Where it cannot, the check of Codex says why; an old one that knows no
/// such question is not reproached with that.
async fn login(app: &App) -> Option<Check> {
    let login = app.supervisor.ready().await.ok()?.connection.account_read().await.ok()?;
    Some(login_check(&login))
}

fn login_check(login: &Login) -> Check {
    match &login.account {
        Some(account) if account.kind == "chatgpt" => Check::good("Login", "Codex is signed in with ChatGPT"),
        Some(account) if account.kind == "apiKey" => Check::good("Login", "Codex has an API key"),
        Some(account) => Check::good("Login", format!("Codex is signed in ({})", account.kind)),
        None if !login.requires_openai_auth => {
            Check::good("Login", "the model provider of Codex's configuration needs none")
        }
        None => Check::of(
            "Login",
            CheckStatus::Bad,
            "Codex is not signed in, so every turn fails",
            "Sign in in the Codex panel of VS Code, or with `codex login`.",
        ),
    }
}

/// The other bridges of this user that run.
async fn other_bridges(app: &App) -> Result<Vec<DiscoveryEntry>, RequestError> {
    let folder = app.discovery_directory.clone();
    let found = tokio::task::spawn_blocking(move || instance::running(&folder)).await;
    let mut found = found
        .map_err(|error| RequestError::internal(format!("looking for other bridges failed: {error}")))?;
    found.retain(|entry| entry.instance_id != app.instance_id);
    Ok(found)
}

fn port(app: &App, others: &[DiscoveryEntry]) -> Check {
    let ends = |url: &str| url.ends_with(&format!(":{}", app.requested_port));
    if app.requested_port == 0 || ends(&app.url) {
        return Check::good("Port", format!("listens at {}", app.url));
    }
    let holder = match others.iter().find(|entry| ends(&entry.url)) {
        Some(entry) => format!("another bridge, {},", described(entry)),
        None => "another program".to_owned(),
    };
    Check::of(
        "Port",
        CheckStatus::Warning,
        format!("listens at {}, because {holder} had port {} when it started", app.url, app.requested_port),
        "Programs find it by the discovery folder. For a fixed address set codexBridge.port or --port to a free one.",
    )
}

fn windows(app: &App, others: &[DiscoveryEntry]) -> Check {
    if let Some(other) = others.iter().find(|entry| entry.version != app.version) {
        return Check::of(
            "Other bridges",
            CheckStatus::Warning,
            format!("{} is of version {}, this one of {}", described(other), other.version, app.version),
            "Reload its window, or start it again, to have them alike.",
        );
    }
    let described: Vec<String> = others.iter().map(described).collect();
    match described.len() {
        0 => Check::good("Other bridges", "none runs"),
        _ => Check::good("Other bridges", described.join("; ")),
    }
}

fn described(entry: &DiscoveryEntry) -> String {
    let folders: Vec<String> =
        entry.workspace_folders.iter().map(|folder| folder.display().to_string()).collect();
    match folders.is_empty() {
        true => format!("{} (process {})", entry.url, entry.pid),
        false => format!("{} (process {}, {})", entry.url, entry.pid, folders.join(", ")),
    }
}

async fn approvals(app: &App) -> Result<Check, RequestError> {
    let query =
        ApprovalQuery { status: Some(ApprovalStatus::Pending), limit: 100, ..ApprovalQuery::default() };
    let waiting = app.approvals.list(query).await?.approvals.len();
    Ok(match waiting {
        0 => Check::good("Approvals", "none waits for an answer"),
        1 => Check::of(
            "Approvals",
            CheckStatus::Warning,
            "one waits for an answer",
            "Answer it on the overview.",
        ),
        waiting => Check::of(
            "Approvals",
            CheckStatus::Warning,
            format!("{waiting} wait for an answer"),
            "Answer them on the overview.",
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
            format!("{} of {} are paused, for example that to {}", paused.len(), webhooks.len(), webhook.url),
            "Mend the receiver, then resume the webhook on its page.",
        ),
        (None, Some(webhook)) => Check::of(
            "Webhooks",
            CheckStatus::Warning,
            format!("the last attempt to reach {} failed", webhook.url),
            "Look at its deliveries. They are tried again for a day.",
        ),
        (None, None) => Check::good("Webhooks", format!("{} subscribed, none fails", webhooks.len())),
    })
}

async fn nats(app: &App) -> Result<Check, RequestError> {
    let Some(nats) = &app.nats else { return Ok(Check::good("NATS", "not used")) };
    let view = nats.view().await?;
    Ok(match view.problem() {
        None => Check::good("NATS", "publishes, or leaves it to another bridge of the data folder"),
        Some(problem) => Check::of(
            "NATS",
            CheckStatus::Warning,
            problem,
            "Look at the server and at the settings codexBridge.nats.*.",
        ),
    })
}

fn access(app: &App) -> Check {
    if app.guard.has_token() {
        Check::good(
            "Access",
            "every request must carry the token, or the cookie of a browser that is signed in",
        )
    } else {
        Check::good("Access", "only programs of your own user on this machine are served")
    }
}

#[cfg(test)]
mod tests {
    use codex::protocol::Account;

    use super::*;

    #[test]
    fn only_a_login_that_is_needed_is_missed() {
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
