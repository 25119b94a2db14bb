//! Codex's own methods: who may call each through the bridge, and what it needs of the thread that it names.
//!
//! Source: `ClientRequest` of `codex app-server generate-ts --experimental` 0.169.0; what each needs was tried out on that
//! binary, on a thread that was not loaded. The bridge's tests fail over a method of the installed binary that stands nowhere
//! here.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use crate::conversations::Needs;

/// Which of Codex's own methods callers may name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RpcMode {
    /// Those that read or act on threads and turns.
    #[default]
    Safe,
    /// All but the few that would take the connection from the bridge.
    All,
    /// None.
    Off,
}

impl RpcMode {
    /// As the setting spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::All => "all",
            Self::Off => "off",
        }
    }
}

impl Display for RpcMode {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for RpcMode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Safe, Self::All, Self::Off]
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| format!("rpc must be safe, all or off, not {name:?}"))
    }
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// With the setting `safe` already: it reads or acts on threads and turns, or lists what they can be run with.
    Safe,
    /// Only with the setting `all`: it runs programs, touches files, accounts or settings, or is not known.
    All,
    /// Never: it would answer for another caller, or take the connection from the bridge. Says why.
    Never(&'static str),
}

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Who may call it.
    pub access: Access,
    /// What it needs of the thread that `params.threadId` names.
    pub needs: Needs,
    /// Whether it makes no sense without a thread.
    pub of_a_thread: bool,
}

impl Method {
    /// What is known of a method. What is not known needs `all`, and is kept away from threads with a job.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::known(name).unwrap_or(Self { access: Access::All, needs: Needs::Turn, of_a_thread: false })
    }

    /// What is known of a method.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        let of = |access, needs, of_a_thread| Some(Self { access, needs, of_a_thread });
        if let Some((_, why)) = NEVER.iter().find(|(method, _)| *method == name) {
            return of(Access::Never(why), Needs::Nothing, false);
        }
        for (needs, methods) in OF_THREADS {
            if methods.contains(&name) {
                return of(Access::Safe, *needs, *needs != Needs::Nothing && *needs != Needs::LoadsNew);
            }
        }
        if LISTS.contains(&name) {
            return of(Access::Safe, Needs::Nothing, false);
        }
        for (needs, methods) in OTHERS_OF_THREADS {
            if methods.contains(&name) {
                return of(Access::All, *needs, false);
            }
        }
        let group = name.split('/').next().unwrap_or_default();
        if OTHERS.contains(&name) || OTHER_GROUPS.contains(&group) {
            return of(Access::All, Needs::Nothing, false);
        }
        None
    }

    /// Why the setting does not allow it, and which one would.
    #[must_use]
    pub fn refusal(self, mode: RpcMode) -> Option<(String, Option<&'static str>)> {
        match (self.access, mode) {
            (Access::Never(why), _) => Some((format!("is never called for others: {why}"), None)),
            (_, RpcMode::Off) => {
                let needs = if self.access == Access::Safe { "safe" } else { "all" };
                let problem = format!(
                    "is refused: the setting codexBridge.rpc (--rpc) is off; it would have to be {needs:?}"
                );
                Some((problem, Some(needs)))
            }
            (Access::All, RpcMode::Safe) => {
                let problem = "does more than read or act on threads and turns, so the setting codexBridge.rpc (--rpc) would \
                     have to be \"all\"; it is \"safe\"";
                Some((problem.to_owned(), Some("all")))
            }
            _ => None,
        }
    }
}

const NEVER: &[(&str, &str)] = &[
    ("initialize", "the connection is the bridge's own"),
    ("thread/unsubscribe", "the bridge gives each thread back itself, as soon as nothing runs on it"),
    (
        "thread/approveGuardianDeniedAction",
        "it would answer for whom Codex asked; approvals are answered by POST /approvals/{approvalId}",
    ),
];

/// What reads threads and turns or acts on them, by what it needs.
const OF_THREADS: &[(Needs, &[&str])] = &[
    (
        Needs::Nothing,
        &[
            "thread/list",
            "thread/loaded/list",
            "thread/read",
            "thread/turns/list",
            "thread/items/list",
            "thread/items/read",
            "thread/timeline/list",
            "thread/search",
            "thread/searchOccurrences",
            "thread/readState/update",
            "thread/name/set",
            "thread/metadata/update",
            "thread/memoryMode/set",
            "thread/section/move",
            "thread/goal/set",
            "thread/goal/get",
            "thread/goal/clear",
            "thread/queue/add",
            "thread/queue/list",
            "thread/queue/update",
            "thread/queue/delete",
            "thread/queue/reorder",
            "thread/attachment/add",
            "thread/attachment/list",
            "thread/attachment/remove",
            "thread/attachmentOwner/list",
            "thread/unarchive",
            "threadSection/list",
            "threadSection/create",
            "threadSection/update",
            "threadSection/delete",
            "getConversationSummary",
        ],
    ),
    (Needs::Turn, &["turn/steer", "turn/interrupt", "turn/settings/update", "thread/sample/cancel"]),
    (
        Needs::Writer,
        &[
            "thread/settings/update",
            "thread/memory/read",
            "thread/inject_items",
            "thread/prepareApprovedPlan",
            "thread/revert",
            "thread/rollback",
            "thread/backgroundTerminals/list",
            "thread/backgroundTerminals/clean",
            "thread/backgroundTerminals/terminate",
            "thread/increment_elicitation",
            "thread/decrement_elicitation",
            "thread/guardianReview",
            "thread/sample",
            "thread/prediction/request",
        ],
    ),
    (Needs::WriterForTurn, &["turn/start", "thread/compact/start", "thread/queue/start", "review/start"]),
    (Needs::Unloaded, &["thread/archive", "thread/delete"]),
    (Needs::Loads, &["thread/resume"]),
    (Needs::LoadsNew, &["thread/start", "thread/fork"]),
];

