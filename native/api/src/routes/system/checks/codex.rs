//! The checks of Codex: the program, its configuration and login, the login shell, and the newest turn.

use std::path::Path;
use std::time::Duration;

use codex::connection::CallError;
use codex::login_shell::{LoginShell, Startup};
use codex::protocol::{ConfigurationProblem, Login, Position};
use model::clock::Timestamp;
use model::ids::JobId;
use model::job::{Failure, FailureCause, Job, Outcome};
use model::limits;
use store::JobQuery;

use super::{Check, CheckStatus};
use crate::App;
use crate::request_error::RequestError;

pub(super) async fn codex(app: &App) -> Check {
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
pub(super) async fn configuration_and_login(app: &App) -> Vec<Check> {
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

pub(super) fn login_shell_check(shell: &LoginShell) -> Check {
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
pub(super) async fn newest_turn(app: &App) -> Result<Option<Check>, RequestError> {
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
    let yesterday = Timestamp::now().before(Duration::from_secs(24 * 60 * 60));
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
