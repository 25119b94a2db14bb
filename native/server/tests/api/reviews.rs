//! Reviews: jobs whose turn Codex's reviewer runs.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::TestBridge;

/// Makes a git repository with an uncommitted change.
fn repository(directory: &Path) {
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        assert!(git.arg("-C").arg(directory).args(arguments).status().unwrap().success(), "{arguments:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    std::fs::write(directory.join("sum.py"), "def add(a, b):\n    return a + b\n").unwrap();
    git(&["add", "."]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "sum"]);
    std::fs::write(directory.join("sum.py"), "def add(a, b):\n    return a + b + 1\n").unwrap();
}

/// Returns the instructions that make the scripted model answer as a reviewer does.
fn instructions(file: &Path) -> String {
    let finding = json!({
        "title": "[P1] Do not add one",
        "body": "The sum is wrong.",
        "confidence_score": 0.9,
        "priority": 1,
        "code_location": { "absolute_file_path": file, "line_range": { "start": 2, "end": 2 } },
    });
    let review = json!({
        "findings": [finding],
        "overall_correctness": "patch is incorrect",
        "overall_explanation": "One bug.",
        "overall_confidence_score": 0.8,
    });
    format!("@model say {review}")
}

fn assert_reviewed(job: &Value, file: &Path) {
    assert_eq!(job["status"], "completed", "{job}");
    let expected = json!({
        "findings": [{
            "title": "[P1] Do not add one",
            "body": "The sum is wrong.",
            "file": file,
            "lines": { "start": 2, "end": 2 },
            "priority": 1,
            "confidence": 0.9,
        }],
        "verdict": { "correctness": "patch is incorrect", "explanation": "One bug.", "confidence": 0.8 },
    });
    assert_eq!(job["result"]["review"], expected, "{job}");
    assert!(job["result"]["text"].as_str().unwrap().contains("Do not add one"), "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_a_job_with_findings_in_a_conversation_of_its_own_or_a_given_one() {
    let test = TestBridge::start().await;
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path());
    let file = directory.path().join("sum.py");
    let target = json!({ "type": "custom", "instructions": instructions(&file) });
    let reply = test.post("/reviews", json!({ "target": target, "cwd": directory.path() })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_reviewed(&test.wait_for_job(&reply.body).await, &file);
    let listed = test.get("/conversations").await.body;
    assert_eq!(listed["conversations"][0]["conversationId"], reply.body["conversationId"], "{listed}");

    // The conversation takes further messages and reviews.
    let path = format!("/conversations/{}/messages", reply.body["conversationId"].as_str().unwrap());
    let next = test.post(&path, json!({ "message": "thanks" })).await.body;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: thanks");
    let body = json!({ "target": target, "conversationId": reply.body["conversationId"] });
    let again = test.post("/reviews", body).await;
    assert_eq!(again.body["conversationId"], reply.body["conversationId"], "{}", again.body);
    assert_reviewed(&test.wait_for_job(&again.body).await, &file);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reviewed_reaches_the_reviewer() {
    let test = TestBridge::start().await;
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path());
    for (target, message, prompt) in [
        (json!({ "type": "uncommittedChanges" }), "Review the uncommitted changes", "untracked files"),
        (json!({ "type": "baseBranch", "branch": "main" }), "Review the changes against main", "main"),
        (json!({ "type": "commit", "sha": "HEAD", "title": "sum" }), "Review the commit HEAD: sum", "HEAD"),
    ] {
        let reply = test.post("/reviews", json!({ "target": target, "cwd": directory.path() })).await;
        assert_eq!(reply.body["job"]["message"], message, "{}", reply.body);
        let job = test.wait_for_job(&reply.body).await;
        // The scripted model is no reviewer: its answer becomes the explanation.
        assert_eq!(job["result"]["review"]["findings"], json!([]), "{job}");
        let requests = test.model.requests();
        assert!(requests.last().unwrap().user_text().contains(prompt), "{target}");
    }
    let default = test.post("/reviews", json!({ "cwd": directory.path() })).await.body;
    assert_eq!(default["job"]["message"], "Review the uncommitted changes");
    test.wait_for_job(&default).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_can_be_cancelled() {
    let test = TestBridge::start().await;
    let target = json!({ "type": "custom", "instructions": "@model hold review" });
    let reply = test.post("/reviews", json!({ "target": target })).await.body;
    test.model.wait_until_held("review").await;
    let path = format!("/conversations/{}", reply["conversationId"].as_str().unwrap());
    let activity = test.get(&path).await.body["conversation"]["activity"].clone();
    assert_eq!(
        (&activity["kind"], &activity["jobId"]),
        (&json!("review"), &reply["job"]["jobId"]),
        "{activity}"
    );
    let cancel = format!("/jobs/{}/cancel", reply["job"]["jobId"].as_str().unwrap());
    let job = test.post(&cancel, json!({})).await.body["job"].clone();
    assert_eq!(job["outcome"], "cancelled", "{job}");
    let next = test.post(&format!("{path}/messages"), json!({ "message": "still there?" })).await.body;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: still there?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_can_be_reviewed() {
    let test = TestBridge::start().await;
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path());
    let file = directory.path().join("sum.py");
    let lane = json!({ "laneId": "reviewed", "repoRoot": directory.path() });
    assert_eq!(test.post("/lanes", lane).await.status, 200);
    let target = json!({ "type": "custom", "instructions": instructions(&file) });
    let reply = test.post("/reviews", json!({ "target": target, "laneId": "reviewed" })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["job"]["laneId"], "reviewed");
    assert_reviewed(&test.wait_for_job(&reply.body).await, &file);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_of_nothing_is_refused() {
    let test = TestBridge::start().await;
    let cases = [
        (json!({ "target": { "type": "baseBranch", "branch": " " } }), "target.branch"),
        (json!({ "target": { "type": "everything" } }), "target.type"),
        (json!({ "target": { "type": "commit" } }), "target"),
        (json!({ "conversationId": "a", "laneId": "b" }), "laneId"),
        (json!({ "laneId": "b", "odd": 1 }), "odd"),
        (json!({ "conversationId": "01a1fce0-42ba-71f2-bb54-5ee94c4439d6", "cwd": "/tmp" }), "cwd"),
    ];
    for (body, field) in cases {
        let reply = test.post("/reviews", body.clone()).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["details"]["field"]),
            (400, &json!(field)),
            "{body}: {}",
            reply.body
        );
    }
}
