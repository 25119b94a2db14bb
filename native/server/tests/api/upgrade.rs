//! Conversations of `codex exec`. The history does not show them, so they continue as copies that it shows.

use std::process::Stdio;

use serde_json::{Value, json};
use server::Bridge;
use testkit::{HttpClient, codex_binary};
use tokio::process::Command;

use crate::support::{Directories, TestBridge};

/// Creates a conversation with `codex exec` and returns its id.
async fn exec_conversation(directories: &Directories, message: &str) -> String {
    let output = Command::new(codex_binary())
        .args(["exec", "--json", "--skip-git-repo-check", message])
        .current_dir(directories.workspace())
        .env("CODEX_HOME", directories.home.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let output_lines = String::from_utf8(output.stdout).unwrap();
    let events = output_lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let started = events.into_iter().find(|event| event["type"] == "thread.started");
    started.unwrap_or_else(|| panic!("{output_lines}"))["thread_id"].as_str().unwrap().to_owned()
}

fn messages_path(conversation_id: &str) -> String {
    format!("/conversations/{conversation_id}/messages")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exec_conversation_continues_as_a_copy_that_survives_a_restart() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.directories, "the first words").await;
    let reply = test.post(&messages_path(&exec), json!({"message": "go on"})).await.body;
    let copy = reply["conversationId"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    assert_ne!(copy, exec);
    for view in [&reply, &reply["turn"], &reply["job"]] {
        assert_eq!(view["requestedConversationId"], exec, "{view}");
        assert_eq!(view["upgradedFromConversationId"], exec, "{view}");
        assert_eq!(view["conversationId"], copy, "{view}");
    }
    assert_eq!(reply["delivery"], "started");
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "You said: go on", "{job}");
    let last = test.model.requests().last().unwrap().body().to_string();
    assert!(last.contains("the first words"), "the copy contains the whole conversation");
    let shown = test.get(&format!("/conversations/{copy}?turns=false")).await.body;
    assert_eq!(shown["conversation"]["source"], "vscode", "{shown}");

    let again = test.post(&messages_path(&exec), json!({"message": "and on"})).await.body;
    assert_eq!(
        (&again["conversationId"], &again["upgradedFromConversationId"]),
        (&json!(copy), &json!(exec))
    );
    test.wait_for_job(&again).await;
    test.bridge.stop().await;

    let next = Bridge::start(test.directories.config(), None).await.unwrap();
    let client = HttpClient::new(next.url());
    let later =
        client.post(&messages_path(&exec), &json!({"message": "after a restart"})).await.unwrap().body;
    assert_eq!((&later["conversationId"], &later["requestedConversationId"]), (&json!(copy), &json!(exec)));
    let path = format!("/jobs/{}?waitMs=30000", later["job"]["jobId"].as_str().unwrap());
    let job = client.get(&path).await.unwrap().body["job"].clone();
    assert_eq!(job["result"]["text"], "You said: after a restart", "{job}");
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_messages_to_an_exec_conversation_share_one_copy() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.directories, "the first words").await;
    let sent: Vec<_> = (0..4)
        .map(|number| {
            let (client, path) = (test.client.clone(), messages_path(&exec));
            let body = json!({"message": format!("number {number}")});
            tokio::spawn(async move { client.post(&path, &body).await.unwrap().body })
        })
        .collect();
    let mut copies = Vec::new();
    for (number, reply) in sent.into_iter().enumerate() {
        let reply = reply.await.unwrap();
        let job = test.wait_for_job(&reply).await;
        assert_eq!(job["result"]["text"], format!("You said: number {number}"), "{job}");
        assert_eq!(job["upgradedFromConversationId"], exec, "{job}");
        copies.push(job["conversationId"].clone());
    }
    copies.dedup();
    assert_eq!(copies.len(), 1, "{copies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exec_conversation_is_not_copied_if_the_request_forbids_it() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.directories, "the first words").await;
    let body = json!({"message": "go on", "upgradeLegacyExecConversations": false});
    let reply = test.post(&messages_path(&exec), body).await.body;
    assert_eq!(
        (&reply["conversationId"], &reply["upgradedFromConversationId"]),
        (&json!(exec), &Value::Null)
    );
    assert_eq!(test.wait_for_job(&reply).await["result"]["text"], "You said: go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_copy_is_created_again() {
    let test = TestBridge::start().await;
    let exec = exec_conversation(&test.directories, "the first words").await;
    // This creates the copy, which is deleted afterwards.
    let body = json!({"message": "never", "model": "scripted", "sendTimeoutMs": 60000});
    let reply = test.post(&messages_path(&exec), body).await.body;
    test.wait_for_job(&reply).await;
    let copy = reply["conversationId"].as_str().unwrap();
    delete_rollout(test.directories.home.path(), copy);
    let again = test.post(&messages_path(&exec), json!({"message": "again"})).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_ne!(again.body["conversationId"], copy);
    assert_eq!(test.wait_for_job(&again.body).await["result"]["text"], "You said: again");
}

fn delete_rollout(directory: &std::path::Path, thread_id: &str) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            delete_rollout(&path, thread_id);
        } else if path.to_string_lossy().contains(thread_id) {
            std::fs::remove_file(path).unwrap();
        }
    }
}
