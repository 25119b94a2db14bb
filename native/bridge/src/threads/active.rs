//! Selects the threads in use, and ranks them by the preferences of the caller.

use std::time::Duration;

use model::clock::Timestamp;

use super::Surface;
use crate::conversations::{Conversation, Holder};

/// The filters and preferences of a caller.
#[derive(Debug, Clone)]
pub struct ActiveQuery {
    /// The maximum time since the last change of a thread.
    pub window: Duration,
    /// Selects only threads of this source (`Thread::source_name`).
    pub source: Option<String>,
    /// Selects only threads of these kinds. If it is empty, selects the kinds that Codex lists by default.
    pub source_kinds: Vec<String>,
    /// Selects only threads of this surface.
    pub surface: Option<Surface>,
    /// Selects only threads of this originator.
    pub originator: Option<String>,
    /// Ranks threads of this originator first.
    pub prefer_originator: Option<String>,
    /// Ranks threads of this surface first.
    pub preferred_surface: Option<Surface>,
}

/// A thread in use.
#[derive(Debug, Clone)]
pub struct ActiveThread {
    /// The thread and its holder.
    pub conversation: Conversation,
    /// The reasons why it counts as active: `recent` (it changed within the window), `owner` (a process has
    /// it loaded), `turn` (this bridge runs a turn on it).
    pub because: Vec<&'static str>,
    /// Whether it meets every preference of the caller.
    pub preferred: bool,
}

impl ActiveQuery {
    /// Returns the threads that match, preferred ones first, otherwise in the given order.
    #[must_use]
    pub fn select(&self, conversations: Vec<Conversation>, now: Timestamp) -> Vec<ActiveThread> {
        let since = now.before(self.window).as_millis();
        let matches = |conversation: &Conversation| {
            let thread = &conversation.thread;
            thread.updated_at.is_some_and(|updated| updated.saturating_mul(1000) >= since)
                && self.source.as_ref().is_none_or(|source| thread.source_name() == *source)
                && self.surface.is_none_or(|surface| Surface::of_thread(thread) == surface)
                && self
                    .originator
                    .as_deref()
                    .is_none_or(|name| is_originator(thread.originator.as_deref(), name))
        };
        let mut ranked: Vec<(u8, ActiveThread)> = conversations
            .into_iter()
            .filter(matches)
            .map(|conversation| {
                let penalty = self.penalty(&conversation);
                let has_preference = self.prefer_originator.is_some() || self.preferred_surface.is_some();
                let because = because(&conversation);
                (penalty, ActiveThread { conversation, because, preferred: has_preference && penalty == 0 })
            })
            .collect();
        ranked.sort_by_key(|(penalty, _)| *penalty);
        ranked.into_iter().map(|(_, thread)| thread).collect()
    }

    /// Returns the penalty for unmet preferences. The surface weighs more than the originator, because it
    /// says where a person would see the thread.
    fn penalty(&self, Conversation { thread, .. }: &Conversation) -> u8 {
        let surface = self.preferred_surface.is_some_and(|surface| Surface::of_thread(thread) != surface);
        let originator = self
            .prefer_originator
            .as_deref()
            .is_some_and(|name| !is_originator(thread.originator.as_deref(), name));
        2 * u8::from(surface) + u8::from(originator)
    }
}

fn is_originator(originator: Option<&str>, name: &str) -> bool {
    originator.is_some_and(|originator| originator.eq_ignore_ascii_case(name))
}

fn because(conversation: &Conversation) -> Vec<&'static str> {
    let has_owner = matches!(conversation.holder, Holder::Bridge | Holder::Other(_));
    let reasons = [(conversation.state.activity.is_some(), "turn"), (has_owner, "owner"), (true, "recent")];
    reasons.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
}

#[cfg(test)]
mod tests {
    use codex::protocol::Thread;
    use model::activity::LoadedState;
    use serde_json::json;

    use super::*;

    fn conversation(id: &str, source: &str, originator: &str, age_seconds: i64) -> Conversation {
        let thread =
            json!({"id": id, "source": source, "originator": originator, "updatedAt": 10_000 - age_seconds});
        let thread: Thread = serde_json::from_value(thread).unwrap();
        Conversation { thread, holder: Holder::Nobody, state: LoadedState::default(), older_turns: None }
    }

    const ANY: ActiveQuery = ActiveQuery {
        window: Duration::from_secs(100),
        source: None,
        source_kinds: Vec::new(),
        surface: None,
        originator: None,
        prefer_originator: None,
        preferred_surface: None,
    };

    fn selected(query: &ActiveQuery) -> Vec<String> {
        let all = vec![
            conversation("vscode", "vscode", "codex_vscode", 1),
            conversation("bridge", "vscode", "codex-bridge", 2),
            conversation("desktop", "vscode", "Codex Desktop", 3),
            conversation("terminal", "cli", "codex_cli_rs", 100),
            conversation("old", "vscode", "codex_vscode", 101),
        ];
        let selected = query.select(all, Timestamp::from_millis(10_000_000));
        selected.into_iter().map(|thread| thread.conversation.thread.id.into()).collect()
    }

    #[test]
    fn filters_exclude_threads_and_preferences_only_rank_them() {
        let some = |name: &str| Some(name.to_owned());
        let cases = [
            (ANY, &["vscode", "bridge", "desktop", "terminal"][..]),
            (ActiveQuery { window: Duration::from_secs(2), ..ANY }, &["vscode", "bridge"]),
            (ActiveQuery { source: some("cli"), ..ANY }, &["terminal"]),
            (ActiveQuery { surface: Some(Surface::Vscode), ..ANY }, &["vscode", "bridge"]),
            (ActiveQuery { originator: some("codex desktop"), ..ANY }, &["desktop"]),
            (
                ActiveQuery { preferred_surface: Some(Surface::Cli), ..ANY },
                &["terminal", "vscode", "bridge", "desktop"],
            ),
            (
                ActiveQuery {
                    preferred_surface: Some(Surface::Vscode),
                    prefer_originator: some("codex-bridge"),
                    ..ANY
                },
                &["bridge", "vscode", "desktop", "terminal"],
            ),
        ];
        for (query, expected) in cases {
            assert_eq!(selected(&query), expected, "{query:?}");
        }
    }

    #[test]
    fn a_preferred_thread_meets_every_preference() {
        let all = || vec![conversation("a", "cli", "codex_cli_rs", 1)];
        let now = Timestamp::from_millis(10_000_000);
        assert!(!ANY.select(all(), now)[0].preferred);
        let query = ActiveQuery { preferred_surface: Some(Surface::Cli), ..ANY };
        assert!(query.select(all(), now)[0].preferred);
        let query = ActiveQuery { prefer_originator: Some("other".to_owned()), ..query };
        assert!(!query.select(all(), now)[0].preferred);
    }
}
