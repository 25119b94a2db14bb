//! The stream that stores the events. An existing stream is checked and never changed; otherwise one is
//! created.

use async_nats::jetstream::Context;
use async_nats::jetstream::context::GetStreamByNameErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use model::limits;

use super::connection::describe;
use super::subject::{Subjects, captures, listed};

/// A stream that accepts the events of this bridge.
#[derive(Debug)]
pub(super) struct EventStream {
    pub(super) name: String,
    /// The maximum size of a message, if the stream limits it.
    pub(super) message_bytes_max: Option<usize>,
    /// The key of the last event of this bridge in the stream.
    pub(super) last_key: Option<String>,
}

/// Finds the stream, or creates it.
///
/// # Errors
/// Returns a message for the user if JetStream does not answer, or if the stream cannot be created or used.
pub(super) async fn ensure(context: &Context, subjects: &Subjects) -> Result<EventStream, String> {
    let name = match context.stream_by_subject(subjects.events()).await {
        Ok(name) => name,
        Err(error) if error.kind() == GetStreamByNameErrorKind::NotFound => {
            let name = subjects.stream_name();
            context
                .create_stream(default_config(subjects))
                .await
                .map_err(|error| format!("cannot create the stream {name}: {}", describe(&error)))?;
            tracing::info!(stream = name, "created a stream for events");
            name
        }
        Err(error) => return Err(format!("JetStream does not answer: {}", describe(&error))),
    };
    let stream = context
        .get_stream(&name)
        .await
        .map_err(|error| format!("cannot read the stream {name}: {}", describe(&error)))?;
    let config = &stream.cached_info().config;
    if let Some(problem) = problem(config, subjects) {
        return Err(format!("the stream {name} {problem}"));
    }
    let message_bytes_max = usize::try_from(config.max_message_size).ok().filter(|bytes| *bytes > 0);
    let last_key = match stream.get_last_raw_message_by_subject(&subjects.events()).await {
        Ok(message) => message.headers.get(async_nats::header::NATS_MESSAGE_ID).map(ToString::to_string),
        Err(error) => {
            // There is no event, or the bridge may not read it. Then only the keys that the stream remembers
            // prevent duplicates.
            tracing::debug!(error = describe(&error), stream = name, "cannot read the last event");
            None
        }
    };
    Ok(EventStream { name, message_bytes_max, last_key })
}

fn default_config(subjects: &Subjects) -> Config {
    Config {
        name: subjects.stream_name(),
        description: Some("Events of Codex Bridge".to_owned()),
        subjects: vec![subjects.events_of_all()],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        num_replicas: 1,
        max_age: limits::NATS_STREAM_AGE_MAX,
        duplicate_window: limits::NATS_DUPLICATE_WINDOW,
        ..Config::default()
    }
}

/// Returns the reason why a stream cannot be used.
fn problem(config: &Config, subjects: &Subjects) -> Option<String> {
    let required = subjects.events();
    if !captures(&config.subjects, &required) {
        return Some(format!(
            "accepts only some of the events: its subjects are {}. Add `{required}` to them, or choose \
             another prefix",
            listed(&config.subjects)
        ));
    }
    if config.no_ack {
        return Some("does not acknowledge messages; set no_ack to false".to_owned());
    }
    if config.sealed {
        return Some("is sealed and accepts no messages; choose another prefix".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_config_passes_the_check() {
        let subjects = Subjects::new("codex", "here");
        assert_eq!(problem(&default_config(&subjects), &subjects), None);
    }

    #[test]
    fn an_unusable_stream_is_explained() {
        let subjects = Subjects::new("codex", "here");
        let with = |change: fn(&mut Config)| {
            let mut config = default_config(&subjects);
            change(&mut config);
            problem(&config, &subjects).unwrap()
        };
        let part = with(|config| config.subjects = vec!["codex.*.events.lane.>".into(), "other".into()]);
        assert!(
            part.contains("`codex.*.events.lane.>`, `other`") && part.contains("`codex.here.events.>`"),
            "{part}"
        );
        assert!(with(|config| config.no_ack = true).contains("no_ack"));
        assert!(with(|config| config.sealed = true).contains("sealed"));
    }
}
