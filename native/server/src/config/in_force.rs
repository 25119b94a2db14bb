//! The settings in force, for `GET /system`. A secret is only shown as set or not set.

use std::time::Duration;

use api::SettingView;
use nats::NatsConfig;

use super::Config;

impl Config {
    /// Returns the settings in force.
    #[must_use]
    pub fn in_force(&self) -> Vec<SettingView> {
        let nats = self.nats.as_ref();
        let lanes = &self.lane_sessions;
        let settings = [
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("authToken", if self.auth_token.is_some() { "set" } else { "not set" }.to_owned()),
            ("allowedOrigins", listed(&self.allowed_origins)),
            ("codexPath", self.locate.explicit.as_ref().map_or_else(none, |path| path.display().to_string())),
            ("requestTimeoutMs", millis(self.request_timeout)),
            ("tabTimeoutMs", millis(self.tab_timeout)),
            ("approvalTimeoutMs", millis(self.approval_timeout)),
            ("rpc", self.rpc.to_string()),
            ("historyDaysMax", (self.history_age_max.as_secs() / (24 * 60 * 60)).to_string()),
            ("historyJobsMax", self.history_jobs_max.to_string()),
            ("webhooks.allowPrivateNetworks", self.webhooks.allow_private_networks.to_string()),
            ("lanes.sessionIsolation", self.lane_isolation.name().to_owned()),
            ("lanes.sessionsMax", lanes.processes_max.to_string()),
            ("lanes.sessionIdleMinutes", (lanes.idle.as_secs() / 60).to_string()),
            ("shellSnapshot", self.shell_snapshot.to_string()),
            ("debugRoutes", self.debug_routes.to_string()),
            ("context.port", self.context_port.map_or_else(none, |port| port.to_string())),
            ("nats.url", nats.map_or_else(none, NatsConfig::url)),
            ("nats.commands", nats.is_some_and(NatsConfig::accepts_commands).to_string()),
        ];
        settings.into_iter().map(|(name, value)| SettingView { name, value }).collect()
    }
}

fn none() -> String {
    "none".to_owned()
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

fn listed(values: &[String]) -> String {
    if values.is_empty() { none() } else { values.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let root = std::path::PathBuf::from("/");
        let mut config = Config::new(root.clone(), root.clone(), root);
        let token = |config: &Config| {
            let settings = config.in_force();
            settings.into_iter().find(|setting| setting.name == "authToken").map(|setting| setting.value)
        };
        assert_eq!(token(&config).as_deref(), Some("not set"));
        config.auth_token = Some("hush-hush".to_owned());
        assert_eq!(token(&config).as_deref(), Some("set"));
        assert!(!format!("{:?}", config.in_force()).contains("hush"));
    }
}
