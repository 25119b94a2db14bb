//! The validated NATS settings. Neither messages nor `Debug` output contain secrets.

use std::path::PathBuf;

use model::limits;
use model::secret::Secret;
use percent_encoding::percent_decode_str;
use url::Url;

use super::subject::{Subjects, is_prefix, is_token, token_of};

/// The default prefix of subjects.
pub const DEFAULT_PREFIX: &str = "codex";

/// The NATS settings, as the user gave them.
#[derive(Debug, Clone, Default)]
pub struct NatsSettings {
    /// The servers, separated by commas. They may contain a token, or a user and a password. If it is empty,
    /// NATS is not used.
    pub url: Option<Secret>,
    /// The token.
    pub token: Option<Secret>,
    /// The path of a credentials file, as written by `nsc`.
    pub credentials: Option<PathBuf>,
    /// The prefix of subjects. Default: [`DEFAULT_PREFIX`].
    pub prefix: Option<String>,
    /// The name of this bridge in subjects. Default: the host name.
    pub instance: Option<String>,
    /// Whether lane commands are accepted.
    pub commands: bool,
}

/// The validated NATS settings.
#[derive(Debug, Clone)]
pub struct NatsConfig {
    /// The URLs of the servers of one system, without secrets: `nats://` or `tls://`, host and port.
    pub(super) servers: Vec<String>,
    pub(super) identity: Identity,
    pub(super) subjects: Subjects,
    pub(super) commands: bool,
}

/// The identity with which the bridge authenticates.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    Anonymous,
    Token(Secret),
    UserAndPassword(Secret, Secret),
    CredentialsFile(PathBuf),
}

impl NatsConfig {
    /// Validates the settings. Returns `None` if they name no server.
    ///
    /// # Errors
    /// Returns a message for the user, without secrets, if a server, the prefix or the instance is invalid,
    /// or if there is more than one identity.
    pub fn of(settings: NatsSettings) -> Result<Option<Self>, String> {
        let NatsSettings { url, token, credentials, prefix, instance, commands } = settings;
        let Some(url) = url.filter(|Secret(url)| !url.trim().is_empty()) else { return Ok(None) };
        let mut identities = Vec::new();
        identities.extend(token.filter(|Secret(token)| !token.is_empty()).map(Identity::Token));
        identities
            .extend(credentials.filter(|file| !file.as_os_str().is_empty()).map(Identity::CredentialsFile));
        let mut servers = Vec::new();
        for (index, text) in url.0.split(',').enumerate() {
            let (server, identity) = server(text.trim())?;
            servers.push(server);
            if index == 0 {
                identities.extend(identity);
            } else if identity.is_some() {
                return Err(
                    "only the first server of the NATS URL may have a user or token, which all servers use"
                        .to_owned(),
                );
            }
        }
        if identities.len() > 1 {
            return Err(
                "the NATS settings have more than one identity; keep one of: a credentials file, a token, a \
                 user and password in the URL"
                    .to_owned(),
            );
        }
        let prefix = non_empty(prefix).unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
        if !is_prefix(&prefix) {
            return Err(format!(
                "the NATS prefix must be up to {} letters, digits, `-` and `_`, with dots between tokens, \
                 not {prefix:?}",
                limits::NATS_TOKEN_LENGTH_MAX
            ));
        }
        let instance = non_empty(instance)
            .unwrap_or_else(|| token_of(gethostname::gethostname().to_string_lossy().as_ref()));
        if !is_token(&instance) {
            return Err(format!(
                "the NATS instance must be up to {} letters, digits, `-` and `_`, not {instance:?}",
                limits::NATS_TOKEN_LENGTH_MAX
            ));
        }
        Ok(Some(Self {
            servers,
            identity: identities.pop().unwrap_or(Identity::Anonymous),
            subjects: Subjects::new(&prefix, &instance),
            commands,
        }))
    }

    /// Reports whether lane commands are accepted.
    #[must_use]
    pub fn accepts_commands(&self) -> bool {
        self.commands
    }

