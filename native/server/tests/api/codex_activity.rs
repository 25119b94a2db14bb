//! `/codex/active`, `/codex/running`, with other Codex processes beside the bridge.

use std::process::Stdio;

use serde_json::{Value, json};
use testkit::codex_binary;

use crate::codex_threads::{code, id_of};
use crate::support::{TestBridge, another_owner, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn threads_in_use_are_filtered_and_sorted() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.ended_of(&first).await;
    let held = test.create("@model hold gate").await;
    test.model.wait_until_held("gate").await;
    let other = another_owner(&test.folders, id_of(&first)).await;

    let active = async |query: &str| -> Vec<Value> {
        let reply = test.get(&format!("/codex/active?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        reply.body["threads"].as_array().unwrap().clone()
    };
    let all = active("windowSec=3600").await;
    assert_eq!(all.len(), 2, "{all:?}");
    let of = |id: &str| all.iter().find(|thread| thread["id"] == id).unwrap();
    assert_eq!(of(id_of(&held))["activeBecause"], json!(["turn", "owner", "recent"]));
    if cfg!(target_os = "linux") {
        assert_eq!(of(id_of(&first))["activeBecause"], json!(["owner", "recent"]));
        assert_eq!(of(id_of(&first))["owner"]["pid"], other.pid);
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
    test.ended_of(&held).await;
    other.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_processes_of_this_machine_are_told_with_what_they_have() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.ended_of(&first).await;
    let other = another_owner(&test.folders, id_of(&first)).await;
    let mut exec = tokio::process::Command::new(codex_binary())
        .args(["exec", "--skip-git-repo-check", "@model hold exec"])
        .current_dir(test.folders.workspace())
        .env("CODEX_HOME", test.folders.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    test.model.wait_until_held("exec").await;

    let running = test.get("/codex/running").await.body;
    // Other tests of this user run other processes.
    assert!(["processes", "inferred"].contains(&running["mode"].as_str().unwrap()), "{running}");
    let process = |pid: u32| -> &Value {
        let mut processes = running["processes"].as_array().unwrap().iter();
        processes.find(|process| process["pid"] == pid).unwrap_or_else(|| panic!("{running}"))
    };
    let its = process(other.pid);
    assert_eq!((&its["kind"], &its["program"]), (&json!("app-server"), &json!("codex app-server")), "{its}");
    assert_eq!((&its["threadIds"], &its["own"]), (&json!([id_of(&first)]), &json!(false)), "{its}");
    assert_eq!(its["parent"]["pid"], std::process::id(), "{its}");
    assert_eq!(its["codexHome"], json!(test.folders.home.path()));
    let its = process(exec.id().unwrap());
    assert_eq!((&its["kind"], &its["cwd"]), (&json!("exec"), &json!(test.folders.workspace())), "{its}");
    assert_eq!(its["threadIds"].as_array().unwrap().len(), 1, "{its}");
    let started = its["startedAt"].as_str().unwrap();
    assert!(started.starts_with("20") && started.ends_with('Z'), "{its}");
    let own = running["processes"].as_array().unwrap().iter().filter(|process| process["own"] == true);
    assert_eq!(own.count(), 1, "{running}");

    let id = its["threadIds"][0].as_str().unwrap();
    let thread = test.get(&format!("/codex/threads/{id}")).await.body["thread"].clone();
    assert_eq!((&thread["sourceKind"], &thread["surface"]), (&json!("exec"), &json!("cli")), "{thread}");
    test.model.release("exec");
    assert!(exec.wait().await.unwrap().success());
    let pid = other.pid;
    other.stop().await;
    eventually("the other process is gone", || async {
        let running = test.get("/codex/running").await.body;
        let mut processes = running["processes"].as_array().unwrap().iter();
        processes.all(|process| process["pid"] != pid).then_some(())
    })
    .await;
}
