//! `/codex/…`: Codex's threads, the Codex processes of this machine, and Codex's methods.

pub(super) mod activity;
pub(super) mod lists;
pub(super) mod rpc;
pub(super) mod threads;
pub(super) mod turns;
mod view;

use crate::App;
use crate::request_error::RequestError;

/// Runs `work` to its end even if the client disconnects. Stopped halfway, it could leave a thread loaded.
async fn run_to_completion<T: Send + 'static, E: Into<RequestError> + Send + 'static>(
    app: &App,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, RequestError> {
    match app.tasks.spawn(work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(error) => Err(RequestError::internal(format!("a request did not complete: {error}"))),
    }
}

/// Splits a comma-separated list, such as `a,b,c`.
fn split_list(list: Option<&str>) -> Vec<String> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
