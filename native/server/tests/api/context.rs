//! The code-context protocol on the bridge's server and on a separate one, as clients of the original use it.

use std::path::Path;
use std::time::Duration;

use bridge::code::Code;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use server::CodeServer;
use server::config::Config;
use testkit::{HttpClient, HttpReply};
use tokio_util::sync::CancellationToken;

use crate::support::{TestBridge, eventually};

const KINDS: [&str; 12] = [
    "semantic_search",
    "explain_symbol",
    "explain_file",
    "get_context",
    "get_dependencies",
    "get_call_graph",
    "summarize_repo",
    "find_references",
    "validate_code",
    "list_capabilities",
    "invoke_tool",
    "list_tools",
];

fn write_workspace(directory: &Path) {
    std::fs::create_dir_all(directory.join("shop")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(directory.join(path), text).unwrap();
    write("shop/__init__.py", "");
    write(
        "shop/cart.py",
        "from shop.prices import price_of\n\n\n\
         class Cart:\n    \"\"\"What a customer wants to buy.\"\"\"\n\n    \
         def total(self, items):\n        \"\"\"Adds the prices of all items.\"\"\"\n        \
         return sum(price_of(item) for item in items)\n",
    );
    write(
        "shop/prices.py",
        "PRICES = {'tea': 3}\n\n\ndef price_of(item):\n    \"\"\"The price of one item.\"\"\"\n    \
         return PRICES[item]\n",
    );
}

async fn bridge_with_code() -> TestBridge {
    let test = TestBridge::start().await;
    write_workspace(&test.directories.workspace());
    test
}

async fn ask(client: &HttpClient, kind: &str, params: Value) -> HttpReply {
    client.post("/request", &json!({"kind": kind, "params": params, "request_id": "req-001"})).await.unwrap()
}

async fn send(client: &HttpClient, path: &str, body: &'static str) -> HttpReply {
    client.send(Method::POST, path, &[], Bytes::from_static(body.as_bytes())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_kind_is_answered_in_the_documented_shape() {
    let test = bridge_with_code().await;
    let manifest = test.get("/").await.body;
    assert_eq!(manifest["supported_requests"].as_array().unwrap().len(), 12, "{manifest}");
    for kind in KINDS {
        assert!(manifest["supported_requests"].as_array().unwrap().contains(&json!(kind)), "{kind}");
        let params = match kind {
            "semantic_search" => json!({"query": "price of an item", "top_k": 3}),
            "explain_file" | "get_dependencies" => json!({"file_path": "shop/cart.py"}),
            "validate_code" => json!({"code": "def f(:\n", "language": "python"}),
            "invoke_tool" => json!({"tool_name": "summarize_repo"}),
            "explain_symbol" | "get_context" | "get_call_graph" | "find_references" => {
                json!({"symbol_name": "price_of"})
            }
            _ => json!({}),
        };
        let reply = ask(&test.client, kind, params).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.body);
        assert_eq!(
            (&reply.body["success"], &reply.body["request_id"], &reply.body["error"]),
            (&json!(true), &json!("req-001"), &json!("")),
            "{kind}: {}",
            reply.body
        );
        assert!(
            reply.body["elapsed_ms"].is_number() && reply.body["data"].is_object(),
            "{kind}: {}",
            reply.body
        );
    }
    let found = ask(&test.client, "semantic_search", json!({"query": "price of an item"})).await.body;
    let first = &found["data"]["snippets"][0];
    assert!(first["file_path"].as_str().unwrap().ends_with("prices.py"), "{found}");
    let callers = ask(&test.client, "get_call_graph", json!({"symbol_name": "price_of"})).await.body;
    assert!(callers["data"]["callers"].to_string().contains("total"), "{callers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_can_be_listed_invoked_and_streamed() {
    let test = bridge_with_code().await;
    let mut stream = test.client.events("/tools/stream").await.unwrap();
    let mut other = test.client.events("/tools/stream").await.unwrap();
    let discovery = stream.next().await.unwrap().data;
    assert_eq!((&discovery["kind"], &discovery["content"]), (&json!("tool_discovery"), &json!("")));
    let listed = test.get("/tools/list").await.body;
    assert_eq!(listed["count"], discovery["metadata"]["count"], "{listed}");
    for tool in listed["tools"].as_array().unwrap() {
        assert!(tool["name"].is_string() && tool["description"].is_string(), "{tool}");
        for parameter in tool["parameters"].as_object().unwrap().values() {
            assert!(parameter["type"].is_string() && parameter["required"].is_boolean(), "{tool}");
        }
    }

    let body = json!({"tool_name": "find_references", "arguments": {"symbol_name": "price_of"}});
    let result = test.client.post("/tools/invoke", &body).await.unwrap();
    assert_eq!((result.status.as_u16(), &result.body["success"]), (200, &json!(true)), "{}", result.body);
    let payload = &result.body["result_payload"];
    assert_eq!(payload["data"]["reference_count"], payload["reference_count"], "the count is also in `data`");
    assert!(
        result.body["request_id"].as_str().is_some_and(|id| !id.is_empty()),
        "an id is generated if the request has none"
    );

    // Every stream receives the events, and a client that does not read delays no other client.
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "tool_completion") {
        let event = stream.next().await.unwrap().data;
        kinds.push(event["kind"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.first().unwrap(), "tool_invocation");
    assert!(other.next().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_the_shape_of_the_protocol() {
    let test = bridge_with_code().await;
    for (body, expected) in [
        ("", "Empty body"),
        ("  \n", "Empty body"),
        ("{", "Invalid JSON: "),
        ("[1]", "Invalid JSON: "),
        ("7", "Invalid JSON: "),
    ] {
        for path in ["/request", "/tools/invoke", "/sessions/create"] {
            let refused = send(&test.client, path, body).await;
            assert_eq!(refused.status, 400, "{path} {body:?}: {}", refused.body);
            assert!(
                refused.body["error"].as_str().unwrap().starts_with(expected),
                "{path} {body:?}: {}",
                refused.body
            );
        }
    }
    let unknown = ask(&test.client, "divine", json!({})).await;
    assert_eq!(unknown.status, 422, "{}", unknown.body);
    assert_eq!(
        (&unknown.body["error"], &unknown.body["success"]),
        (&json!("Unknown request kind: divine"), &json!(false))
    );
    let missing = ask(&test.client, "find_references", json!({})).await;
    assert_eq!((missing.status.as_u16(), &missing.body["error_code"]), (422, &json!("missing_required_arg")));
    assert!(missing.body["error"].as_str().unwrap().contains("symbol_name"), "{}", missing.body);
    let wrong = ask(&test.client, "semantic_search", json!([1])).await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.body["error_code"]),
        (422, &json!("invalid_arguments")),
        "{}",
        wrong.body
    );
    for (tool, arguments, code) in [
        (json!("divine"), json!({}), "unknown_tool"),
        (json!("semantic_search"), json!({}), "missing_required_arg"),
        (json!("semantic_search"), json!({"query": 7}), "invalid_arguments"),
        (json!("explain_file"), json!({"file_path": "/etc/passwd"}), "permission_denied"),
        (json!("explain_file"), json!({"file_path": "../../etc/passwd"}), "permission_denied"),
        (json!("grep_files"), json!({"pattern": "("}), "invalid_arguments"),
    ] {
        let body = json!({"tool_name": tool, "arguments": arguments, "request_id": "r"});
        let refused = test.client.post("/tools/invoke", &body).await.unwrap();
        assert_eq!(refused.status, 422, "{body}: {}", refused.body);
        let error = &refused.body["error"];
        assert_eq!(
            (&error["error_code"], &error["request_id"]),
            (&json!(code), &json!("r")),
            "{body}: {}",
            refused.body
        );
        assert!(!error.to_string().contains("root:"), "the error contains nothing from the file");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_in_the_workspace_are_indexed() {
    let test = bridge_with_code().await;
    ask(&test.client, "summarize_repo", json!({})).await;
    let reference_count = async |name: &str| {
        let found = ask(&test.client, "find_references", json!({"symbol_name": name})).await.body;
        found["data"]["reference_count"].as_u64().unwrap_or_default()
    };
    assert_eq!(reference_count("discount_of").await, 0);
    let file = test.directories.workspace().join("shop/discounts.py");
    std::fs::write(&file, "def discount_of(item):\n    return 0\n\n\nprint(discount_of('tea'))\n").unwrap();
    eventually("the new file is indexed", || async {
        (reference_count("discount_of").await > 0).then_some(())
    })
    .await;
    std::fs::remove_file(&file).unwrap();
    eventually("the deleted file is no longer indexed", || async {
        (reference_count("discount_of").await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspace_folders_can_change() {
    let test = bridge_with_code().await;
    let added = test.directories.data().join("added");
    std::fs::create_dir(&added).unwrap();
    std::fs::write(added.join("added.py"), "def in_the_added_folder(): pass\n").unwrap();
    let found = async |name: &str| {
        let answer = ask(&test.client, "explain_symbol", json!({"symbol_name": name})).await.body;
        answer["data"]["found"].as_bool().unwrap()
    };
    assert_eq!((found("price_of").await, found("in_the_added_folder").await), (true, false));
    // A missing folder, such as on a disconnected disk, does not affect the others.
    test.bridge.set_workspace_folders(vec![test.directories.workspace(), "/not/there".into(), added.clone()]);
    assert_eq!((found("price_of").await, found("in_the_added_folder").await), (true, true));
    test.bridge.set_workspace_folders(vec![added]);
    assert_eq!((found("price_of").await, found("in_the_added_folder").await), (false, true));
    let mut progress = test.bridge.index_progress();
    let ended = progress.wait_for(Option::is_none);
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn code_context_sessions_can_be_opened_and_closed() {
    let test = bridge_with_code().await;
    let opened = test.client.post("/sessions/create", &json!({"agent_name": "copilot"})).await.unwrap();
    assert_eq!(
        (opened.status.as_u16(), &opened.body["agent_name"]),
        (201, &json!("copilot")),
        "{}",
        opened.body
    );
    assert_eq!(test.get("/sessions").await.body["count"], 1);
    let close = json!({"session_id": opened.body["session_id"]});
    for closed in [true, false] {
        let reply = test.client.post("/sessions/close", &close).await.unwrap();
        assert_eq!((reply.status.as_u16(), &reply.body["closed"]), (200, &json!(closed)), "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_context_can_be_served_without_a_bridge() {
    let directory = tempfile::tempdir().unwrap();
    let workspace = directory.path().join("workspace");
    std::fs::create_dir(&workspace).unwrap();
    write_workspace(&workspace);
    let code = Code::new(vec![workspace.clone()], directory.path().join("code"), None);
    let config = Config {
        allowed_origins: vec!["http://localhost:3000".to_owned()],
        ..Config::new(directory.path().join("data"), directory.path().join("discovery"), workspace)
    };
    let stopping = CancellationToken::new();
    let server = CodeServer::start(config, code, stopping.clone()).await.unwrap();
    let client = HttpClient::new(server.url());
    let served = tokio::spawn(server.run());
    assert_eq!(client.get("/health").await.unwrap().body, json!({"status": "ok"}));
    assert_eq!(client.get("/nowhere").await.unwrap().body, json!({"error": "Not found"}));
    let summary = ask(&client, "summarize_repo", json!({})).await.body;
    assert_eq!(summary["data"]["total_files"], 3, "{summary}");

    // Web pages may call only from the allowed origins.
    for (origin, allowed) in [("http://localhost:3000", true), ("https://evil.example", false)] {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let preflight = client.send(Method::OPTIONS, "/request", &headers, Bytes::new()).await.unwrap();
        let allowed_origin =
            preflight.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(allowed_origin, allowed.then_some(origin), "{origin}");
        let headers = [("origin", origin), ("content-type", "application/json")];
        let request =
            client.send(Method::POST, "/request", &headers, Bytes::from_static(b"{\"kind\":\"list_tools\"}"));
        assert_eq!(request.await.unwrap().status.is_success(), allowed, "{origin}");
    }
    stopping.cancel();
    tokio::time::timeout(Duration::from_secs(5), served).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_port_is_opened_if_it_is_configured() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let test = TestBridge::start_with(None, |config| config.context_port = Some(free)).await;
    write_workspace(&test.directories.workspace());
    let context_client = HttpClient::new(&format!("http://127.0.0.1:{free}"));
    assert_eq!(context_client.get("/health").await.unwrap().body, json!({"status": "ok"}));
    assert_eq!(
        context_client.get("/jobs").await.unwrap().status,
        404,
        "the port offers no other route of the bridge"
    );
    let here = ask(&test.client, "summarize_repo", json!({})).await.body["data"].clone();
    let there = ask(&context_client, "summarize_repo", json!({})).await.body["data"].clone();
    assert_eq!(here, there);
    assert!(
        test.get("/health").await.body["instanceId"].is_string(),
        "the health of the bridge is unchanged"
    );
}
