//! How webhooks are sent.

use model::limits::WebhookLimits;

/// How webhooks are sent.
#[derive(Debug, Clone, Default)]
pub struct WebhookConfig {
    /// Whether private networks (RFC 1918, unique local IPv6, carrier-grade NAT) may be reached. Loopback and public addresses
    /// always may; link-local ones, which serve clouds' credentials, never.
    pub allow_private_networks: bool,
    /// Bounds.
    pub limits: WebhookLimits,
}