    /// Returns the URLs of the servers, without secrets.
    #[must_use]
    pub fn url(&self) -> String {
        self.servers.join(",")
    }
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Parses one server, and separates its identity. The usual forms are `nats://token@host` and
/// `nats://user:password@host`.
fn server(text: &str) -> Result<(String, Option<Identity>), String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("nats://{text}") };
    let mut url = Url::parse(&text).map_err(|error| {
        format!("the NATS URL is invalid ({error}); use for example nats://127.0.0.1:4222")
    })?;
    if !matches!(url.scheme(), "nats" | "tls") {
        return Err(format!("the NATS URL must start with nats: or tls:, not `{}:`", url.scheme()));
    }
    if url.host_str().is_none_or(str::is_empty) || !matches!(url.path(), "" | "/") {
        return Err(
            "the NATS URL must consist of a host and a port, for example nats://127.0.0.1:4222".to_owned()
        );
    }
    let decoded = |part: &str| Secret(percent_decode_str(part).decode_utf8_lossy().into_owned());
    let identity = match (url.username(), url.password()) {
        ("", None) => None,
        (token, None) => Some(Identity::Token(decoded(token))),
        (user, Some(password)) => Some(Identity::UserAndPassword(decoded(user), decoded(password))),
    };
    let without_secrets = url.set_username("").and_then(|()| url.set_password(None));
    without_secrets.map_err(|()| "the NATS URL must have a host".to_owned())?;
    url.set_query(None);
    url.set_fragment(None);
    Ok((url.as_str().trim_end_matches('/').to_owned(), identity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, change: impl FnOnce(&mut NatsSettings)) -> Result<NatsConfig, String> {
        let mut settings = NatsSettings { url: Some(Secret(url.to_owned())), ..NatsSettings::default() };
        change(&mut settings);
        NatsConfig::of(settings).map(|config| config.unwrap())
    }

    #[test]
    fn without_a_server_nats_is_not_used() {
        for url in [None, Some(""), Some("  ")] {
            let url = url.map(|url| Secret(url.to_owned()));
            assert!(NatsConfig::of(NatsSettings { url, ..NatsSettings::default() }).unwrap().is_none());
        }
    }

    #[test]
    fn servers_are_shown_without_their_secrets() {
        let two = config("nats://me:hush%40hush@one:4222, two.example", |_| {}).unwrap();
        assert_eq!(two.url(), "nats://one:4222,nats://two.example");
        let Identity::UserAndPassword(user, password) = &two.identity else { panic!("{two:?}") };
        assert_eq!((user.0.as_str(), password.0.as_str()), ("me", "hush@hush"));
        assert!(!format!("{two:?}").contains("hush"));
        let token = config("tls://hush@one", |_| {}).unwrap();
        assert!(matches!(&token.identity, Identity::Token(token) if token.0 == "hush"));
        assert_eq!(token.url(), "tls://one");
    }

    #[test]
    fn messages_about_invalid_settings_contain_no_secret() {
        let both = config("nats://hush@one", |settings| settings.credentials = Some("file".into()));
        let second = config("nats://one,nats://hush@two", |_| {});
        let scheme = config("https://me:hush@one", |_| {});
        let path = config("nats://me:hush@one/path", |_| {});
        let port = config("nats://me:hush@one:99999", |_| {});
        for refused in [both, second, scheme, path, port] {
            let problem = refused.unwrap_err();
            assert!(problem.contains("NATS") && !problem.contains("hush"), "{problem}");
        }
        for prefix in ["a b", "a..b", "$JS", "a.>"] {
            assert!(config("one", |settings| settings.prefix = Some(prefix.into())).is_err(), "{prefix}");
        }
        assert!(config("one", |settings| settings.instance = Some("a.b".into())).is_err());
    }

    #[test]
    fn the_instance_defaults_to_the_host_name() {
        let plain = config("one", |_| {}).unwrap();
        assert!(is_token(plain.subjects.instance()), "{:?}", plain.subjects);
        assert_eq!(plain.subjects.prefix(), DEFAULT_PREFIX);
        let named = config("one", |settings| settings.instance = Some("left-desk".into())).unwrap();
        assert_eq!(named.subjects.instance(), "left-desk");
    }
}
