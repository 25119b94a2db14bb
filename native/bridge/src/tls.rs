//! TLS of outgoing connections: rustls with ring, and the certificates that this machine trusts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// Reads the root certificates that this machine trusts, or those of `SSL_CERT_FILE`.
pub fn native_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "cannot read a root certificate of this machine");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

/// Returns the configuration of a client that trusts `roots` and has no certificate of its own.
pub fn client_config(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // Ring supports every algorithm that the default versions need.
    #[allow(clippy::expect_used, reason = "cannot fail: the provider and the versions are compiled in")]
    versions.expect("ring knows TLS").with_root_certificates(roots).with_no_client_auth()
}
