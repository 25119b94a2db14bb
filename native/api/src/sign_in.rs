//! Signing a browser in, without a password and without a secret in an address that is sent anywhere.
//!
//! Whoever may call the bridge asks it for a **link** with a one-time code. The page behind it posts the code, which it finds in
//! the part of the address that browsers never send; a preview of the link therefore uses nothing up. For the code the
//! browser gets a **session**: a random secret in a cookie that scripts cannot read. Here only its hash is kept, made together with the
//! token in force, so that a new token ends all sessions.

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

/// The links and sessions of one bridge. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    token: Arc<Option<String>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Hashes of the codes that nobody has used yet, oldest first.
    codes: Vec<(String, Timestamp)>,
    /// Sessions by their hashes.
    sessions: HashMap<String, BrowserSession>,
}

struct BrowserSession {
    expires_at: Timestamp,
    /// Set when it is signed out.
    ended: CancellationToken,
}

/// Comes true when a session ends.
pub type SessionEnd = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the owner of a secret may do with it, until when.
pub struct Granted {
    /// Known to its owner only.
    pub secret: String,
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never a secret, and no hash either.
        formatter.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl SignIn {
    /// The sessions that outlived the last process. `token` is the one that every request must carry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(store: Store, token: Option<String>) -> Result<Self, StoreError> {
        let stored = store.browser_sessions().await?;
        let sessions = stored.into_iter().map(|(hash, until)| (hash, BrowserSession::until(until))).collect();
        let state = Arc::new(Mutex::new(State { codes: Vec::new(), sessions }));
        Ok(Self { store, token: Arc::new(token), state })
    }

    /// A code that signs one browser in, once.
    #[must_use]
    pub fn make_code(&self) -> Granted {
        let granted = Granted::until(Timestamp::now().after(limits::SIGN_IN_LINK_LIFE));
        let hash = self.hash(&granted.secret);
        let mut state = self.state();
        state.codes.retain(|(_, expires_at)| *expires_at > Timestamp::now());
        if state.codes.len() == limits::SIGN_IN_LINKS_MAX {
            state.codes.remove(0);
        }
        state.codes.push((hash, granted.expires_at));
        granted
    }

    /// The session that a code is worth; `None` for one that was used, has expired or never was.
    ///
    /// # Errors
    /// [`StoreError`]; the code is used up then.
    pub async fn redeem(&self, code: &str) -> Result<Option<Granted>, StoreError> {
        let code = self.hash(code);
        {
            let mut state = self.state();
            let Some(place) = state.codes.iter().position(|(hash, _)| *hash == code) else { return Ok(None) };
            let (_, expires_at) = state.codes.remove(place);
            if expires_at <= Timestamp::now() {
                return Ok(None);
            }
        }
        let granted = Granted::until(Timestamp::now().after(limits::BROWSER_SESSION_LIFE));
        let hash = self.hash(&granted.secret);
        self.store.insert_browser_session(hash.clone(), granted.expires_at).await?;
        self.state().sessions.insert(hash, BrowserSession::until(granted.expires_at));
        Ok(Some(granted))
    }

    /// Until when the session of this secret lasts, if it is one.
    #[must_use]
    pub fn session(&self, secret: &str) -> Option<Timestamp> {
        let expires_at = self.state().sessions.get(&self.hash(secret))?.expires_at;
        (expires_at > Timestamp::now()).then_some(expires_at)
    }

    /// What comes true when the session of this secret ends, by being signed out or by its age, if it is one.
    #[must_use]
    pub fn session_end(&self, secret: &str) -> Option<SessionEnd> {
        let expires_at = self.session(secret)?;
        let ended = self.state().sessions.get(&self.hash(secret))?.ended.clone();
        Some(Box::pin(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = tokio::time::sleep(Timestamp::now().until(expires_at)) => {}
            }
        }))
    }

    /// Ends the session of this secret, and what streams to it.
    ///
    /// # Errors
    /// [`StoreError`]; it has ended until the next start then.
    pub async fn end(&self, secret: &str) -> Result<(), StoreError> {
        let hash = self.hash(secret);
        if let Some(session) = self.state().sessions.remove(&hash) {
            session.ended.cancel();
        }
        self.store.delete_browser_session(hash).await
    }

    /// Looked up by, so that no comparison of secrets can be timed.
    fn hash(&self, secret: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(secret);
        hash.update([0]);
        hash.update(self.token.as_deref().unwrap_or_default());
        hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
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

impl Granted {
    fn until(expires_at: Timestamp) -> Self {
        // Two random UUIDs: 244 random bits.
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { secret, expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(folder: &std::path::Path, token: &str) -> SignIn {
        SignIn::open(Store::open(folder).unwrap(), Some(token.to_owned())).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_code_is_worth_one_session() {
        let folder = tempfile::tempdir().unwrap();
        let sign_in = open(folder.path(), "token").await;
        let code = sign_in.make_code().secret;
        let session = sign_in.redeem(&code).await.unwrap().unwrap();
        assert_eq!(sign_in.session(&session.secret), Some(session.expires_at));
        assert!(sign_in.redeem(&code).await.unwrap().is_none(), "used twice");
        assert!(sign_in.redeem("made up").await.unwrap().is_none());
        assert!(sign_in.session(&code).is_none(), "a code is no session");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_survives_a_restart_but_no_new_token() {
        let folder = tempfile::tempdir().unwrap();
        let sign_in = open(folder.path(), "token").await;
        let code = sign_in.make_code().secret;
        let secret = sign_in.redeem(&code).await.unwrap().unwrap().secret;
        assert!(open(folder.path(), "token").await.session(&secret).is_some());
        assert!(open(folder.path(), "another").await.session(&secret).is_none());
        sign_in.end(&secret).await.unwrap();
        assert!(open(folder.path(), "token").await.session(&secret).is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn codes_are_bounded_and_expire() {
        let folder = tempfile::tempdir().unwrap();
        let sign_in = open(folder.path(), "token").await;
        let first = sign_in.make_code().secret;
        for _ in 0..limits::SIGN_IN_LINKS_MAX {
            let _unused = sign_in.make_code();
        }
        assert!(sign_in.redeem(&first).await.unwrap().is_none(), "the oldest made room");
        let late = sign_in.make_code().secret;
        for (_, expires_at) in &mut sign_in.state().codes {
            *expires_at = Timestamp::now();
        }
        assert!(sign_in.redeem(&late).await.unwrap().is_none(), "expired");
    }
}
