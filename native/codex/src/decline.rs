//! Declines every request that an app-server can make, in the format that the request requires.
//!
//! An unanswered request blocks its turn forever, and an answer in the wrong format fails the turn. So each
//! method has its own declining answer. Source: `codex app-server generate-ts`, the `…Response` type of each
//! request, and the behavior of 0.169.0.

use serde_json::{Value, json};

use crate::rpc::{RpcError, ServerRequest};

/// The error code for a method that is not available (JSON-RPC 2.0, section 5.1).
const METHOD_NOT_FOUND: i64 = -32601;

/// Returns the answer that declines `request`, to be sent with [`crate::connection::Connection::answer`].
///
/// # Errors
/// The `Err` is itself the answer: requests without a declining result are refused with a JSON-RPC error.
pub fn decline(request: &ServerRequest) -> Result<Value, RpcError> {
    match request.method.as_str() {
        "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => {
            Ok(json!({"decision": "decline"}))
        }
        // Granting nothing is the only way to decline.
        "item/permissions/requestApproval" => Ok(json!({"permissions": {}, "scope": "turn"})),
        "item/tool/requestUserInput" => Ok(json!({"answers": {}})),
        "mcpServer/elicitation/request" => Ok(json!({"action": "decline", "content": null})),
        "item/tool/call" => Ok(json!({
            "success": false,
            "contentItems": [{"type": "inputText",
            "text": "This tool is not available through Codex Bridge."}],
        })),
        // The methods before `item/…`. "denied" became an object in later binaries. "abort" is valid in all
        // of them.
        "execCommandApproval" | "applyPatchApproval" => Ok(json!({"decision": "abort"})),
        other => {
            Err(RpcError { code: METHOD_NOT_FOUND, message: format!("Codex Bridge does not answer {other}") })
        }
    }
}
