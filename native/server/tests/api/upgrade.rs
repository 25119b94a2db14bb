//! Conversations of `codex exec`, which the history does not show, go on as copies that it does.

use std::process::Stdio;

use serde_json::{Value, json};
use server::Bridge;
use testkit::{HttpClient, codex_binary};
use tokio::process::Command;

use crate::support::{Folders, TestBridge};

/// A conversation as `codex exec` leaves it; its id.
async fn exec_conversation(folders: &Folders, message: &str) -> String {
    let output = Command::new(codex_binary())
        .args(["exec", "--json", "--skip-git-repo-check", message])
        .current_dir(folders.workspace())
        .env("CODEX_HOME", folders.home.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let events = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let started = events.into_iter().find(|event| event["type"] == "thread.started");
    started.unwrap_or_else(|| panic!("{said}"))["thread_id"].as_str().unwrap().to_owned()
}

fn messages(conversation_id: &str) -> String {
    format!("/conversations/{conversation_id}/messages")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_exec_goes_on_as_a_copy_that_is_kept_over_a_restart() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.folders, "the first words").await;
    let reply = test.post(&messages(&exec), json!({"message": "go on"})).await.body;
    let copy = reply["conversationId"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    assert_ne!(copy, exec);
    for view in [&reply, &reply["turn"], &reply["job"]] {
        assert_eq!(view["requestedConversationId"], exec, "{view}");
        assert_eq!(view["upgradedFromConversationId"], exec, "{view}");
        assert_eq!(view["conversationId"], copy, "{view}");
    }
    assert_eq!(reply["delivery"], "started");
    let job = test.ended_of(&reply).await;
    assert_eq!(job["result"]["text"], "You said: go on", "{job}");
    let last = test.model.requests().last().unwrap().body().to_string();
    assert!(last.contains("the first words"), "the copy has the whole conversation");
    let shown = test.get(&format!("/conversations/{copy}?turns=false")).await.body;
    assert_eq!(shown["conversation"]["source"], "vscode", "{shown}");

    let again = test.post(&messages(&exec), json!({"message": "and on"})).await.body;
    assert_eq!(
        (&again["conversationId"], &again["upgradedFromConversationId"]),
        (&json!(copy), &json!(exec))
    );
    test.ended_of(&again).await;
    test.bridge.stop().await;

    let next = Bridge::start(test.folders.config(), None).await.unwrap();
    let client = HttpClient::new(next.url());
    let later = client.post(&messages(&exec), &json!({"message": "after a restart"})).await.unwrap().body;
    assert_eq!((&later["conversationId"], &later["requestedConversationId"]), (&json!(copy), &json!(exec)));
    let path = format!("/jobs/{}?waitMs=30000", later["job"]["jobId"].as_str().unwrap());
    let job = client.get(&path).await.unwrap().body["job"].clone();
    assert_eq!(job["result"]["text"], "You said: after a restart", "{job}");
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_at_once_to_a_conversation_of_exec_go_to_one_copy() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.folders, "the first words").await;
    let sent: Vec<_> = (0..4)
        .map(|number| {
            let (client, path) = (test.client.clone(), messages(&exec));
            let body = json!({"message": format!("number {number}")});
            tokio::spawn(async move { client.post(&path, &body).await.unwrap().body })
        })
        .collect();
    let mut copies = Vec::new();
    for (number, reply) in sent.into_iter().enumerate() {
        let reply = reply.await.unwrap();
        let job = test.ended_of(&reply).await;
        assert_eq!(job["result"]["text"], format!("You said: number {number}"), "{job}");
        assert_eq!(job["upgradedFromConversationId"], exec, "{job}");
        copies.push(job["conversationId"].clone());
    }
    copies.dedup();
    assert_eq!(copies.len(), 1, "{copies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_exec_is_kept_where_that_is_asked_for() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.folders, "the first words").await;
    let body = json!({"message": "go on", "upgradeLegacyExecConversations": false});
    let reply = test.post(&messages(&exec), body).await.body;
    assert_eq!(
        (&reply["conversationId"], &reply["upgradedFromConversationId"]),
        (&json!(exec), &Value::Null)
    );
    assert_eq!(test.ended_of(&reply).await["result"]["text"], "You said: go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_lost_is_made_again() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.folders, "the first words").await;
    // The copy is made, and its turn never begins.
    let body = json!({"message": "never", "model": "scripted", "sendTimeoutMs": 60000});
    let reply = test.post(&messages(&exec), body).await.body;
    test.ended_of(&reply).await;
    let copy = reply["conversationId"].as_str().unwrap();
    delete_rollout(test.folders.home.path(), copy);
    let again = test.post(&messages(&exec), json!({"message": "again"})).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_ne!(again.body["conversationId"], copy);
    assert_eq!(test.ended_of(&again.body).await["result"]["text"], "You said: again");
}

fn delete_rollout(folder: &std::path::Path, thread_id: &str) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            delete_rollout(&path, thread_id);
        } else if path.to_string_lossy().contains(thread_id) {
            std::fs::remove_file(path).unwrap();
        }
    }
}
