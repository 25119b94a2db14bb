//! The account that Codex uses.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::connection::{CallError, Connection};

/// The time limit of the call. A person waits for the answer, which Codex reads from a file.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(5);

/// The state of the login, which decides whether Codex can use its model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// The account that is logged in.
    pub account: Option<Account>,
    /// Whether the configured model provider requires a login.
    #[serde(default)]
    pub requires_openai_auth: bool,
}

/// The account that is logged in. The other fields that Codex sends, such as an email address, are private
/// and not read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The kind of account, for example `chatgpt` or `apiKey`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Connection {
    /// `account/read`: returns the account that the app-server knows, without refreshing it from the network.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::MethodUnknown`] from old binaries.
    pub async fn account_read(&self) -> Result<Login, CallError> {
        let method = "account/read";
        let login: Value = self.call(method, json!({"refreshToken": false}), ACCOUNT_LIMIT).await?;
        read(method, login)
    }
}
