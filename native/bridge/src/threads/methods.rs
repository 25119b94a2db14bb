//! The methods of Codex's app-server: who may call each of them through the bridge, and what each needs of
//! the thread that it names.
//!
//! Source: `ClientRequest` of `codex app-server generate-ts --experimental` 0.171.0. The needs of each method
//! were tested with that binary or 0.169.0 on a thread that was not loaded. A test of the bridge fails if the
//! installed binary has a method that is not listed here.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use crate::conversations::Needs;

/// The methods of Codex that callers may call through the bridge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RpcMode {
    /// The methods that read or act on threads and turns.
    #[default]
    Safe,
    /// All methods except the few that would take the connection away from the bridge.
    All,
    /// No methods.
    Off,
}

impl RpcMode {
    /// Returns the name in the setting.
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
    /// Allowed with the settings `safe` and `all`. The method reads or acts on threads and turns, or lists
    /// what they can be run with.
    Safe,
    /// Allowed only with the setting `all`. The method runs programs, accesses files, accounts or settings,
    /// or is not known.
    All,
    /// Never allowed, for the given reason. The method would answer on behalf of another caller, or take the
    /// connection away from the bridge.
    Never(&'static str),
}

/// The properties of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Who may call it.
    pub access: Access,
    /// The needs that it has of the thread in `params.threadId`.
    pub needs: Needs,
    /// Whether `params.threadId` is required.
    pub requires_thread: bool,
}

impl Method {
    /// Returns the properties of a method. An unknown method requires the setting `all` and cannot be called
    /// on a thread with a job.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::known(name).unwrap_or(Self { access: Access::All, needs: Needs::Turn, requires_thread: false })
    }

    /// Returns the properties of a known method.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        let of = |access, needs, requires_thread| Some(Self { access, needs, requires_thread });
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

    /// Returns why the setting does not allow the method, with the value that would. Returns `None` if it is
    /// allowed.
    #[must_use]
    pub fn refusal(self, mode: RpcMode) -> Option<(String, Option<&'static str>)> {
        match (self.access, mode) {
            (Access::Never(why), _) => Some((format!("cannot be called through the bridge: {why}"), None)),
            (_, RpcMode::Off) => {
                let needs = if self.access == Access::Safe { "safe" } else { "all" };
                let problem =
                    format!("requires the setting codexBridge.rpc (--rpc) to be {needs:?}; it is \"off\"");
                Some((problem, Some(needs)))
            }
            (Access::All, RpcMode::Safe) => {
                let problem = "does more than read or act on threads and turns, so it requires the setting \
                     codexBridge.rpc (--rpc) to be \"all\"; it is \"safe\"";
                Some((problem.to_owned(), Some("all")))
            }
            _ => None,
        }
    }
}

const NEVER: &[(&str, &str)] = &[
    ("initialize", "the connection is the bridge's own"),
    ("thread/unsubscribe", "the bridge itself releases each thread as soon as nothing runs on it"),
    ("thread/search/cancel", "it could cancel the search of another caller"),
    ("thread/search/stream/cancel", "it could cancel the search of another caller"),
    ("thread/approveGuardianDeniedAction", "approvals are resolved with POST /approvals/{approvalId}"),
];

/// The methods that read or act on threads and turns, by their needs.
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
            "thread/search/stream",
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
            "thread/realtime/list",
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

/// The methods that list what threads can be run with and where they can be stored.
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

/// The methods that act on behalf of a thread and do more than that.
const OTHERS_OF_THREADS: &[(Needs, &[&str])] = &[
    // Runs outside of the sandbox of the thread.
    (Needs::WriterForTurn, &["thread/shellCommand"]),
    (Needs::Writer, &["mcpServer/tool/call", "mcpServer/resource/read"]),
    // A voice conversation needs a connection that listens to it.
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

/// The groups of methods for programs, files, accounts, settings and the like. A group is the part of the
/// name before the first slash.
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
    fn each_setting_allows_its_methods() {
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
    fn a_refusal_names_the_setting_that_would_allow_the_method() {
        let (problem, needs) = Method::of("fs/readFile").refusal(RpcMode::Safe).unwrap();
        assert!(problem.contains("codexBridge.rpc") && needs == Some("all"), "{problem}");
        let (_, needs) = Method::of("thread/list").refusal(RpcMode::Off).unwrap();
        assert_eq!(needs, Some("safe"));
        assert_eq!(Method::of("initialize").refusal(RpcMode::All).unwrap().1, None);
    }

    #[test]
    fn unknown_methods_require_all_and_a_thread_without_a_job() {
        assert_eq!(Method::known("something/new"), None);
        assert_eq!((Method::of("x").access, Method::of("x").needs), (Access::All, Needs::Turn));
    }
}
