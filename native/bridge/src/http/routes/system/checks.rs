//! How the bridge is: what is right, what is not, and what to do about it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::App;
use crate::model::approval::ApprovalStatus;
use crate::store::ApprovalQuery;

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
pub(super) async fn checks(app: &App) -> Result<Vec<Check>, Error> {
    Ok(vec![codex(app).await, approvals(app).await?, webhooks(app).await?, nats(app).await?, access(app)])
}

async fn codex(app: &App) -> Check {
    let codex = app.session.health().await;
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

async fn approvals(app: &App) -> Result<Check, Error> {
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

async fn webhooks(app: &App) -> Result<Check, Error> {
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

async fn nats(app: &App) -> Result<Check, Error> {
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
