//! Lane commands from NATS.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn nats_drives_a_lane_from_its_making_to_its_end() {
    let server = NatsServer::start();
    let (test, control_room) = commanded(&server, |_| {}).await;
    let pong = control_room.request("$SRV.PING.codex-bridge", "".into()).await.unwrap();
    let pong = body_of(&pong);
    assert_eq!(
        (&pong["name"], &pong["metadata"]["instance"]),
        (&json!("codex-bridge"), &json!("here")),
        "{pong}"
    );
    let info = body_of(&control_room.request("$SRV.INFO.codex-bridge", "".into()).await.unwrap());
    assert_eq!(info["endpoints"][0]["subject"], "codex.here.lanes.>", "{info}");

    let made = json!({"laneId": "far", "repoRoot": test.folders.workspace(), "title": "From afar"});
    assert_eq!(asked(&control_room, "create", made).await["lane"]["title"], "From afar");
    let key = [("idempotency-key", "once")];
    let payload = json!({"laneId": "far", "input": "hello"}).to_string();
    let prompted = ask_with(&control_room, "prompt", payload.as_bytes(), &key).await;
    assert_eq!(status_of(&prompted), 200, "{}", body_of(&prompted));
    let job_id = body_of(&prompted)["job"]["jobId"].clone();
    let again = ask_with(&control_room, "prompt", payload.as_bytes(), &key).await;
    assert_eq!(body_of(&again)["job"]["jobId"], job_id, "sent again, it happens once");
    assert_eq!(again.headers.as_ref().unwrap().get("Idempotency-Replayed").unwrap().as_str(), "true");

    let ended = asked(&control_room, "job", json!({"jobId": job_id, "waitMs": 8000})).await;
    assert_eq!(ended["job"]["result"]["text"], "You said: hello", "{ended}");
    let lane = eventually("the lane is done", || async {
        let lane = asked(&control_room, "get", json!({"laneId": "far"})).await;
        (lane["lane"]["status"] == "done").then_some(lane)
    })
    .await;
    assert_eq!(lane, test.get("/lanes/far").await.body, "the same reply as over HTTP");
    let listed = asked(&control_room, "list", json!({"status": "done", "limit": 5})).await;
    assert_eq!(listed, test.get("/lanes?status=done&limit=5").await.body);
    assert_eq!(asked(&control_room, "session.status", json!({"laneId": "far"})).await["running"], true);
    assert_eq!(asked(&control_room, "sessions", json!({})).await["sessions"][0]["laneId"], "far");

    let completed = json!({"laneId": "far", "type": "lane.turn.*,lane.created"});
    let page = asked(&control_room, "events", completed).await;
    assert_eq!(
        (&page["events"][0]["type"], &page["more"]),
        (&json!("lane.created"), &json!(false)),
        "{page}"
    );
    assert!(
        page["events"].as_array().unwrap().iter().any(|event| event["type"] == "lane.turn.completed"),
        "{page}"
    );
    let rest = asked(
        &control_room,
        "events",
        json!({"laneId": "far", "after": page["nextAfter"], "type": "lane.created"}),
    )
    .await;
    assert_eq!(rest["events"], json!([]), "{rest}");

    asked(&control_room, "prompt", json!({"laneId": "far", "input": "@model hold gate"})).await;
    test.model.wait_until_held("gate").await;
    asked(&control_room, "steer", json!({"laneId": "far", "input": "narrow it down"})).await;
    let interrupted = asked(&control_room, "interrupt", json!({"laneId": "far"})).await;
    assert_eq!(interrupted["lane"]["status"], "interrupted", "{interrupted}");
    assert_eq!(asked(&control_room, "session.stop", json!({"laneId": "far"})).await["running"], false);
    assert_eq!(
        asked(&control_room, "approvals.list", json!({"laneId": "far"})).await["approvals"],
        json!([])
    );
    assert_eq!(asked(&control_room, "delete", json!({"laneId": "far"})).await["deleted"], true);
    test.bridge.stop().await;
    let gone = control_room.request("codex.here.lanes.list", "".into()).await;
    assert!(gone.is_err(), "nobody answers for a bridge that has stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_must_carry_the_token_where_one_is_set() {
    let server = NatsServer::start();
    let (test, control_room) =
        commanded(&server, |config| config.auth_token = Some("open sesame".into())).await;
    let create = json!({"laneId": "lane"}).to_string();
    for headers in [vec![], vec![("Authorization", "Bearer wrong")], vec![("X-Codex-Bridge-Token", "")]] {
        let refused = ask_with(&control_room, "create", create.as_bytes(), &headers).await;
        assert_eq!(
            (status_of(&refused), &body_of(&refused)["code"]),
            (401, &json!("unauthorized")),
            "{headers:?}"
        );
    }
    // It says nothing of what there is, either.
    assert_eq!(status_of(&ask_with(&control_room, "nope", b"{", &[]).await), 401);
    for header in [("Authorization", "Bearer open sesame"), ("x-codex-bridge-token", "open sesame")] {
        let listed = ask_with(&control_room, "list", b"", &[header]).await;
        assert_eq!((status_of(&listed), &body_of(&listed)["lanes"]), (200, &json!([])));
    }
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_are_refused_as_the_api_refuses() {
    let server = NatsServer::start();
    let (test, control_room) = commanded(&server, |_| {}).await;
    let same = |mut over_nats: Value, mut over_http: Value| {
        over_nats["requestId"] = Value::Null;
        over_http["requestId"] = Value::Null;
        assert_eq!(over_nats, over_http);
    };
    let cases = [
        ("get", json!({"laneId": "nope"}), "GET", "/lanes/nope", Value::Null),
        ("create", json!({"laneId": ".."}), "POST", "/lanes", json!({"laneId": ".."})),
        ("create", json!({"misspelt": 1}), "POST", "/lanes", json!({"misspelt": 1})),
        ("prompt", json!({"laneId": "nope"}), "POST", "/lanes/nope/prompt", json!({})),
        ("list", json!({"status": "odd"}), "GET", "/lanes?status=odd", Value::Null),
        ("attach", json!({}), "POST", "/lanes/attach", json!({})),
    ];
    for (operation, payload, method, path, body) in cases {
        let reply = ask(&control_room, operation, &payload).await;
        let over_http = if method == "GET" { test.get(path).await } else { test.post(path, body).await };
        assert_eq!(
            status_of(&reply),
            over_http.status.as_u16(),
            "{operation} {payload}: {}",
            body_of(&reply)
        );
        same(body_of(&reply), over_http.body);
    }
    let unknown = ask(&control_room, "explode", &json!({})).await;
    assert_eq!((status_of(&unknown), &body_of(&unknown)["code"]), (404, &json!("operation_not_found")));
    assert!(body_of(&unknown)["error"].as_str().unwrap().contains("start-visible"));
    for (operation, payload) in [("create", "{"), ("create", "[]"), ("get", "{"), ("get", "7")] {
        let reply = ask_with(&control_room, operation, payload.as_bytes(), &[]).await;
        assert_eq!((status_of(&reply), &body_of(&reply)["code"]), (400, &json!("invalid_body")), "{payload}");
    }
    let unnamed = ask(&control_room, "get", &json!({})).await;
    assert_eq!(body_of(&unnamed)["details"]["field"], "laneId");
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_takes_no_commands_unless_that_is_switched_on() {
    let server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    all_published(&test.client).await;
    let control_room = connect(&server).await;
    for subject in ["codex.here.lanes.list", "$SRV.PING.codex-bridge"] {
        let nobody = control_room.request(subject, "".into()).await.unwrap_err();
        assert_eq!(nobody.kind(), async_nats::RequestErrorKind::NoResponders, "{subject}");
    }
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_takes_commands_again_after_its_server_died() {
    let mut server = NatsServer::start();
    let (test, _) = commanded(&server, |_| {}).await;
    server.kill();
    health_when(&test.client, "the loss is noticed", |nats| nats["connected"] == false).await;
    server.start_again();
    let control_room = connect(&server).await;
    let reply = eventually("commands are taken again", || async {
        control_room.request("codex.here.lanes.list", "".into()).await.ok()
    })
    .await;
    assert_eq!(body_of(&reply)["ok"], true);
    // One answers, however often it connected.
    let inbox = control_room.new_inbox();
    let mut pongs = control_room.subscribe(inbox.clone()).await.unwrap();
    control_room.publish_with_reply("$SRV.PING", inbox, "".into()).await.unwrap();
    control_room.flush().await.unwrap();
    asked(&control_room, "list", json!({})).await;
    let mut found: HashMap<String, usize> = HashMap::new();
    while let Ok(Some(pong)) =
        tokio::time::timeout(std::time::Duration::from_millis(50), futures_util::StreamExt::next(&mut pongs))
            .await
    {
        *found.entry(body_of(&pong)["name"].to_string()).or_default() += 1;
    }
    assert_eq!(found, HashMap::from([("\"codex-bridge\"".to_owned(), 1)]));
    test.bridge.stop().await;
}
