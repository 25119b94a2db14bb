//! A table of flows that must work with every Codex version.
//!
//! `cargo xtask codex-matrix` passes the binaries of several released versions. Without it, the installed
//! binary is used. A flow is an async function that receives its own bridge with that binary. It fails by
//! panicking. To add a flow, write it in the file of its kind and list it in [`FLOWS`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod control;
mod faults;
mod history;
mod ownership;
#[path = "../api/support.rs"]
#[allow(dead_code, reason = "some helpers are only used by the tests of the API")]
mod support;
mod turns;

use std::path::{Path, PathBuf};
use std::time::Duration;

use codex::app_server::{AppServer, Methods};
use codex::launch::Launch;
use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::{FutureExt, StreamExt};
use testkit::{ScriptedModel, codex_binaries};

use support::{Directories, TestBridge};

/// The time limit of a flow. The slowest flow waits ten seconds until an idle owner polls its queue, which is
/// far below the limit.
const FLOW_TIMEOUT: Duration = Duration::from_secs(90);

/// The number of flows that run at the same time. Some flows mostly wait.
const CONCURRENT_FLOWS_MAX: usize = 4;

/// The context of a flow: its bridge and the Codex binary.
struct World {
    test: TestBridge,
    codex: PathBuf,
}

/// A row of the table.
struct Flow {
    name: &'static str,
    /// Reports whether a binary with these methods supports the flow.
    is_offered: fn(&Methods) -> bool,
    run: fn(World) -> BoxFuture<'static, ()>,
}

const FLOWS: &[Flow] = &[
    // Turns
    for_every_version("create", |world| turns::create(world).boxed()),
    for_every_version("stream", |world| turns::stream(world).boxed()),
    for_every_version("run a command", |world| turns::run_a_command(world).boxed()),
    for_every_version("change a file", |world| turns::change_a_file(world).boxed()),
    for_every_version("stay silent for a long time", |world| turns::stay_silent(world).boxed()),
    for_every_version("fail", |world| turns::fail(world).boxed()),
    for_every_version("continue", |world| turns::continue_conversation(world).boxed()),
    for_every_version("continue repeatedly", |world| turns::continue_repeatedly(world).boxed()),
    for_every_version("queue behind our own turn", |world| turns::queue(world).boxed()),
    // Control
    for_every_version("steer", |world| control::steer(world).boxed()),
    for_every_version("interrupt", |world| control::interrupt(world).boxed()),
    for_every_version("time limit", |world| control::time_limit(world).boxed()),
    for_every_version("approve", |world| control::approve(world).boxed()),
    for_every_version("deny", |world| control::deny(world).boxed()),
    // History
    for_every_version("list", |world| history::list(world).boxed()),
    for_every_version("fork", |world| history::fork(world).boxed()),
    for_every_version("roll back", |world| history::roll_back(world).boxed()),
    for_every_version("compact", |world| history::compact(world).boxed()),
    // Faults
    for_every_version("crash", |world| faults::crash(world).boxed()),
    for_every_version("restart of the bridge", |world| faults::restart(world).boxed()),
    // Ownership
    for_every_version("release", |world| ownership::release(world).boxed()),
    for_every_version("continue while another process owns it", |world| {
        ownership::continue_elsewhere(world).boxed()
    }),
    Flow {
        name: "hand over to a busy owner",
        is_offered: |codex| codex.has("thread/queue/add"),
        run: |world| ownership::hand_over(world).boxed(),
    },
];

/// Returns a flow that every version supports.
const fn for_every_version(name: &'static str, run: fn(World) -> BoxFuture<'static, ()>) -> Flow {
    Flow { name, is_offered: |_| true, run }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    NotOffered,
    Failed(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_passes_with_every_codex_version() {
    let mut columns = Vec::new();
    for (version, codex) in codex_binaries() {
        let methods = offered_methods(&codex).await;
        let (methods, codex) = (&methods, &codex);
        let outcomes = stream::iter(FLOWS).map(|flow| async move {
            if (flow.is_offered)(methods) { run_flow(flow, codex).await } else { Outcome::NotOffered }
        });
        columns.push((version, outcomes.buffered(CONCURRENT_FLOWS_MAX).collect::<Vec<_>>().await));
    }
    println!("{}", table(&columns));
    let failures: Vec<String> =
        columns.iter().flat_map(|(version, outcomes)| failures(version, outcomes)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Returns the methods that the binary offers.
async fn offered_methods(codex: &Path) -> Methods {
    let model = ScriptedModel::start().await;
    let directories = Directories::for_model(&model);
    app_server(codex, &directories).await.methods.clone()
}

/// Starts an app-server that does not belong to the bridge, in the same Codex home, like the panel in VS
/// Code.
async fn app_server(codex: &Path, directories: &Directories) -> AppServer {
    let launch = Launch {
        executable: codex.to_owned(),
        working_directory: directories.workspace(),
        environment: directories.config().environment,
        overrides: Vec::new(),
    };
    AppServer::start(&launch, "0.0.0-other").await.unwrap()
}

async fn run_flow(flow: &Flow, codex: &Path) -> Outcome {
    let (run, codex) = (flow.run, codex.to_owned());
    // In its own task, so that a panic fails this flow and not the table.
    let mut task = tokio::spawn(async move {
        let executable = codex.clone();
        let test = TestBridge::start_with(None, |config| config.locate.explicit = Some(executable)).await;
        run(World { test, codex }).await;
    });
    match tokio::time::timeout(FLOW_TIMEOUT, &mut task).await {
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(panic)) => Outcome::Failed(panic_message(panic)),
        Err(_) => {
            task.abort();
            Outcome::Failed(format!("not finished after {} s", FLOW_TIMEOUT.as_secs()))
        }
    }
}

fn panic_message(error: tokio::task::JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "cancelled".to_owned() };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

fn table(columns: &[(String, Vec<Outcome>)]) -> String {
    let mut lines = vec![format!("\n{:<42}", "flow")];
    lines[0].extend(columns.iter().map(|(version, _)| format!("{version:>13}")));
    for (row, flow) in FLOWS.iter().enumerate() {
        let mut line = format!("{:<42}", flow.name);
        for (_, outcomes) in columns {
            let cell = match &outcomes[row] {
                Outcome::Passed => "passed",
                Outcome::NotOffered => "not offered",
                Outcome::Failed(_) => "FAILED",
            };
            line.push_str(&format!("{cell:>13}"));
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn failures(version: &str, outcomes: &[Outcome]) -> Vec<String> {
    let named = FLOWS.iter().zip(outcomes);
    let failed = named.filter_map(|(flow, outcome)| match outcome {
        Outcome::Failed(why) => Some(format!("{} with Codex {version}: {why}", flow.name)),
        _ => None,
    });
    failed.collect()
}
