//! The ids of the domain. Each kind is a type of its own, so that the compiler refuses to confuse them.
//!
//! On the wire and in the database every id is a plain string.

use std::borrow::Borrow;
use std::fmt::{Display, Formatter};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Returns the id as a string slice.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Display for $name {
            fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

id! {
    /// The id of a job: a UUID.
    JobId
}

id! {
    /// The id of a Codex thread, which the API calls a conversation: a UUID.
    ThreadId
}

id! {
    /// The id of a Codex turn.
    TurnId
}

id! {
    /// The id of a lane: chosen by its creator, or a UUID. A lane's session has the same id.
    LaneId
}

id! {
    /// The id of an approval: a UUID.
    ApprovalId
}

id! {
    /// The id of a webhook: `wh_…`.
    WebhookId
}

id! {
    /// The id of a delivery to a webhook: `dlv_…`.
    DeliveryId
}

id! {
    /// The id of a bridge process: a UUID.
    InstanceId
}
