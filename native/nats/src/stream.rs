//! The stream that keeps the events: found and checked, or made. One that is there is never changed.

use async_nats::jetstream::Context;
use async_nats::jetstream::context::GetStreamByNameErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use model::limits;

use super::connection::described;
use super::subject::{Subjects, captures, listed};

/// A stream that takes this bridge's events.
#[derive(Debug)]
pub(super) struct EventStream {
    pub(super) name: String,
    /// The largest message that it takes, if it says.
    pub(super) message_bytes_max: Option<usize>,
    /// The key of the last event of this bridge that it holds.
    pub(super) last_key: Option<String>,
}

/// Finds the stream, or makes it.
///
/// # Errors
/// For a person: what is wrong.
pub(super) async fn ensure(context: &Context, subjects: &Subjects) -> Result<EventStream, String> {
    let name = match context.stream_by_subject(subjects.events()).await {
        Ok(name) => name,
        Err(error) if error.kind() == GetStreamByNameErrorKind::NotFound => {
            let name = subjects.stream_name();
            context
                .create_stream(ours(subjects))
                .await
                .map_err(|error| format!("the stream {name} cannot be made: {}", described(&error)))?;
            tracing::info!(stream = name, "made a stream for events");
            name
        }
        Err(error) => return Err(format!("JetStream does not answer: {}", described(&error))),
    };
    let stream = context
        .get_stream(&name)
        .await
        .map_err(|error| format!("the stream {name} cannot be looked at: {}", described(&error)))?;
    let config = &stream.cached_info().config;
    if let Some(problem) = problem(config, subjects) {
        return Err(format!("the stream {name} {problem}"));
    }
    let message_bytes_max = usize::try_from(config.max_message_size).ok().filter(|bytes| *bytes > 0);
    let last_key = match stream.get_last_raw_message_by_subject(&subjects.events()).await {
        Ok(message) => message.headers.get(async_nats::header::NATS_MESSAGE_ID).map(ToString::to_string),
        Err(error) => {
            // There is none, or this bridge may not read it; then the stream's own memory of keys has to do.
            tracing::debug!(error = described(&error), stream = name, "cannot read the last event");
            None
        }
    };
    Ok(EventStream { name, message_bytes_max, last_key })
}

fn ours(subjects: &Subjects) -> Config {
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

/// Why a stream will not do.
fn problem(config: &Config, subjects: &Subjects) -> Option<String> {
    let wanted = subjects.events();
    if !captures(&config.subjects, &wanted) {
        return Some(format!(
            "has only part of the events: it takes {}, and must take `{wanted}`. Add that to its subjects, or choose \
             another prefix",
            listed(&config.subjects)
        ));
    }
    if config.no_ack {
        return Some(
            "acknowledges nothing, so nobody could tell what arrived; set no_ack to false".to_owned(),
        );
    }
    if config.sealed {
        return Some("is sealed and takes nothing any more; choose another prefix".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_would_pass_the_check() {
        let subjects = Subjects::new("codex", "here");
        assert_eq!(problem(&ours(&subjects), &subjects), None);
    }

    #[test]
    fn a_stream_that_will_not_do_is_explained() {
        let subjects = Subjects::new("codex", "here");
        let with = |change: fn(&mut Config)| {
            let mut config = ours(&subjects);
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
