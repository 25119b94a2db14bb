//! Who Codex works as.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::connection::{CallError, Connection};

/// A person waits for the answer, which Codex reads from a file.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(5);

/// Whether Codex can speak to its model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// Who is logged in.
    pub account: Option<Account>,
    /// Whether the configured model provider wants somebody to be.
    #[serde(default)]
    pub requires_openai_auth: bool,
}

/// Who is logged in. The rest of what Codex tells, such as an address, is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// For example `chatgpt` or `apiKey`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Connection {
    /// `account/read`: who is logged in, as the app-server knows it; nobody else is asked.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::MethodUnknown`] from old binaries.
    pub async fn account_read(&self) -> Result<Login, CallError> {
        let method = "account/read";
        let found: Value = self.call(method, json!({"refreshToken": false}), ACCOUNT_LIMIT).await?;
        read(method, found)
    }
}
