//! `/codex/active` and `/codex/running` with other Codex processes beside the bridge.

use std::process::Stdio;

use serde_json::{Value, json};
use testkit::codex_binary;

use crate::codex_threads::{code, id_of};
use crate::support::{TestBridge, another_owner, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn active_threads_are_listed_and_filtered() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let held = test.create("@model hold gate").await;
    test.model.wait_until_held("gate").await;
    let other = another_owner(&test.directories, id_of(&first)).await;

    let active = async |query: &str| -> Vec<Value> {
        let reply = test.get(&format!("/codex/active?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        reply.body["threads"].as_array().unwrap().clone()
    };
    let all = active("windowSec=3600").await;
    assert_eq!(all.len(), 2, "{all:?}");
    let thread_with_id = |id: &str| all.iter().find(|thread| thread["id"] == id).unwrap();
    assert_eq!(thread_with_id(id_of(&held))["activeBecause"], json!(["turn", "owner", "recent"]));
    if cfg!(target_os = "linux") {
        assert_eq!(thread_with_id(id_of(&first))["activeBecause"], json!(["owner", "recent"]));
        assert_eq!(thread_with_id(id_of(&first))["owner"]["pid"], other.pid);
    }
    let counts = [
        ("surface=vscode", 2),
        ("surface=mac-app", 0),
        ("source=vscode", 2),
        ("source=exec", 0),
        ("sourceKinds=cli", 0),
        ("sourceKinds=vscode,cli", 2),
        ("originator=Codex-Bridge", 2),
        ("originator=Codex%20Desktop", 0),
        ("preferredSurface=mac-app&preferOriginator=Codex%20Desktop", 2),
        ("preferredSurface=any", 2),
    ];
    for (query, count) in counts {
        assert_eq!(active(query).await.len(), count, "{query}");
    }
    assert!(active("preferredSurface=vscode").await.iter().all(|thread| thread["preferred"] == true));
    for (query, field) in [
        ("windowSec=0", "windowSec"),
        ("surface=any", "surface"),
        ("preferredSurface=x", "preferredSurface"),
        ("sourceKinds=x", "sourceKinds"),
        ("windowSec=x", "query"),
    ] {
        let refused = test.get(&format!("/codex/active?{query}")).await;
        assert_eq!(
            (code(&refused), &refused.body["details"]["field"]),
            ((400, "validation_error"), &json!(field))
        );
    }
    test.model.release("gate");
    test.wait_for_job(&held).await;
    other.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn running_codex_processes_are_listed_with_their_threads() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let other = another_owner(&test.directories, id_of(&first)).await;
    let mut exec = tokio::process::Command::new(codex_binary())
        .args(["exec", "--skip-git-repo-check", "@model hold exec"])
        .current_dir(test.directories.workspace())
        .env("CODEX_HOME", test.directories.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    test.model.wait_until_held("exec").await;

    let running = test.get("/codex/running").await.body;
    // Tests that run at the same time start further processes.
    assert!(["processes", "inferred"].contains(&running["mode"].as_str().unwrap()), "{running}");
    let process = |pid: u32| -> &Value {
        let mut processes = running["processes"].as_array().unwrap().iter();
        processes.find(|process| process["pid"] == pid).unwrap_or_else(|| panic!("{running}"))
    };
    let entry = process(other.pid);
    assert_eq!(
        (&entry["kind"], &entry["program"]),
        (&json!("app-server"), &json!("codex app-server")),
        "{entry}"
    );
    assert_eq!((&entry["threadIds"], &entry["own"]), (&json!([id_of(&first)]), &json!(false)), "{entry}");
    assert_eq!(entry["parent"]["pid"], std::process::id(), "{entry}");
    assert_eq!(entry["codexHome"], json!(test.directories.home.path()));
    let entry = process(exec.id().unwrap());
    assert_eq!(
        (&entry["kind"], &entry["cwd"]),
        (&json!("exec"), &json!(test.directories.workspace())),
        "{entry}"
    );
    assert_eq!(entry["threadIds"].as_array().unwrap().len(), 1, "{entry}");
    let started = entry["startedAt"].as_str().unwrap();
    assert!(started.starts_with("20") && started.ends_with('Z'), "{entry}");
    let own = running["processes"].as_array().unwrap().iter().filter(|process| process["own"] == true);
    assert_eq!(own.count(), 1, "{running}");

    let id = entry["threadIds"][0].as_str().unwrap();
    let thread = test.get(&format!("/codex/threads/{id}")).await.body["thread"].clone();
    assert_eq!((&thread["sourceKind"], &thread["surface"]), (&json!("exec"), &json!("cli")), "{thread}");
    test.model.release("exec");
    assert!(exec.wait().await.unwrap().success());
    let pid = other.pid;
    other.stop().await;
    eventually("the other process is no longer listed", || async {
        let running = test.get("/codex/running").await.body;
        let mut processes = running["processes"].as_array().unwrap().iter();
        processes.all(|process| process["pid"] != pid).then_some(())
    })
    .await;
}
