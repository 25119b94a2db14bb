//! Points in time, as the API represents them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A point in time, in whole milliseconds. On the wire it is ISO 8601 in UTC, as JavaScript's `Date` formats
/// it, for example `2026-11-20T22:19:15.476Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(into = "String", try_from = "String")]
#[schema(value_type = String, format = DateTime, example = "2026-11-20T22:19:15.476Z")]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the current time.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// Returns the time that is earlier by `age`.
    #[must_use]
    pub fn before(self, age: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the time that is later by `time`.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the duration until `later`, or zero if that is in the past.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Creates a timestamp from milliseconds since the Unix epoch.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        let timestamp = jiff::Timestamp::from_millisecond(timestamp.0).unwrap_or_default();
        timestamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<jiff::Timestamp>().map(|timestamp| Self(timestamp.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_formatted_as_in_javascript_and_parsed_back() {
        for (millis, text) in
            [(0, "1970-01-01T00:00:00.000Z"), (1_795_212_755_476, "2026-11-20T22:12:35.476Z")]
        {
            assert_eq!(String::from(Timestamp::from_millis(millis)), text);
            assert_eq!(Timestamp::try_from(text.to_owned()).unwrap(), Timestamp::from_millis(millis));
        }
    }
}
