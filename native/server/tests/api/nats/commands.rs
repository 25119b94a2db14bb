//! Lane commands from NATS.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_control_a_lane_from_creation_to_deletion() {
    let server = NatsServer::start();
    let (test, nats_client) = start_with_commands(&server, |_| {}).await;
    let pong = nats_client.request("$SRV.PING.codex-bridge", "".into()).await.unwrap();
    let pong = body_of(&pong);
    assert_eq!(
        (&pong["name"], &pong["metadata"]["instance"]),
        (&json!("codex-bridge"), &json!("here")),
        "{pong}"
    );
    let info = body_of(&nats_client.request("$SRV.INFO.codex-bridge", "".into()).await.unwrap());
    assert_eq!(info["endpoints"][0]["subject"], "codex.here.lanes.>", "{info}");

    let lane = json!({"laneId": "far", "repoRoot": test.directories.workspace(), "title": "From afar"});
    assert_eq!(call(&nats_client, "create", lane).await["lane"]["title"], "From afar");
    let key = [("idempotency-key", "once")];
    let payload = json!({"laneId": "far", "input": "hello"}).to_string();
    let prompted = send_with(&nats_client, "prompt", payload.as_bytes(), &key).await;
    assert_eq!(status_of(&prompted), 200, "{}", body_of(&prompted));
    let job_id = body_of(&prompted)["job"]["jobId"].clone();
    let again = send_with(&nats_client, "prompt", payload.as_bytes(), &key).await;
    assert_eq!(body_of(&again)["job"]["jobId"], job_id, "a repeated command is processed once");
    assert_eq!(again.headers.as_ref().unwrap().get("Idempotency-Replayed").unwrap().as_str(), "true");

    let ended = call(&nats_client, "job", json!({"jobId": job_id, "waitMs": 8000})).await;
    assert_eq!(ended["job"]["result"]["text"], "You said: hello", "{ended}");
    let lane = eventually("the lane is done", || async {
        let lane = call(&nats_client, "get", json!({"laneId": "far"})).await;
        (lane["lane"]["status"] == "done").then_some(lane)
    })
    .await;
    assert_eq!(lane, test.get("/lanes/far").await.body, "the same reply as over HTTP");
    let listed = call(&nats_client, "list", json!({"status": "done", "limit": 5})).await;
    assert_eq!(listed, test.get("/lanes?status=done&limit=5").await.body);
    assert_eq!(call(&nats_client, "session.status", json!({"laneId": "far"})).await["running"], true);
    assert_eq!(call(&nats_client, "sessions", json!({})).await["sessions"][0]["laneId"], "far");

    let completed = json!({"laneId": "far", "type": "lane.turn.*,lane.created"});
    let page = call(&nats_client, "events", completed).await;
    assert_eq!(
        (&page["events"][0]["type"], &page["more"]),
        (&json!("lane.created"), &json!(false)),
        "{page}"
    );
    assert!(
        page["events"].as_array().unwrap().iter().any(|event| event["type"] == "lane.turn.completed"),
        "{page}"
    );
    let rest = call(
        &nats_client,
        "events",
        json!({"laneId": "far", "after": page["nextAfter"], "type": "lane.created"}),
    )
    .await;
    assert_eq!(rest["events"], json!([]), "{rest}");

    call(&nats_client, "prompt", json!({"laneId": "far", "input": "@model hold gate"})).await;
    test.model.wait_until_held("gate").await;
    call(&nats_client, "steer", json!({"laneId": "far", "input": "narrow it down"})).await;
    let interrupted = call(&nats_client, "interrupt", json!({"laneId": "far"})).await;
    assert_eq!(interrupted["lane"]["status"], "interrupted", "{interrupted}");
    assert_eq!(call(&nats_client, "session.stop", json!({"laneId": "far"})).await["running"], false);
    assert_eq!(call(&nats_client, "approvals.list", json!({"laneId": "far"})).await["approvals"], json!([]));
    assert_eq!(call(&nats_client, "delete", json!({"laneId": "far"})).await["deleted"], true);
    test.bridge.stop().await;
    let gone = nats_client.request("codex.here.lanes.list", "".into()).await;
    assert!(gone.is_err(), "a stopped bridge does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_require_the_token_if_one_is_set() {
    let server = NatsServer::start();
    let (test, nats_client) =
        start_with_commands(&server, |config| config.auth_token = Some("open sesame".into())).await;
    let create = json!({"laneId": "lane"}).to_string();
    for headers in [vec![], vec![("Authorization", "Bearer wrong")], vec![("X-Codex-Bridge-Token", "")]] {
        let refused = send_with(&nats_client, "create", create.as_bytes(), &headers).await;
        assert_eq!(
            (status_of(&refused), &body_of(&refused)["code"]),
            (401, &json!("unauthorized")),
            "{headers:?}"
        );
    }
    // Without the token, the reply does not reveal which operations exist.
    assert_eq!(status_of(&send_with(&nats_client, "nope", b"{", &[]).await), 401);
    for header in [("Authorization", "Bearer open sesame"), ("x-codex-bridge-token", "open sesame")] {
        let listed = send_with(&nats_client, "list", b"", &[header]).await;
        assert_eq!((status_of(&listed), &body_of(&listed)["lanes"]), (200, &json!([])));
    }
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_return_the_same_errors_as_the_api() {
    let server = NatsServer::start();
    let (test, nats_client) = start_with_commands(&server, |_| {}).await;
    let assert_same = |mut over_nats: Value, mut over_http: Value| {
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
        let reply = send(&nats_client, operation, &payload).await;
        let over_http = if method == "GET" { test.get(path).await } else { test.post(path, body).await };
        assert_eq!(
            status_of(&reply),
            over_http.status.as_u16(),
            "{operation} {payload}: {}",
            body_of(&reply)
        );
        assert_same(body_of(&reply), over_http.body);
    }
    let unknown = send(&nats_client, "explode", &json!({})).await;
    assert_eq!((status_of(&unknown), &body_of(&unknown)["code"]), (404, &json!("operation_not_found")));
    assert!(body_of(&unknown)["error"].as_str().unwrap().contains("start-visible"));
    for (operation, payload) in [("create", "{"), ("create", "[]"), ("get", "{"), ("get", "7")] {
        let reply = send_with(&nats_client, operation, payload.as_bytes(), &[]).await;
        assert_eq!((status_of(&reply), &body_of(&reply)["code"]), (400, &json!("invalid_body")), "{payload}");
    }
    let unnamed = send(&nats_client, "get", &json!({})).await;
    assert_eq!(body_of(&unnamed)["details"]["field"], "laneId");
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_are_disabled_by_default() {
    let server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    wait_until_published(&test.client).await;
    let nats_client = connect(&server).await;
    for subject in ["codex.here.lanes.list", "$SRV.PING.codex-bridge"] {
        let error = nats_client.request(subject, "".into()).await.unwrap_err();
        assert_eq!(error.kind(), async_nats::RequestErrorKind::NoResponders, "{subject}");
    }
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_commands_work_again_after_the_server_restarts() {
    let mut server = NatsServer::start();
    let (test, _) = start_with_commands(&server, |_| {}).await;
    server.kill();
    wait_for_nats_health(&test.client, "the lost connection is reported", |nats| nats["connected"] == false)
        .await;
    server.start_again();
    let nats_client = connect(&server).await;
    let reply = eventually("commands are accepted again", || async {
        nats_client.request("codex.here.lanes.list", "".into()).await.ok()
    })
    .await;
    assert_eq!(body_of(&reply)["ok"], true);
    // There is one responder, however often the bridge has connected.
    let inbox = nats_client.new_inbox();
    let mut pongs = nats_client.subscribe(inbox.clone()).await.unwrap();
    nats_client.publish_with_reply("$SRV.PING", inbox, "".into()).await.unwrap();
    nats_client.flush().await.unwrap();
    call(&nats_client, "list", json!({})).await;
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
