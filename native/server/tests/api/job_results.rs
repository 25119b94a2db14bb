//! What a job tells about its turn: while it runs, and when it did not complete.

use serde_json::{Value, json};

use crate::support::{TestBridge, eventually};

const HALF: &str = "work\n\
    @model plan\n\
    @model patch made.txt\n\
    @model begin half-\n\
    @model hold answer\n\
    @model say answer";

async fn start(test: &TestBridge, message: &str) -> Value {
    let body = json!({"message": message, "dangerouslyBypassApprovalsAndSandbox": true});
    test.post("/conversations", body).await.body["job"].clone()
}

/// Waits until the running job shows the beginning of its answer.
async fn half(test: &TestBridge, job: &Value) -> Value {
    let path = format!("/jobs/{}", job["jobId"].as_str().unwrap());
    eventually("the job shows half of its answer", || async {
        let job = test.get(&path).await.body["job"].clone();
        (job["progress"]["text"] == "half-").then_some(job)
    })
    .await
}

fn assert_has_plan_and_diff(produced: &Value) {
    assert_eq!(produced["plan"]["plan"].as_array().map(Vec::len), Some(3), "{produced}");
    assert!(produced["diff"].as_str().is_some_and(|diff| diff.contains("made.txt")), "{produced}");
    assert!(produced["tokenUsage"]["totalTokens"].as_u64().is_some_and(|total| total > 0), "{produced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_shows_its_progress_and_a_cancelled_one_keeps_it() {
    let test = TestBridge::start().await;
    let job = half(&test, &start(&test, HALF).await).await;
    assert_eq!(
        (&job["status"], &job["outcome"], &job["result"]),
        (&json!("running"), &Value::Null, &Value::Null)
    );
    assert_has_plan_and_diff(&job["progress"]);

    let path = format!("/jobs/{}/cancel", job["jobId"].as_str().unwrap());
    let cancelled = test.post(&path, json!({})).await.body["job"].clone();
    assert_eq!((&cancelled["status"], &cancelled["outcome"]), (&json!("failed"), &json!("cancelled")));
    let result = &cancelled["result"];
    assert_eq!((&result["text"], &result["partial"]), (&json!("half-"), &json!(true)), "{cancelled}");
    assert_has_plan_and_diff(result);
    assert_eq!(cancelled["progress"], Value::Null);

    let listed = test.get("/jobs?outcome=cancelled").await.body;
    assert_eq!(listed["jobs"], json!([cancelled]));
    assert_eq!(test.get("/jobs?outcome=failed").await.body["jobs"], json!([]));
    let counts = test.get("/health").await.body["status"]["jobs"].clone();
    assert_eq!((&counts["failed"], &counts["cancelled"]), (&json!(1), &json!(1)), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_completes_has_the_whole_answer() {
    let test = TestBridge::start().await;
    let job = start(&test, HALF).await;
    half(&test, &job).await;
    test.model.release("answer");
    let job = test.wait_for_job(&json!({ "job": job })).await;
    assert_eq!((&job["outcome"], &job["result"]["partial"]), (&json!("completed"), &json!(false)), "{job}");
    assert_eq!(job["result"]["text"], "half-answer", "{job}");
    assert_has_plan_and_diff(&job["result"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_command_is_shown_while_it_runs() {
    let test = TestBridge::start().await;
    let job = start(&test, "@model run sleep 5\n@model say slept").await;
    let path = format!("/jobs/{}", job["jobId"].as_str().unwrap());
    let command = eventually("the job shows its command", || async {
        let command = test.get(&path).await.body["job"]["progress"]["command"].clone();
        command.is_object().then_some(command)
    })
    .await;
    assert!(command["command"].as_str().unwrap().contains("sleep 5"), "{command}");
    assert!(command["cwd"].is_string(), "{command}");
    test.post(&format!("{path}/cancel"), json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_its_cause() {
    let test = TestBridge::start().await;
    let cases = [
        ("@model limit 7200", "usage_limit", Value::Null),
        ("@model overflow", "context_window", Value::Null),
        ("@model fail 401", "unauthorized", json!(401)),
        ("@model fail 400", "other", Value::Null),
    ];
    for (message, cause, http_status) in cases {
        let job = test.wait_for_job(&test.create(message).await).await;
        let failure = &job["failure"];
        assert_eq!((&failure["code"], &failure["cause"]), (&json!("turn_failed"), &json!(cause)), "{job}");
        assert_eq!(failure["httpStatus"], http_status, "{message}: {failure}");
        assert_eq!(job["outcome"], "failed");
        let retry_at = failure["retryAt"].as_str();
        assert_eq!(retry_at.is_some(), cause == "usage_limit", "{message}: {failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_schema_is_returned_as_json_if_it_matches() {
    let test = TestBridge::start().await;
    let schema = json!({
        "type": "object", "properties": { "sum": { "type": "integer" } }, "required": ["sum"],
        "additionalProperties": false,
    });
    let ask = async |answer: &str| {
        let message = format!("@model say {answer}");
        let body =
            json!({ "message": message, "outputSchema": schema, "effort": "high", "summary": "concise" });
        test.wait_for_job(&test.post("/conversations", body).await.body).await
    };
    let job = ask(r#"{"sum": 3}"#).await;
    assert_eq!((&job["result"]["json"], &job["warnings"]), (&json!({ "sum": 3 }), &json!([])), "{job}");
    let sent = test.model.requests().last().unwrap().body().clone();
    assert_eq!(sent["text"]["format"]["schema"], schema);
    assert_eq!(sent["reasoning"], json!({ "effort": "high", "summary": "concise" }), "{}", sent["reasoning"]);

    let job = ask("three").await;
    assert_eq!((&job["status"], &job["result"]["json"]), (&json!("completed"), &Value::Null), "{job}");
    assert!(job["warnings"][0].as_str().unwrap().starts_with("result.json: "), "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_in_a_git_repository_have_their_titles() {
    let test = TestBridge::start().await;
    let directory = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        assert!(git.arg("-C").arg(directory.path()).args(arguments).status().unwrap().success());
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"]);
    for number in 0..3 {
        let title = format!("title {number}");
        let body = json!({ "message": "hi", "title": title, "cwd": directory.path() });
        let reply = test.post("/conversations", body).await.body;
        let path = format!("/conversations/{}?turns=false", reply["conversationId"].as_str().unwrap());
        eventually("the conversation has its title", || async {
            (test.get(&path).await.body["conversation"]["title"] == *title).then_some(())
        })
        .await;
        assert_eq!(test.wait_for_job(&reply).await["warnings"], json!([]));
    }
}