/// What threads can be run with and where they can be put.
const LISTS: &[&str] = &[
    "model/list",
    "modelProvider/list",
    "modelProvider/capabilities/read",
    "app/list",
    "app/read",
    "app/installed",
    "skills/list",
    "hooks/list",
    "plugin/list",
    "plugin/installed",
    "plugin/read",
    "plugin/skill/read",
    "plugin/search",
    "collaborationMode/list",
    "permissionProfile/list",
    "experimentalFeature/list",
    "mcpServerStatus/list",
    "memory/status",
    "project/list",
    "project/read",
    "thread/realtime/listVoices",
];

/// What does more than that, in the name of a thread.
const OTHERS_OF_THREADS: &[(Needs, &[&str])] = &[
    // Outside of the thread's sandbox.
    (Needs::WriterForTurn, &["thread/shellCommand"]),
    (Needs::Writer, &["mcpServer/tool/call", "mcpServer/resource/read"]),
    // A conversation by voice needs a connection that listens to it.
    (
        Needs::Turn,
        &[
            "thread/realtime/start",
            "thread/realtime/stop",
            "thread/realtime/appendAudio",
            "thread/realtime/appendText",
            "thread/realtime/appendSpeech",
        ],
    ),
];

/// Programs, files, accounts, settings, everything else: all methods that begin so.
const OTHER_GROUPS: &[&str] = &[
    "account",
    "accountSession",
    "command",
    "config",
    "configRequirements",
    "environment",
    "experimentalFeature",
    "externalAgentConfig",
    "feedback",
    "fs",
    "marketplace",
    "mcpServer",
    "memory",
    "modelProvider",
    "plugin",
    "process",
    "project",
    "remoteControl",
    "server",
    "skills",
    "userVerification",
    "windowsSandbox",
];

const OTHERS: &[&str] = &[
    "fuzzyFileSearch",
    "fuzzyFileSearch/sessionStart",
    "fuzzyFileSearch/sessionUpdate",
    "fuzzyFileSearch/sessionStop",
    "getAuthStatus",
    "gitDiffToRemote",
    "mock/experimentalMethod",
    "rollout/compress",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_allows_what_it_says() {
        let allowed = |method: &str, mode| Method::of(method).refusal(mode).is_none();
        let cases = [
            ("thread/list", true, true),
            ("turn/start", true, true),
            ("thread/resume", true, true),
            ("model/list", true, true),
            ("thread/shellCommand", false, true),
            ("command/exec", false, true),
            ("process/spawn", false, true),
            ("fs/readFile", false, true),
            ("account/logout", false, true),
            ("config/read", false, true),
            ("skills/config/write", false, true),
            ("something/new", false, true),
            ("initialize", false, false),
            ("thread/unsubscribe", false, false),
            ("thread/approveGuardianDeniedAction", false, false),
        ];
        for (method, safe, all) in cases {
            assert_eq!(allowed(method, RpcMode::Safe), safe, "{method} with safe");
            assert_eq!(allowed(method, RpcMode::All), all, "{method} with all");
            assert!(!allowed(method, RpcMode::Off), "{method} with off");
        }
    }

    #[test]
    fn a_refusal_names_the_setting_where_one_would_help() {
        let (problem, needs) = Method::of("fs/readFile").refusal(RpcMode::Safe).unwrap();
        assert!(problem.contains("codexBridge.rpc") && needs == Some("all"), "{problem}");
        let (_, needs) = Method::of("thread/list").refusal(RpcMode::Off).unwrap();
        assert_eq!(needs, Some("safe"));
        assert_eq!(Method::of("initialize").refusal(RpcMode::All).unwrap().1, None);
    }

    #[test]
    fn what_is_not_known_needs_all_and_leaves_jobs_alone() {
        assert_eq!(Method::known("something/new"), None);
        assert_eq!((Method::of("x").access, Method::of("x").needs), (Access::All, Needs::Turn));
    }
}
