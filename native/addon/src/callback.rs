//! Calls from the core into the extension host.

use std::time::Duration;

use bridge::editor::EditorError;
use napi::Status;
use napi::bindgen_prelude::{FromNapiValue, JsValuesTupleIntoVec, Promise};
use napi::threadsafe_function::ThreadsafeFunction;

/// A weak callback with at most one argument.
pub(crate) type Callback<Arguments, Returned> =
    ThreadsafeFunction<Arguments, Returned, Arguments, Status, false, true>;

/// Calls into the extension host and waits for the promise that it returns.
pub(crate) async fn ask<Arguments, Returned>(
    callback: &Callback<Arguments, Promise<Returned>>,
    arguments: Arguments,
    limit: Duration,
) -> Result<Returned, EditorError>
where
    Arguments: JsValuesTupleIntoVec + Send + 'static,
    Returned: FromNapiValue + Send + 'static,
{
    let answer = async { callback.call_async(arguments).await?.await };
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(returned)) => Ok(returned),
        Ok(Err(error)) => Err(EditorError(error.reason.clone())),
        Err(_) => {
            Err(EditorError(format!("the extension host did not answer within {} ms", limit.as_millis())))
        }
    }
}
