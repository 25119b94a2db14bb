//! The configuration of webhooks.

use model::limits::WebhookLimits;

/// The configuration of webhooks.
#[derive(Debug, Clone, Default)]
pub struct WebhookConfig {
    /// Whether webhooks may reach private networks (RFC 1918, unique local IPv6, carrier-grade NAT). Loopback
    /// and public addresses are always allowed. Link-local addresses, at which clouds serve credentials,
    /// never are.
    pub allow_private_networks: bool,
    /// The limits of deliveries.
    pub limits: WebhookLimits,
}
