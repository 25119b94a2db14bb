//! The settings in force, as `GET /system` shows them.

use serde::Serialize;
use utoipa::ToSchema;

/// An effective setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    /// The name in VS Code's settings, without the prefix `codexBridge.`.
    #[schema(example = "approvalTimeoutMs")]
    pub name: &'static str,
    /// The value as a string; `set` or `not set` for a secret.
    pub value: String,
}
