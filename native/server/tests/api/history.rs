//! Codex's own history, and operations on a conversation.

use serde_json::{Value, json};

use crate::support::{TestBridge, another_owner, eventually};

fn path(conversation: &Value, rest: &str) -> String {
    format!("/conversations/{}{rest}", conversation["conversationId"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_listed_with_title_and_owner() {
    let test = TestBridge::start().await;
    let first = test.create("Find the bug\nand fix it").await;
    test.wait_for_job(&first).await;
    let second = test.post("/conversations", json!({"message": "x", "title": "My own title"})).await.body;
    test.wait_for_job(&second).await;
    let listed = eventually("both are listed with their titles", || async {
        let listed = test.get("/conversations").await.body;
        let titled = listed["conversations"].as_array().unwrap().iter().all(|one| one["title"].is_string());
        (titled && listed["conversations"].as_array().unwrap().len() == 2).then_some(listed)
    })
    .await;
    let newest = &listed["conversations"][0];
    assert_eq!((&newest["title"], &newest["source"]), (&json!("My own title"), &json!("vscode")), "{listed}");
    assert_eq!(listed["conversations"][1]["title"], "Find the bug");
    assert_eq!(newest["owner"]["kind"], if cfg!(target_os = "linux") { "nobody" } else { "unknown" });

    let found = test.get("/conversations?search=bug").await.body;
    assert_eq!(found["conversations"].as_array().unwrap().len(), 1, "{found}");
    let page = test.get("/conversations?limit=1").await.body;
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = test.get(&format!("/conversations?limit=1&cursor={}", percent_encoded(cursor))).await.body;
    assert_eq!(rest["conversations"][0]["conversationId"], first["conversationId"], "{rest}");

    let other = another_owner(&test.directories, first["conversationId"].as_str().unwrap()).await;
    let owner = test.get(&path(&first, "?turns=false")).await.body["conversation"]["owner"].clone();
    if cfg!(target_os = "linux") {
        assert_eq!((&owner["kind"], &owner["pid"]), (&json!("other"), &json!(other.pid)), "{owner}");
    }
    other.stop().await;
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_shown_with_its_turns() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let shown = test.get(&path(&first, "")).await.body["conversation"].clone();
    let turn = &shown["turns"][0];
    assert_eq!(
        (&turn["turnId"], &turn["status"]),
        (&first["turn"]["turnId"], &json!("completed")),
        "{shown}"
    );
    let items = turn["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["text"] == "You said: hello"), "{items:?}");
    let unknown = test.get("/conversations/01a1fd83-d5a8-7d81-b8b0-48a1bd2f8294").await;
    assert_eq!((unknown.status.as_u16(), &unknown.body["code"]), (404, &json!("conversation_not_found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_can_be_renamed_archived_and_unarchived() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let renamed = test.post(&path(&first, "/rename"), json!({"title": "Better"})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(test.get(&path(&first, "")).await.body["conversation"]["title"], "Better");
    assert_eq!(test.post(&path(&first, "/rename"), json!({"title": " "})).await.status, 400);

    assert_eq!(test.post(&path(&first, "/archive"), json!({})).await.status, 200);
    assert_eq!(test.get("/conversations").await.body["conversations"], json!([]));
    let archived = test.get("/conversations?archived=true").await.body;
    assert_eq!(archived["conversations"][0]["conversationId"], first["conversationId"], "{archived}");
    assert_eq!(test.post(&path(&first, "/unarchive"), json!({})).await.status, 200);
    assert_eq!(test.get("/conversations").await.body["conversations"].as_array().unwrap().len(), 1);

    let types = "type=conversation.archived,conversation.unarchived";
    let mut events = test.client.events(&format!("/events?after=0&{types}")).await.unwrap();
    for expected in ["conversation.archived", "conversation.unarchived"] {
        let event = events.next().await.unwrap();
        assert_eq!(event.data["type"], expected, "{event:?}");
        assert_eq!(event.data["conversationId"], first["conversationId"], "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_can_be_forked_rolled_back_and_compacted() {
    let test = TestBridge::start().await;
    let first = test.create("one").await;
    test.wait_for_job(&first).await;
    for text in ["two", "three"] {
        let next = test.post(&path(&first, "/messages"), json!({"message": text})).await.body;
        test.wait_for_job(&next).await;
    }
    let turns = async |conversation: &Value| -> Vec<Value> {
        let shown = test.get(&path(conversation, "")).await.body;
        shown["conversation"]["turns"].as_array().unwrap_or_else(|| panic!("{shown}")).clone()
    };
    let all = turns(&first).await;
    assert_eq!(all.len(), 3);

    let body = json!({"afterTurnId": all[0]["turnId"], "title": "A copy"});
    let copy = test.post(&path(&first, "/fork"), body).await.body;
    assert_eq!(copy["forkedFromConversationId"], first["conversationId"], "{copy}");
    assert_eq!(turns(&copy).await.len(), 1);

    let rolled_back = test.post(&path(&first, "/rollback"), json!({"turns": 1})).await;
    assert_eq!(rolled_back.status, 200, "{}", rolled_back.body);
    assert_eq!(turns(&first).await.len(), 2);
    let rolled_back = test.post(&path(&first, "/rollback"), json!({"turnId": all[1]["turnId"]})).await;
    assert_eq!(rolled_back.status, 200, "{}", rolled_back.body);
    assert_eq!(turns(&first).await.len(), 1);
    for body in [json!({}), json!({"turns": 0}), json!({"turns": 1, "turnId": "x"}), json!({"turns": 7})] {
        let refused = test.post(&path(&first, "/rollback"), body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
    }

    let compacted = test.post(&path(&first, "/compact"), json!({})).await;
    assert_eq!(compacted.status, 200, "{}", compacted.body);
    let next = test.post(&path(&first, "/messages"), json!({"message": "after all that"})).await.body;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: after all that");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_turns_of_a_conversation_are_returned_in_pages() {
    let test = TestBridge::start().await;
    let first = test.create("number 0").await;
    test.wait_for_job(&first).await;
    for number in 1..5 {
        let body = json!({"message": format!("number {number}")});
        test.wait_for_job(&test.post(&path(&first, "/messages"), body).await.body).await;
    }
    let ids = |reply: &Value| -> Vec<Value> {
        let turns = reply["conversation"]["turns"].as_array().unwrap();
        turns.iter().map(|turn| turn["turnId"].clone()).collect()
    };
    let all = test.get(&path(&first, "")).await.body;
    assert_eq!((ids(&all).len(), &all["nextCursor"]), (5, &Value::Null));
    let mut pages = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = test.get(&path(&first, &query)).await.body;
        pages.insert(0, ids(&page));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2], "older pages come later");
    assert_eq!(pages.concat(), ids(&all));
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?cursor=x", "cursor"),
        ("?turns=false&limit=1", "turns"),
    ] {
        let refused = test.get(&path(&first, query)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["details"]["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exclusive_operations_are_refused_while_the_conversation_is_in_use() {
    let test = TestBridge::start().await;
    let first = test.create("@model hold gate").await;
    test.model.wait_until_held("gate").await;
    for (rest, body) in [
        ("/compact", json!({})),
        ("/rollback", json!({"turns": 1})),
        ("/archive", json!({})),
        ("/release", json!({})),
    ] {
        let refused = test.post(&path(&first, rest), body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (409, &json!("conversation_busy")),
            "{rest}"
        );
    }
    test.model.release("gate");
    test.wait_for_job(&first).await;
    assert_eq!(test.post(&path(&first, "/release"), json!({})).await.status, 200);

    let other = another_owner(&test.directories, first["conversationId"].as_str().unwrap()).await;
    for (rest, body) in [("/compact", json!({})), ("/rollback", json!({"turns": 1})), ("/archive", json!({}))]
    {
        let refused = test.post(&path(&first, rest), body).await;
        assert_eq!(refused.body["code"], "conversation_owned_elsewhere", "{rest}: {}", refused.body);
    }
    other.stop().await;
}
