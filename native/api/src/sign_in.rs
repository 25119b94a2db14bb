//! Signs browsers in, without a password and without a secret in a URL that is sent anywhere.
//!
//! Any permitted caller can request a **link** with a one-time code. The code is in the fragment of the URL,
//! which browsers never send, so a preview of the link does not use the code up. The page behind the link
//! posts the code and gets a **sign-in session**: a random secret in a cookie that scripts cannot read. The
//! bridge stores only a hash of the secret and the current token, so a new token ends all sessions.

use std::collections::HashMap;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;

use model::clock::Timestamp;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The links and sign-in sessions of one bridge. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    token: Arc<Option<String>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The hashes and expirations of unused codes, oldest first.
    codes: Vec<(String, Timestamp)>,
    /// The sessions by the hashes of their secrets.
    sessions: HashMap<String, BrowserSession>,
}

struct BrowserSession {
    expires_at: Timestamp,
    /// Cancelled when the browser signs out.
    ended: CancellationToken,
}

/// A future that completes when a session ends.
pub type SessionEnd = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A secret that grants access for a limited time.
pub struct Grant {
    /// The secret, which only its owner knows.
    pub secret: String,
    /// When the secret expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither secrets nor hashes may be printed.
        formatter.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl SignIn {
    /// Loads the sessions that previous processes stored. `token` is the token that requests must carry.
    ///
    /// # Errors
    /// [`StoreError`] if the sessions cannot be read.
    pub async fn open(store: Store, token: Option<String>) -> Result<Self, StoreError> {
        let stored = store.browser_sessions().await?;
        let sessions = stored.into_iter().map(|(hash, until)| (hash, BrowserSession::until(until))).collect();
        let state = Arc::new(Mutex::new(State { codes: Vec::new(), sessions }));
        Ok(Self { store, token: Arc::new(token), state })
    }

    /// Creates a code that signs one browser in, once.
    #[must_use]
    pub fn create_code(&self) -> Grant {
        let grant = Grant::until(Timestamp::now().after(limits::SIGN_IN_LINK_LIFE));
        let hash = self.hash(&grant.secret);
        let mut state = self.state();
        state.codes.retain(|(_, expires_at)| *expires_at > Timestamp::now());
        if state.codes.len() == limits::SIGN_IN_LINKS_MAX {
            state.codes.remove(0);
        }
        state.codes.push((hash, grant.expires_at));
        grant
    }

    /// Uses a code up and creates a session for it. Returns `None` if the code is unknown, used or expired.
    ///
    /// # Errors
    /// [`StoreError`] if the session cannot be stored. The code is used up then.
    pub async fn redeem(&self, code: &str) -> Result<Option<Grant>, StoreError> {
        let code = self.hash(code);
        {
            let mut state = self.state();
            let Some(index) = state.codes.iter().position(|(hash, _)| *hash == code) else { return Ok(None) };
            let (_, expires_at) = state.codes.remove(index);
            if expires_at <= Timestamp::now() {
                return Ok(None);
            }
        }
        let grant = Grant::until(Timestamp::now().after(limits::BROWSER_SESSION_LIFE));
        let hash = self.hash(&grant.secret);
        self.store.insert_browser_session(hash.clone(), grant.expires_at).await?;
        self.state().sessions.insert(hash, BrowserSession::until(grant.expires_at));
        Ok(Some(grant))
    }

    /// Returns when the session of this secret expires, if there is one.
    #[must_use]
    pub fn expires_at(&self, secret: &str) -> Option<Timestamp> {
        let expires_at = self.state().sessions.get(&self.hash(secret))?.expires_at;
        (expires_at > Timestamp::now()).then_some(expires_at)
    }

    /// Returns a future that completes when the session of this secret ends by signing out or expiring, if
    /// there is one.
    #[must_use]
    pub fn session_end(&self, secret: &str) -> Option<SessionEnd> {
        let expires_at = self.expires_at(secret)?;
        let ended = self.state().sessions.get(&self.hash(secret))?.ended.clone();
        Some(Box::pin(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = tokio::time::sleep(Timestamp::now().until(expires_at)) => {}
            }
        }))
    }

    /// Ends the session of this secret, and its streams.
    ///
    /// # Errors
    /// [`StoreError`] if the stored session cannot be deleted. The session then comes back at the next start.
    pub async fn end(&self, secret: &str) -> Result<(), StoreError> {
        let hash = self.hash(secret);
        if let Some(session) = self.state().sessions.remove(&hash) {
            session.ended.cancel();
        }
        self.store.delete_browser_session(hash).await
    }

    /// Returns the hash by which a secret is looked up, so that no comparison of secrets can be timed.
    fn hash(&self, secret: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(secret);
        hash.update([0]);
        hash.update(self.token.as_deref().unwrap_or_default());
        hash.finalize().iter().fold(String::with_capacity(64), |mut hexadecimal, byte| {
            // Writing to a string does not fail.
            let _ = write!(hexadecimal, "{byte:02x}");
            hexadecimal
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl BrowserSession {
    fn until(expires_at: Timestamp) -> Self {
        Self { expires_at, ended: CancellationToken::new() }
    }
}

impl Grant {
    fn until(expires_at: Timestamp) -> Self {
        // Two random UUIDs: 244 random bits.
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { secret, expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(directory: &std::path::Path, token: &str) -> SignIn {
        SignIn::open(Store::open(directory).unwrap(), Some(token.to_owned())).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_code_is_good_for_one_session() {
        let directory = tempfile::tempdir().unwrap();
        let sign_in = open(directory.path(), "token").await;
        let code = sign_in.create_code().secret;
        let session = sign_in.redeem(&code).await.unwrap().unwrap();
        assert_eq!(sign_in.expires_at(&session.secret), Some(session.expires_at));
        assert!(sign_in.redeem(&code).await.unwrap().is_none(), "a code is good for one use");
        assert!(sign_in.redeem("unknown").await.unwrap().is_none());
        assert!(sign_in.expires_at(&code).is_none(), "a code is not a session");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_survives_a_restart_but_not_a_new_token() {
        let directory = tempfile::tempdir().unwrap();
        let sign_in = open(directory.path(), "token").await;
        let code = sign_in.create_code().secret;
        let secret = sign_in.redeem(&code).await.unwrap().unwrap().secret;
        assert!(open(directory.path(), "token").await.expires_at(&secret).is_some());
        assert!(open(directory.path(), "another").await.expires_at(&secret).is_none());
        sign_in.end(&secret).await.unwrap();
        assert!(open(directory.path(), "token").await.expires_at(&secret).is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn codes_are_bounded_and_expire() {
        let directory = tempfile::tempdir().unwrap();
        let sign_in = open(directory.path(), "token").await;
        let first = sign_in.create_code().secret;
        for _ in 0..limits::SIGN_IN_LINKS_MAX {
            let _unused = sign_in.create_code();
        }
        assert!(sign_in.redeem(&first).await.unwrap().is_none(), "the oldest code is dropped");
        let expired = sign_in.create_code().secret;
        for (_, expires_at) in &mut sign_in.state().codes {
            *expires_at = Timestamp::now();
        }
        assert!(sign_in.redeem(&expired).await.unwrap().is_none());
    }
}
