//! What runs on a conversation without a message of the bridge: goals that Codex continues, and reviews.

use serde_json::{Value, json};

use crate::support::{TestBridge, eventually};

fn path(conversation: &Value, rest: &str) -> String {
    format!("/conversations/{}{rest}", conversation["conversationId"].as_str().unwrap())
}

async fn create(test: &TestBridge, message: &str, more: Value) -> Value {
    let mut body = json!({"message": message, "approvalPolicy": "never"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    test.post("/conversations", body).await.body
}

/// Waits until nothing runs on the conversation and the bridge does not hold it.
async fn idle(test: &TestBridge, conversation: &Value) -> Value {
    eventually("the conversation is idle", || async {
        let view = test.get(&path(conversation, "")).await.body["conversation"].clone();
        (view["activity"].is_null() && view["owner"]["kind"] != "bridge").then_some(view)
    })
    .await
}

const COUNT: &str = "count to three\n\
    @model call create_goal {\"objective\": \"count to three\"}\n\
    @model say one\n\
    @model next\n\
    @model say two\n\
    @model next\n\
    @model call update_goal {\"status\": \"complete\"}\n\
    @model say three";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_until_its_goal_is_complete() {
    let test = TestBridge::start().await;
    let first = create(&test, COUNT, json!({})).await;
    let job = test.wait_for_job(&first).await;
    assert_eq!((&job["status"], &job["result"]["text"]), (&json!("completed"), &json!("three")), "{job}");
    assert_eq!(job["goal"]["objective"], "count to three");
    assert_eq!(job["goal"]["status"], "complete", "{job}");
    let turns: Vec<&str> = job["turns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(turns.len(), 3, "{job}");
    assert_eq!(job["turnId"].as_str(), turns.last().copied());

    let view = idle(&test, &first).await;
    let stored: Vec<(&str, &str)> = view["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| (turn["turnId"].as_str().unwrap(), turn["status"].as_str().unwrap()))
        .collect();
    let expected: Vec<(&str, &str)> = turns.iter().map(|turn| (*turn, "completed")).collect();
    assert_eq!(stored, expected, "the goal ran to its end, and no turn was interrupted");
    let goal = test.get(&path(&first, "/goal")).await.body;
    assert_eq!(goal["goal"]["status"], "complete", "{goal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_can_pause_the_goal_that_its_turn_sets() {
    let test = TestBridge::start().await;
    let first = create(&test, COUNT, json!({"goal": "pause"})).await;
    let job = test.wait_for_job(&first).await;
    assert_eq!((&job["status"], &job["result"]["text"]), (&json!("completed"), &json!("one")), "{job}");
    assert_eq!(job["goal"]["status"], "paused", "{job}");
    assert!(job["warnings"][0].as_str().unwrap().starts_with("goal: "), "{job}");
    let view = idle(&test, &first).await;
    assert_eq!(view["turns"].as_array().unwrap().len(), 1, "{view}");

    let refused = test.post("/conversations", json!({"message": "x", "goal": "later"})).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body["error"].as_str().unwrap().contains("`continue` or `pause`"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_job_pauses_its_goal() {
    let test = TestBridge::start().await;
    let message =
        "@model call create_goal {\"objective\": \"wait\"}\n@model say one\n@model next\n@model hold gate";
    let first = create(&test, message, json!({})).await;
    test.model.wait_until_held("gate").await;
    let running = test.get(&path(&first, "")).await.body["conversation"].clone();
    assert_eq!(running["activity"]["kind"], "goal", "{running}");
    assert_eq!(running["activity"]["startedBy"], "job", "{running}");
    assert_eq!(running["activity"]["jobId"], first["job"]["jobId"], "{running}");
    assert_eq!(running["goal"]["status"], "active", "{running}");

    let job_path = format!("/jobs/{}/cancel", first["job"]["jobId"].as_str().unwrap());
    let cancelled = test.post(&job_path, json!({})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let job = test.wait_for_job(&first).await;
    assert_eq!(job["failure"]["code"], "cancelled", "{job}");
    idle(&test, &first).await;
    let goal = test.get(&path(&first, "/goal")).await.body;
    assert_eq!(goal["goal"]["status"], "paused", "{goal}");
    test.model.release("gate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_runs_between_the_turns_of_a_goal_that_was_set_before() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    idle(&test, &first).await;
    let goal = test.put(&path(&first, "/goal"), json!({"objective": "be done", "tokenBudget": 90_000})).await;
    assert_eq!(
        (goal.status.as_u16(), &goal.body["goal"]["status"]),
        (200, &json!("active")),
        "{}",
        goal.body
    );

    // Codex starts a turn for the goal as soon as the conversation is loaded.
    let message = "and now\n@model say between\n@model next\n@model call update_goal {\"status\": \"complete\"}\n\
                   @model say done";
    let sent = test.post(&path(&first, "/messages"), json!({"message": message})).await.body;
    let job = test.wait_for_job(&sent).await;
    assert_eq!((&job["status"], &job["result"]["text"]), (&json!("completed"), &json!("done")), "{job}");
    assert_eq!(job["goal"]["status"], "complete", "{job}");
    assert_eq!(job["goal"]["tokenBudget"], 90_000, "{job}");
    let view = idle(&test, &first).await;
    for turn in view["turns"].as_array().unwrap() {
        assert_eq!(turn["status"], "completed", "{view}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_is_read_changed_and_removed() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let goal = path(&first, "/goal");
    assert_eq!(test.get(&goal).await.body["goal"], Value::Null);
    for (body, field) in [
        (json!({}), "objective"),
        (json!({"status": "paused"}), "objective"),
        (json!({"objective": " "}), "objective"),
        (json!({"objective": "x", "tokenBudget": 0}), "tokenBudget"),
        (json!({"objective": "x", "status": "complete"}), "status"),
    ] {
        let refused = test.put(&goal, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert!(refused.body["error"].as_str().unwrap().contains(field), "{body}: {}", refused.body);
    }
    let set = test.put(&goal, json!({"objective": "x", "status": "paused"})).await.body;
    assert_eq!((&set["goal"]["objective"], &set["goal"]["status"]), (&json!("x"), &json!("paused")), "{set}");
    assert_eq!(test.get(&goal).await.body["goal"], set["goal"]);
    assert_eq!(test.delete(&goal).await.body["goal"], Value::Null);
    assert_eq!(test.get(&goal).await.body["goal"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_codex_starts_in_a_lane_is_shown_and_can_be_interrupted() {
    let test = TestBridge::start().await;
    let lane = json!({"laneId": "goal", "repoRoot": test.directories.workspace(), "sandbox": "read-only"});
    test.post("/lanes", lane).await;
    let prompt = json!({"input": "hello\n@model say hi\n@model next\n@model hold gate"});
    let prompted = test.post("/lanes/goal/prompt", prompt).await.body;
    let thread_id = prompted["lane"]["threadId"].clone();
    let conversation = json!({"conversationId": thread_id});
    eventually("the lane's turn has ended", || async {
        let lane = test.get("/lanes/goal").await.body;
        (lane["lane"]["status"] == "done" && lane["activity"].is_null()).then_some(())
    })
    .await;
    let idle = test.post(&path(&conversation, "/interrupt"), json!({})).await;
    assert_eq!((idle.status.as_u16(), &idle.body["code"]), (409, &json!("no_active_turn")), "{}", idle.body);

    // The lane's session has the thread loaded, so Codex pursues the goal at once.
    test.put(&path(&conversation, "/goal"), json!({"objective": "never ends"})).await;
    test.model.wait_until_held("gate").await;
    let activity = test.get("/lanes/goal").await.body["activity"].clone();
    assert_eq!((&activity["kind"], &activity["startedBy"]), (&json!("goal"), &json!("codex")), "{activity}");
    let thread = test.get(&format!("/codex/threads/{}", thread_id.as_str().unwrap())).await.body;
    assert_eq!(thread["thread"]["activity"], activity, "{thread}");
    assert_eq!(
        (&thread["thread"]["status"], &thread["thread"]["activeTurnId"]),
        (&json!("active"), &activity["turnId"])
    );
    let mut events = test.client.events("/events?after=0&type=conversation.activity.changed").await.unwrap();
    let started = events.next().await.unwrap();
    assert_eq!(started.data["payload"]["activity"]["startedBy"], "codex", "{started:?}");

    let interrupted = test.post("/lanes/goal/interrupt", json!({})).await;
    assert_eq!(interrupted.status, 200, "{}", interrupted.body);
    eventually("nothing runs in the lane", || async {
        test.get("/lanes/goal").await.body["activity"].is_null().then_some(())
    })
    .await;
    let goal = test.get(&path(&conversation, "/goal")).await.body;
    assert_eq!(goal["goal"]["status"], "paused", "{goal}");
    test.model.release("gate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_by_a_raw_call_leaves_the_conversation_usable() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let target = json!({"type": "custom", "instructions": "look around\n@model hold review"});
    let params = json!({"threadId": first["conversationId"], "target": target});
    let review = test.post("/codex/rpc", json!({"method": "review/start", "params": params})).await;
    assert_eq!(review.status, 200, "{}", review.body);
    test.model.wait_until_held("review").await;
    let running = test.get(&path(&first, "")).await.body["conversation"].clone();
    let activity = &running["activity"];
    assert_eq!((&activity["kind"], &activity["startedBy"]), (&json!("review"), &json!("call")), "{running}");

    // Nobody waits without a limit for what is no job.
    let late = json!({"message": "at once", "delivery": "start", "sendTimeoutMs": 300});
    let late = test.post(&path(&first, "/messages"), late).await;
    assert_eq!((late.status.as_u16(), &late.body["code"]), (504, &json!("send_timeout")), "{}", late.body);
    let waiting = json!({"message": "afterwards", "sendTimeoutMs": 300});
    let waiting = test.post(&path(&first, "/messages"), waiting).await.body;
    assert_eq!(waiting["delivery"], "queued", "{waiting}");
    test.model.release("review");
    assert_eq!(test.wait_for_job(&waiting).await["result"]["text"], "You said: afterwards");
    idle(&test, &first).await;
    let released = test.post(&path(&first, "/release"), json!({})).await;
    assert_eq!(released.status, 200, "{}", released.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_agent_that_outlives_its_parents_turn_can_still_ask() {
    let test = TestBridge::start().await;
    let child = "@model hold child\n@model escalate touch asked-by-a-child";
    let arguments = json!({"message": child, "agent_type": "default"});
    let message =
        format!("delegate\n@model call multi_agent_v1/spawn_agent {arguments}\n@model say delegated");
    let body = json!({"message": message, "approvalPolicy": "on-request", "sandbox": "read-only"});
    let parent = test.post("/conversations", body).await.body;
    let job = test.wait_for_job(&parent).await;
    assert_eq!((&job["status"], &job["result"]["text"]), (&json!("completed"), &json!("delegated")), "{job}");
    test.model.wait_until_held("child").await;
    // The parent itself is idle, so it takes a message at once.
    let meanwhile = json!({"message": "meanwhile", "delivery": "reject"});
    let meanwhile = test.post(&path(&parent, "/messages"), meanwhile).await.body;
    assert_eq!(test.wait_for_job(&meanwhile).await["result"]["text"], "You said: meanwhile");
    test.model.release("child");
    let approval = eventually("the sub-agent asks", || async {
        let approvals = test.get("/approvals?status=pending").await.body["approvals"].clone();
        approvals.as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(approval["parentConversationId"], parent["conversationId"], "{approval}");
    assert_eq!(approval["jobId"], job["jobId"], "the job that started the sub-agent: {approval}");
    assert_ne!(approval["conversationId"], parent["conversationId"]);
    let resolve = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    assert_eq!(test.post(&resolve, json!({"decision": "approve"})).await.status, 200);
    let created = test.directories.workspace().join("asked-by-a-child");
    eventually("the approved command has run", || async { created.exists().then_some(()) }).await;
    idle(&test, &parent).await;
}
