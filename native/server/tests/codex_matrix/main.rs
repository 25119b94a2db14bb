//! The flows that must work alike with every Codex version: a table of flows and binaries.
//!
//! `cargo xtask codex-matrix` names the binaries of several released versions; without it, the installed one is taken.
//! A flow is an async function that gets a bridge of its own with that binary, and fails by panicking. To add one, write
//! it in the file of its kind and name it in [`FLOWS`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod control;
mod faults;
mod history;
mod ownership;
#[path = "../api/support.rs"]
#[allow(dead_code, reason = "some of it is for the tests of the API only")]
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

use support::{Folders, TestBridge};

/// Far above the slowest good case, which waits ten seconds for an idle owner to look at its queue.
const FLOW_LIMIT: Duration = Duration::from_secs(90);

/// Some of them mostly wait.
const FLOWS_AT_ONCE: usize = 4;

/// What a flow works with.
struct World {
    test: TestBridge,
    codex: PathBuf,
}

/// One row of the table.
struct Flow {
    name: &'static str,
    /// Whether a binary with these methods can do it at all.
    is_offered: fn(&Methods) -> bool,
    run: fn(World) -> BoxFuture<'static, ()>,
}

const FLOWS: &[Flow] = &[
    // Turns
    always("create", |world| turns::create(world).boxed()),
    always("stream", |world| turns::stream(world).boxed()),
    always("run a command", |world| turns::run_a_command(world).boxed()),
    always("change a file", |world| turns::change_a_file(world).boxed()),
    always("stay silent for long", |world| turns::stay_silent(world).boxed()),
    always("fail", |world| turns::fail(world).boxed()),
    always("continue", |world| turns::continue_it(world).boxed()),
    always("continue at once, again and again", |world| turns::continue_at_once(world).boxed()),
    always("queue behind our own turn", |world| turns::queue(world).boxed()),
    // Control
    always("steer", |world| control::steer(world).boxed()),
    always("interrupt", |world| control::interrupt(world).boxed()),
    always("time limit", |world| control::time_limit(world).boxed()),
    always("approve", |world| control::approve(world).boxed()),
    always("deny", |world| control::deny(world).boxed()),
    // History
    always("list", |world| history::list(world).boxed()),
    always("fork", |world| history::fork(world).boxed()),
    always("roll back", |world| history::roll_back(world).boxed()),
    always("compact", |world| history::compact(world).boxed()),
    // Faults
    always("crash", |world| faults::crash(world).boxed()),
    always("restart of the bridge", |world| faults::restart(world).boxed()),
    // Ownership
    always("release", |world| ownership::release(world).boxed()),
    always("continue what another process has open", |world| ownership::continue_elsewhere(world).boxed()),
    Flow {
        name: "hand over to a busy owner",
        is_offered: |codex| codex.has("thread/queue/add"),
        run: |world| ownership::hand_over(world).boxed(),
    },
];

/// A flow that every version can do.
const fn always(name: &'static str, run: fn(World) -> BoxFuture<'static, ()>) -> Flow {
    Flow { name, is_offered: |_| true, run }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    NotOffered,
    Failed(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_works_with_every_codex() {
    let mut columns = Vec::new();
    for (version, codex) in codex_binaries() {
        let methods = methods(&codex).await;
        let (methods, codex) = (&methods, &codex);
        let outcomes = stream::iter(FLOWS).map(|flow| async move {
            if (flow.is_offered)(methods) { play(flow, codex).await } else { Outcome::NotOffered }
        });
        columns.push((version, outcomes.buffered(FLOWS_AT_ONCE).collect::<Vec<_>>().await));
    }
    println!("{}", table(&columns));
    let failures: Vec<String> =
        columns.iter().flat_map(|(version, outcomes)| failures(version, outcomes)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// What the binary says it can do.
async fn methods(codex: &Path) -> Methods {
    let model = ScriptedModel::start().await;
    let folders = Folders::for_model(&model);
    app_server(codex, &folders).await.methods.clone()
}

/// An app-server that is not the bridge's, in the same Codex home: what the panel in VS Code is.
async fn app_server(codex: &Path, folders: &Folders) -> AppServer {
    let launch = Launch {
        executable: codex.to_owned(),
        working_folder: folders.workspace(),
        environment: folders.config().environment,
    };
    AppServer::start(&launch, "0.0.0-other").await.unwrap()
}

async fn play(flow: &Flow, codex: &Path) -> Outcome {
    let (run, codex) = (flow.run, codex.to_owned());
    // A task of its own, so that a panic is this flow's and not the table's.
    let mut task = tokio::spawn(async move {
        let executable = codex.clone();
        let test = TestBridge::start_with(None, |config| config.locate.explicit = Some(executable)).await;
        run(World { test, codex }).await;
    });
    match tokio::time::timeout(FLOW_LIMIT, &mut task).await {
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(panic)) => Outcome::Failed(panic_message(panic)),
        Err(_) => {
            task.abort();
            Outcome::Failed(format!("not done after {} s", FLOW_LIMIT.as_secs()))
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
            let said = match &outcomes[row] {
                Outcome::Passed => "passed",
                Outcome::NotOffered => "not offered",
                Outcome::Failed(_) => "FAILED",
            };
            line.push_str(&format!("{said:>13}"));
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
