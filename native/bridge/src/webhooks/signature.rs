//! Signatures as in the Standard Webhooks specification (<https://www.standardwebhooks.com>): HMAC-SHA256
//! over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::secret::Secret;
use sha2::Sha256;

/// The prefix of secrets of the specification. The key follows it as base64.
const PREFIX: &str = "whsec_";

/// Returns the key of a secret: what follows `whsec_`, decoded, or the bytes of any other secret.
///
/// # Errors
/// A description of the problem with the secret, as the end of a sentence.
pub(super) fn key(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    match secret.0.strip_prefix(PREFIX) {
        None => Ok(secret.0.as_bytes().to_vec()),
        Some(encoded) => match STANDARD.decode(encoded) {
            Ok(key) if !key.is_empty() => Ok(key),
            _ => Err("begins with whsec_, but no base64 follows"),
        },
    }
}

/// Returns the value of the header `webhook-signature`.
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

    /// The example is from the reference libraries of the specification.
    #[test]
    fn signatures_match_the_specification() {
        let key = key(&Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into())).unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn keys_are_decoded() {
        assert_eq!(key(&Secret("plain".into())).unwrap(), b"plain");
        assert!(key(&Secret("whsec_???".into())).is_err());
        assert!(key(&Secret("whsec_".into())).is_err());
    }
}
