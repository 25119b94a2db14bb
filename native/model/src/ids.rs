//! The ids of the domain. Each kind is its own type, so that the compiler rejects a mix-up.
//!
//! On the wire and in the database every id is a plain string.

use codex::string_id;
pub use codex::{ThreadId, TurnId};

string_id! {
    /// The id of a job: a UUID.
    JobId
}

string_id! {
    /// The id of a lane: chosen by its creator, or a UUID. A lane's session has the same id.
    LaneId
}

string_id! {
    /// The id of an approval: a UUID.
    ApprovalId
}

string_id! {
    /// The id of a webhook: `wh_…`.
    WebhookId
}

string_id! {
    /// The id of a delivery to a webhook: `dlv_…`.
    DeliveryId
}

string_id! {
    /// The id of a bridge process: a UUID.
    InstanceId
}
