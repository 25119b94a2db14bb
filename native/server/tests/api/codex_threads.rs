//! `/codex/threads…`: lists of threads, and operations on them.

use codex::protocol::ThreadOptions;
use serde_json::{Value, json};
use testkit::HttpReply;

use crate::support::{TestBridge, another_owner, eventually};

pub(crate) const NO_THREAD: &str = "01a1fd83-d5a8-7d81-b8b0-48a1bd2f8294";

pub(crate) fn code(reply: &HttpReply) -> (u16, &str) {
    (reply.status.as_u16(), reply.body["code"].as_str().unwrap_or_default())
}

pub(crate) fn id_of(reply: &Value) -> &str {
    reply["conversationId"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_can_be_listed_and_read() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let second = test.create("second").await;
    test.wait_for_job(&second).await;

    let listed = test.get("/codex/threads").await.body;
    let threads = listed["threads"].as_array().unwrap();
    assert_eq!(threads.len(), 2, "{listed}");
    let newest = &threads[0];
    assert_eq!(newest["id"], second["conversationId"]);
    let expected = json!({
        "source": "vscode", "sourceKind": "vscode", "surface": "vscode", "originator": "codex-bridge",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&newest[field], value, "{field}: {newest}");
    }
    assert_eq!(newest["cwd"], json!(test.directories.workspace()));
    assert_eq!((&newest["laneId"], &newest["status"]), (&Value::Null, &json!("notLoaded")), "{newest}");
    assert_eq!(newest["lineage"]["children"], json!([]));

    let page = test.get("/codex/threads?limit=1").await.body;
    assert_eq!(page["threads"].as_array().unwrap().len(), 1);
    let cursor: String =
        page["nextCursor"].as_str().unwrap().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let rest = test.get(&format!("/codex/threads?limit=200&cursor={cursor}")).await.body;
    assert_eq!(rest["threads"][0]["id"], first["conversationId"], "{rest}");
    let exec_threads = test.get("/codex/threads?sourceKinds=exec,subAgent").await.body;
    assert_eq!(exec_threads["threads"], json!([]));

    let shown = test.get(&format!("/codex/threads/{}", id_of(&first))).await;
    assert_eq!((shown.status.as_u16(), &shown.body["thread"]["id"]), (200, &first["conversationId"]));
    assert_eq!(code(&test.get(&format!("/codex/threads/{NO_THREAD}")).await), (404, "thread_not_found"));
    for (query, field) in
        [("limit=0", "limit"), ("limit=201", "limit"), ("sourceKinds=cli,nope", "sourceKinds")]
    {
        let refused = test.get(&format!("/codex/threads?{query}")).await;
        assert_eq!(code(&refused), (400, "validation_error"), "{query}: {}", refused.body);
        assert_eq!(refused.body["details"]["field"], field, "{}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_started_thread_is_stored_unowned_and_keeps_its_model() {
    let test = TestBridge::start().await;
    let body = json!({
        "model": "another", "title": "A lane", "approvalPolicy": "never", "developerInstructions": "Be brief",
    });
    let started = test.post("/codex/threads/start", body).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let thread = &started.body["thread"];
    assert_eq!(
        (&thread["title"], &thread["cwd"]),
        (&json!("A lane"), &json!(test.directories.workspace())),
        "{thread}"
    );
    let id = thread["id"].as_str().unwrap();

    let other = another_owner(&test.directories, id).await;
    let resumed = eventually("the other process reports the model", || async {
        other.connection.thread_read(id, false).await.ok().filter(|thread| thread.model.is_some())
    })
    .await;
    assert_eq!(resumed.model.as_deref(), Some("another"));
    other.stop().await;

    let warned = test.post("/codex/threads/start", json!({"sandbox": "read-only"})).await.body;
    assert!(warned["warnings"][0].as_str().unwrap().starts_with("sandbox"), "{warned}");
    for (body, field) in [
        (json!({"title": " "}), "title"),
        (json!({"cwd": "/no/such/folder"}), "cwd"),
        (json!({"modelProvider": ""}), "modelProvider"),
        (json!({"sandbox": "nope"}), "sandbox"),
        (json!({"modle": "x"}), "modle"),
    ] {
        let refused = test.post("/codex/threads/start", body.clone()).await;
        assert_eq!(code(&refused), (400, "validation_error"), "{body}");
        assert_eq!(refused.body["details"]["field"], field, "{}", refused.body);
    }
    let turn = test.post(&format!("/codex/threads/{id}/turns/start"), json!({"input": "hello"})).await;
    assert_eq!(turn.status, 200, "{}", turn.body);
    test.wait_for_job(&turn.body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_can_be_forked_rolled_back_compacted_and_archived() {
    let test = TestBridge::start().await;
    let first = test.create("one").await;
    test.wait_for_job(&first).await;
    let id = id_of(&first);
    let path = |rest: &str| format!("/codex/threads/{id}{rest}");
    let mut turns = vec![first["turn"]["turnId"].clone()];
    for text in ["two", "three", "four"] {
        let next = test.post(&path("/turns/start"), json!({"input": text})).await.body;
        test.wait_for_job(&next).await;
        turns.push(next["turn"]["turnId"].clone());
    }
    let count = async |id: &str| -> usize {
        let shown = test.get(&format!("/conversations/{id}")).await.body;
        shown["conversation"]["turns"].as_array().unwrap_or_else(|| panic!("{shown}")).len()
    };

    let copy = test.post(&path("/fork"), json!({"lastTurnId": turns[0], "title": "A copy"})).await;
    assert_eq!(copy.status, 200, "{}", copy.body);
    let copy = &copy.body["thread"];
    assert_eq!(
        (&copy["title"], &copy["lineage"]["forkedFromThreadId"]),
        (&json!("A copy"), &json!(id)),
        "{copy}"
    );
    assert_eq!(count(copy["id"].as_str().unwrap()).await, 1);
    let both = test.post(&path("/fork"), json!({"lastTurnId": "a", "beforeTurnId": "b"})).await;
    assert_eq!(both.body["details"]["field"], "beforeTurnId", "{}", both.body);

    for (body, remaining) in
        [(json!({"numTurns": 1}), 3), (json!({"turns": 1}), 2), (json!({"turnId": turns[1]}), 1)]
    {
        let rolled_back = test.post(&path("/rollback"), body).await;
        assert_eq!(rolled_back.status, 200, "{}", rolled_back.body);
        assert_eq!(count(id).await, remaining);
    }
    for body in
        [json!({}), json!({"numTurns": 0}), json!({"numTurns": 1, "turns": 1}), json!({"turnId": "no"})]
    {
        assert_eq!(code(&test.post(&path("/rollback"), body).await), (400, "validation_error"));
    }
    for rest in ["/compact", "/compact/start"] {
        let compacted = test.post(&path(rest), json!({})).await;
        assert_eq!(compacted.status, 200, "{}", compacted.body);
    }

    assert_eq!(code(&test.post(&path("/unarchive"), json!({})).await), (409, "thread_not_archived"));
    assert_eq!(test.post(&path("/archive"), json!({})).await.status, 200);
    let again = test.post(&path("/archive"), json!({})).await;
    assert_eq!(code(&again), (409, "thread_archived"));
    assert_eq!(again.body["details"], json!({"threadId": id, "archived": true}));
    let turn = test.post(&path("/turns/start"), json!({"input": "x"})).await;
    assert_eq!(code(&turn), (409, "thread_archived"), "{}", turn.body);
    assert_eq!(test.post(&path("/unarchive"), json!({})).await.status, 200);

    for rest in ["/fork", "/archive", "/unarchive", "/compact", "/compact/start"] {
        let unknown = test.post(&format!("/codex/threads/{NO_THREAD}{rest}"), json!({})).await;
        assert_eq!(code(&unknown), (404, "thread_not_found"), "{rest}: {}", unknown.body);
        let odd = test.post(&path(rest), json!({"odd": 1})).await;
        assert_eq!(odd.body["details"]["field"], "odd", "{rest}: {}", odd.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_reported_as_loaded_while_its_turn_runs() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold gate").await;
    test.model.wait_until_held("gate").await;
    let id = id_of(&reply);
    let loaded = test.get("/codex/threads/loaded").await.body;
    assert_eq!(loaded["threadIds"], json!([id]), "{loaded}");
    assert_eq!(loaded["appServers"][0]["threadIds"], json!([id]), "{loaded}");
    let thread = test.get(&format!("/codex/threads/{id}")).await.body["thread"].clone();
    assert_eq!(thread["status"], "active", "{thread}");
    assert_eq!(
        (&thread["activeTurnId"], &thread["activeJobId"]),
        (&reply["turn"]["turnId"], &reply["job"]["jobId"])
    );
    assert_eq!(thread["owner"]["kind"], "bridge");
    let busy = test.post(&format!("/codex/threads/{id}/archive"), json!({})).await;
    assert_eq!(code(&busy), (409, "thread_busy"), "{}", busy.body);
    assert_eq!(busy.body["details"]["activeTurnId"], reply["turn"]["turnId"], "{}", busy.body);
    test.model.release("gate");
    test.wait_for_job(&reply).await;
    eventually("no thread is loaded", || async {
        let loaded = test.get("/codex/threads/loaded").await.body;
        (loaded["threadIds"] == json!([])).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_models_skills_and_apps_are_forwarded_from_codex() {
    let test = TestBridge::start().await;
    let models = test.get("/codex/model/list").await;
    assert_eq!(models.status, 200, "{}", models.body);
    assert_eq!(models.body["data"][0]["id"], "scripted", "{}", models.body);
    let skills = test.get("/codex/skills/list?forceReload=true").await.body;
    assert_eq!(skills["data"][0]["cwd"], json!(test.directories.workspace()), "{skills}");
    let apps = test.get("/codex/app/list?limit=5").await.body;
    assert_eq!((&apps["ok"], &apps["data"]), (&json!(true), &json!([])), "{apps}");
    assert_eq!(code(&test.get("/codex/app/list?limit=x").await), (400, "validation_error"));
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_can_be_started_steered_and_interrupted() {
    let test = TestBridge::start().await;
    let first = test.create("one").await;
    test.wait_for_job(&first).await;
    let id = id_of(&first);
    let path = |rest: &str| format!("/codex/threads/{id}/turns/{rest}");
    for (action, body) in [("steer", json!({"input": "x"})), ("interrupt", json!({}))] {
        let idle = test.post(&path(action), body).await;
        assert_eq!(code(&idle), (409, "no_active_turn"), "{}", idle.body);
        assert_eq!(idle.body["details"]["activeTurnId"], Value::Null);
    }

    let input = json!([{"type": "text", "text": "@model hold gate", "text_elements": []}]);
    let started =
        test.post(&path("start"), json!({"input": input, "expectedTurnId": first["turn"]["turnId"]})).await;
    assert_eq!(started.status, 200, "{}", started.body);
    assert_eq!((&started.body["threadId"], &started.body["delivery"]), (&json!(id), &json!("started")));
    let turn_id = started.body["turn"]["turnId"].clone();
    test.model.wait_until_held("gate").await;

    for action in ["start", "steer"] {
        let wrong =
            test.post(&path(action), json!({"input": "x", "expectedTurnId": first["turn"]["turnId"]})).await;
        assert_eq!(code(&wrong), (409, "turn_conflict"), "{}", wrong.body);
        assert_eq!(wrong.body["details"]["activeTurnId"], turn_id, "{}", wrong.body);
    }
    let wrong = test.post(&path("interrupt"), json!({"turnId": "other"})).await;
    assert_eq!((code(&wrong), &wrong.body["details"]["activeTurnId"]), ((409, "turn_conflict"), &turn_id));
    let steered = test.post(&path("steer"), json!({"input": "and this", "expectedTurnId": turn_id})).await;
    assert_eq!((steered.status.as_u16(), &steered.body["turnId"]), (200, &turn_id), "{}", steered.body);
    let interrupted = test.post(&path("interrupt"), json!({"turnId": turn_id})).await;
    assert_eq!(interrupted.status, 200, "{}", interrupted.body);
    assert_eq!(interrupted.body["job"]["failure"]["code"], "cancelled", "{}", interrupted.body);

    let stale =
        test.post(&path("start"), json!({"input": "x", "expectedTurnId": first["turn"]["turnId"]})).await;
    assert_eq!(code(&stale), (409, "turn_conflict"), "{}", stale.body);
    assert_eq!(stale.body["details"]["lastTurnId"], turn_id, "{}", stale.body);
    for (body, field) in [
        (json!({}), "input"),
        (json!({"input": " "}), "input"),
        (json!({"input": []}), "input"),
        (json!({"input": [{"text": "x"}]}), "input[0].type"),
        (json!({"input": [{"type": "text", "text": ""}]}), "input[0].text"),
        (json!({"input": "x", "odd": 1}), "odd"),
        (json!({"input": "x", "delivery": "odd"}), "delivery"),
    ] {
        let refused = test.post(&path("start"), body.clone()).await;
        assert_eq!(code(&refused), (400, "validation_error"), "{body}: {}", refused.body);
        let named = refused.body["details"]["field"].as_str().unwrap();
        // serde names a missing field only in its message.
        assert!(
            named == field || refused.body["error"].as_str().unwrap().contains(field),
            "{}",
            refused.body
        );
    }
    let unknown = format!("/codex/threads/{NO_THREAD}/turns");
    for (action, body) in
        [("start", json!({"input": "x"})), ("steer", json!({"input": "x"})), ("interrupt", json!({}))]
    {
        let reply = test.post(&format!("{unknown}/{action}"), body).await;
        assert_eq!(code(&reply), (404, "thread_not_found"), "{action}: {}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_of_two_turns_with_the_same_expected_turn_starts() {
    let test = TestBridge::start().await;
    let first = test.create("one").await;
    test.wait_for_job(&first).await;
    let path = format!("/codex/threads/{}/turns/start", id_of(&first));
    let body = json!({"input": "next", "expectedTurnId": first["turn"]["turnId"]});
    let (a, b) = tokio::join!(test.post(&path, body.clone()), test.post(&path, body));
    let mut jobs = Vec::new();
    for reply in [&a, &b] {
        match reply.status.as_u16() {
            200 => jobs.push(test.wait_for_job(&reply.body).await["status"].clone()),
            409 => assert_eq!(reply.body["code"], "turn_conflict", "{}", reply.body),
            _ => panic!("{}", reply.body),
        }
    }
    // The other request was refused at once, or it was queued and refused when it would have started.
    assert_eq!(jobs.iter().filter(|status| **status == "completed").count(), 1, "{} {}", a.body, b.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_owned_by_another_process_refuses_turn_requests() {
    let test = TestBridge::start().await;
    let first = test.create("one").await;
    test.wait_for_job(&first).await;
    let other = another_owner(&test.directories, id_of(&first)).await;
    let path = |action: &str| format!("/codex/threads/{}/turns/{action}", id_of(&first));
    for (action, body) in [
        ("start", json!({"input": "x", "expectedTurnId": first["turn"]["turnId"]})),
        ("start", json!({"input": "x", "delivery": "start"})),
    ] {
        let owned = test.post(&path(action), body).await;
        assert_eq!(code(&owned), (409, "conversation_owned_elsewhere"), "{}", owned.body);
    }
    if cfg!(target_os = "linux") {
        for (action, body) in [("steer", json!({"input": "x"})), ("interrupt", json!({}))] {
            let owned = test.post(&path(action), body).await;
            assert_eq!(code(&owned), (409, "conversation_owned_elsewhere"), "{}", owned.body);
            assert_eq!(owned.body["details"]["owner"]["pid"], other.pid, "{}", owned.body);
        }
    }
    let (started, _watch) = other.connection.thread_start(&ThreadOptions::default()).await.unwrap();
    assert!(!started.id.is_empty());
    other.stop().await;
}
