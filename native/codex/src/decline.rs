//! The valid form of "no" for every request that an app-server can make.
//!
//! An unanswered request blocks its turn for ever, and an answer of the wrong shape fails it, so each kind is declined
//! in its own words. Source: `codex app-server generate-ts`, the `…Response` type of each request, and 0.169.0's
//! behaviour.

use serde_json::{Value, json};

use crate::rpc::{RpcError, ServerRequest};

/// JSON-RPC 2.0, section 5.1: the method is not available.
const METHOD_NOT_FOUND: i64 = -32601;

/// The answer which refuses `request`, to be sent with [`crate::connection::Connection::answer`].
///
/// # Errors
/// The `Err` is itself the answer: requests that have no declining result are refused with a JSON-RPC error.
pub fn decline(request: &ServerRequest) -> Result<Value, RpcError> {
    match request.method.as_str() {
        "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => {
            Ok(json!({"decision": "decline"}))
        }
        // Granting nothing is the only way to say no.
        "item/permissions/requestApproval" => Ok(json!({"permissions": {}, "scope": "turn"})),
        "item/tool/requestUserInput" => Ok(json!({"answers": {}})),
        "mcpServer/elicitation/request" => Ok(json!({"action": "decline", "content": null})),
        "item/tool/call" => Ok(json!({
            "success": false,
            "contentItems": [{"type": "inputText", "text": "This tool is not available through Codex Bridge."}],
        })),
        // The forms before `item/…`. "denied" became an object in later binaries; "abort" is valid in all of them.
        "execCommandApproval" | "applyPatchApproval" => Ok(json!({"decision": "abort"})),
        other => {
            Err(RpcError { code: METHOD_NOT_FOUND, message: format!("Codex Bridge does not answer {other}") })
        }
    }
}
