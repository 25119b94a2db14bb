//! Configures a server that uses TLS and requires a credentials file, the way `nsc` does.
//!
//! A chain of signed tokens grants access: the operator's token names an account, and the account's token
//! names a user. Source of the format: the NATS documentation, "Decentralized JWT Authentication", and the
//! claims of `nats-io/jwt`, version 2.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa};
use serde_json::{Value, json};

/// The files that a client of such a server needs.
#[derive(Debug, Clone)]
pub struct NatsPass {
    /// The certificate of the authority to trust.
    pub authority: PathBuf,
    /// The credentials file of a user.
    pub credentials: PathBuf,
}

/// Writes the files of server and client into a directory. Also returns the lines of the server's
/// configuration.
pub(super) fn secure(directory: &Path) -> (String, NatsPass) {
    let tls = certificates(directory);
    let (accounts, credentials) = credentials(directory);
    (tls + &accounts, NatsPass { authority: directory.join("authority.pem"), credentials })
}

fn certificates(directory: &Path) -> String {
    let key = || rcgen::KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority");
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let server_key = key();
    let server = server.signed_by(&server_key, &authority).expect("a certificate");
    write(directory, "authority.pem", &authority.pem());
    let certificate = write(directory, "server.pem", &server.pem());
    let key = write(directory, "server-key.pem", &server_key.serialize_pem());
    format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}\n")
}

fn credentials(directory: &Path) -> (String, PathBuf) {
    let (operator, account, user) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_user());
    // JetStream requires a system account.
    let system = KeyPair::new_account();
    let operator_token = token(&operator, &operator, &json!({"type": "operator", "version": 2}));
    let limits = [
        "subs",
        "data",
        "payload",
        "imports",
        "exports",
        "conn",
        "leaf",
        "mem_storage",
        "disk_storage",
        "streams",
        "consumer",
    ];
    let mut unlimited: Value = limits.map(|limit| (limit.to_owned(), json!(-1))).into_iter().collect();
    unlimited["wildcards"] = json!(true);
    let claims = json!({"type": "account", "version": 2, "limits": unlimited});
    let account_token = token(&operator, &account, &claims);
    let system_token = token(&operator, &system, &json!({"type": "account", "version": 2}));
    let claims = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    let user_token = token(&account, &user, &claims);

    let seed = user.seed().expect("the key pair has a seed");
    let mut text = String::new();
    for (kind, content) in [("NATS USER JWT", user_token), ("USER NKEY SEED", seed)] {
        write!(text, "-----BEGIN {kind}-----\n{content}\n------END {kind}------\n\n")
            .expect("a string can be written");
    }
    write(directory, "user.creds", &text);
    let lines = format!(
        "operator: {operator_token}\nsystem_account: {system}\nresolver: MEMORY\n\
         resolver_preload: {{ {account}: {account_token}, {system}: {system_token} }}\n",
        system = system.public_key(),
        account = account.public_key()
    );
    (lines, directory.join("user.creds"))
}

/// Returns a token in which `issuer` signs claims about `subject`.
fn token(issuer: &KeyPair, subject: &KeyPair, claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encoded(&json!({"typ": "JWT", "alg": "ed25519-nkey"}));
    let body = encoded(&json!({
        "jti": subject.public_key(),
        "iat": 1_700_000_000,
        "iss": issuer.public_key(),
        "sub": subject.public_key(),
        "name": "test",
        "nats": claims,
    }));
    let signed = format!("{header}.{body}");
    let signature = issuer.sign(signed.as_bytes()).expect("the key pair has a seed");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn write(directory: &Path, name: &str, text: &str) -> String {
    let file = directory.join(name);
    std::fs::write(&file, text).expect("the directory can be written");
    file.display().to_string()
}
