//! The rate limits of the account, as the provider reported them with its last answer.

use crate::rpc::Notification;

/// The percentage at which a window admits no more requests.
const EXHAUSTED_PERCENT: i64 = 100;

/// The rate limits that Codex reported last (`RateLimitSnapshot`). An account has up to two windows, for
/// example one of five hours and one of a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// When the last exhausted window is reset, in seconds since the Unix epoch. `None` if no window is
    /// exhausted, or if Codex does not know.
    pub exhausted_until: Option<i64>,
}

impl RateLimits {
    /// Returns the limits that `account/rateLimits/updated` reports; `None` for any other notification.
    #[must_use]
    pub fn in_notification(notification: &Notification) -> Option<Self> {
        if notification.method != "account/rateLimits/updated" {
            return None;
        }
        let limits = &notification.params["rateLimits"];
        let exhausted_until = ["primary", "secondary"]
            .map(|name| &limits[name])
            .into_iter()
            .filter(|window| window["usedPercent"].as_i64().is_some_and(|used| used >= EXHAUSTED_PERCENT))
            .filter_map(|window| window["resetsAt"].as_i64())
            .max();
        Some(Self { exhausted_until })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn exhausted_until(limits: &Value) -> Option<i64> {
        let params = json!({ "rateLimits": limits });
        let notification = Notification { method: "account/rateLimits/updated".to_owned(), params };
        RateLimits::in_notification(&notification).unwrap().exhausted_until
    }

    #[test]
    fn the_last_exhausted_window_counts() {
        let window = |used: i64, resets_at: Value| json!({ "usedPercent": used, "resetsAt": resets_at });
        let cases = [
            (json!({ "primary": window(100, json!(5)), "secondary": window(40, json!(9)) }), Some(5)),
            (json!({ "primary": window(100, json!(5)), "secondary": window(100, json!(9)) }), Some(9)),
            (json!({ "primary": window(99, json!(5)), "secondary": null }), None),
            (json!({ "primary": window(100, Value::Null) }), None),
            (json!({}), None),
        ];
        for (limits, expected) in cases {
            assert_eq!(exhausted_until(&limits), expected, "{limits}");
        }
    }

    #[test]
    fn other_notifications_report_no_limits() {
        let notification = Notification { method: "error".to_owned(), params: json!({}) };
        assert_eq!(RateLimits::in_notification(&notification), None);
    }
}
