//! Signatures after the Standard Webhooks specification (<https://www.standardwebhooks.com>): HMAC-SHA256 over
//! `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::secret::Secret;
use sha2::Sha256;

/// How secrets of the specification begin; the key follows as base64.
const PREFIX: &str = "whsec_";

/// The key that a secret stands for: what follows `whsec_` decoded, any other text as it is.
///
/// # Errors
/// What is wrong with it.
pub(super) fn key(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    match secret.0.strip_prefix(PREFIX) {
        None => Ok(secret.0.as_bytes().to_vec()),
        Some(encoded) => match STANDARD.decode(encoded) {
            Ok(key) if !key.is_empty() => Ok(key),
            _ => Err("begins with whsec_, so base64 must follow"),
        },
    }
}

/// The header `webhook-signature`.
pub(super) fn sign(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn it_signs_as_the_specification_does() {
        let key = key(&Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into())).unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_read() {
        assert_eq!(key(&Secret("plain".into())).unwrap(), b"plain");
        assert!(key(&Secret("whsec_???".into())).is_err());
        assert!(key(&Secret("whsec_".into())).is_err());
    }
}
