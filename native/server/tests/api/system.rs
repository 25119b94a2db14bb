//! Routes that mainly serve the dashboard: the system, the log, statistics, searches and previews.

use serde_json::{Value, json};

use crate::support::{TestBridge, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn system_information_contains_no_secrets() {
    let test = TestBridge::start_with(None, |config| config.auth_token = Some("hush-hush".into())).await;
    let headers = [("authorization", "Bearer hush-hush")];
    let get = async |path: &str| {
        test.client.send(http::Method::GET, path, &headers, bytes::Bytes::new()).await.unwrap().body
    };
    let system = get("/system").await;
    assert_eq!(system["ok"], true, "{system}");
    let own = &system["processes"][0];
    assert_eq!((&own["kind"], own["pid"].as_u64()), (&json!("bridge"), Some(u64::from(std::process::id()))));
    assert!(own["memoryBytes"].as_u64().unwrap() > 1024 * 1024, "{own}");
    let setting = |name: &str| {
        let settings = system["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!((setting("authToken"), setting("rpc")), (json!("set"), json!("safe")));
    for name in ["Codex", "Codex configuration", "Login", "Port", "Other bridges", "Access"] {
        let check = system["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
        assert_eq!(check.unwrap_or_else(|| panic!("no check named {name}"))["status"], "good", "{check:?}");
    }
    assert!(!system.to_string().contains("hush-hush"));
    let refused = get("/system/log?limit=0").await;
    assert_eq!(refused["details"]["field"], "limit");
    assert!(get("/system/log").await["lines"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_is_reported_with_its_file_and_line() {
    let test = TestBridge::start().await;
    let file = test.directories.home.path().join("config.toml");
    let original = std::fs::read_to_string(&file).unwrap();
    let name = file.canonicalize().unwrap().display().to_string();
    for (first_line, reason) in [
        ("model = = 3", "line 1, column 9: extra `=`"),
        ("sandbox_mode = 'nope'", "line 1, column 16: unknown variant `nope`"),
        ("profiles = 7", "line 1, column 12: invalid type"),
    ] {
        std::fs::write(&file, format!("{first_line}\n{original}")).unwrap();
        let refused = test.post("/conversations", json!({"message": "hello"})).await;
        assert_eq!(refused.body["code"], "codex_refused", "{first_line}");
        let checks = test.get("/system").await.body["checks"].clone();
        let check = |name: &str| checks.as_array().unwrap().iter().find(|check| check["name"] == name);
        assert_eq!(check("Login"), None, "a broken configuration does not say whether a login is needed");
        let configuration = check("Codex configuration").unwrap();
        assert_eq!(configuration["status"], "bad", "{configuration}");
        let finding = configuration["finding"].as_str().unwrap();
        assert!(finding.contains(&name) && finding.contains(reason), "{finding}");
        assert!(configuration["advice"].as_str().unwrap().contains(&name), "{configuration}");
    }
    std::fs::write(&file, original).unwrap();
    let checks = test.get("/system").await.body["checks"].clone();
    for name in ["Codex configuration", "Login"] {
        let check = checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["status"], "good", "{check}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_login_shell_is_measured_in_the_background() {
    let test = TestBridge::start().await;
    let check = eventually("the login shell is measured", || async {
        let checks = test.get("/system").await.body["checks"].clone();
        checks.as_array().unwrap().iter().find(|check| check["name"] == "Login shell").cloned()
    })
    .await;
    assert!(check["finding"].as_str().unwrap().starts_with('/'), "{check}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_setting_keeps_codex_from_running_the_login_shell_for_each_conversation() {
    for shell_snapshot in [true, false] {
        let test = TestBridge::start_with(None, |config| config.shell_snapshot = shell_snapshot).await;
        let runs = test.directories.user_home().join("runs");
        for profile in [".bash_profile", ".zprofile", ".profile"] {
            let script = format!("echo run >> '{}'\n", runs.display());
            std::fs::write(test.directories.user_home().join(profile), script).unwrap();
        }
        test.wait_for_job(&test.create("hello").await).await;
        if shell_snapshot {
            eventually("the login shell has run", || async { runs.exists().then_some(()) }).await;
        } else {
            assert!(!runs.exists());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_turn_tells_what_codex_cannot_do() {
    let test = TestBridge::start().await;
    let newest = async || {
        let checks = test.get("/system").await.body["checks"].clone();
        checks.as_array().unwrap().iter().find(|check| check["name"] == "Newest turn").cloned()
    };
    assert_eq!(newest().await, None);
    test.wait_for_job(&test.create("@model fail 401").await).await;
    let check = newest().await.unwrap();
    assert_eq!(check["status"], "warning", "{check}");
    assert!(check["advice"].as_str().unwrap().contains("codex login"), "{check}");
    test.wait_for_job(&test.create("hello").await).await;
    assert_eq!(newest().await.unwrap()["status"], "good");
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_report_an_occupied_port_and_other_bridges() {
    let first = TestBridge::start().await;
    let port: u16 = first.bridge.url().rsplit(':').next().unwrap().parse().unwrap();
    let second = TestBridge::start_with(None, |config| {
        config.port = port;
        config.discovery_directory = first.directories.discovery();
    })
    .await;
    let checks = second.get("/system").await.body["checks"].clone();
    let check =
        |name: &str| checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone();
    let finding = check("Port")["finding"].as_str().unwrap().to_owned();
    assert_eq!(check("Port")["status"], "warning", "{finding}");
    assert!(finding.contains(first.bridge.url()) && finding.contains(second.bridge.url()), "{finding}");
    let others = check("Other bridges");
    assert!(others["finding"].as_str().unwrap().contains(first.bridge.url()), "{others}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_can_be_counted_by_period_and_searched() {
    let test = TestBridge::start().await;
    let created = test.create("Find the 100% needle_here\n@model say yes").await;
    let done = test.wait_for_job(&created).await;
    test.wait_for_job(&test.create("@model fail 500").await).await;
    let statistics = test.get("/jobs/statistics?hours=1").await.body;
    let periods = statistics["periods"].as_array().unwrap();
    let sum = |field: &str| periods.iter().map(|period| period[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!((periods.len(), sum("completed"), sum("failed"), sum("unfinished")), (48, 1, 1, 0));
    assert_eq!(sum("outputTokens"), done["result"]["tokenUsage"]["outputTokens"].as_u64().unwrap());
    for hours in ["0", "721"] {
        let refused = test.get(&format!("/jobs/statistics?hours={hours}")).await;
        assert_eq!((refused.status.as_u16(), &refused.body["details"]["field"]), (400, &json!("hours")));
    }
    let found = async |search: &str| {
        let reply = test.get(&format!("/jobs?search={search}")).await.body;
        reply["jobs"].as_array().unwrap().len()
    };
    assert_eq!(found("NEEDLE_").await, 1);
    assert_eq!(found("100%25").await, 1);
    assert_eq!(found("needleXhere").await, 0, "`_` is not a wildcard");
    assert_eq!(found(&done["jobId"].as_str().unwrap()[..8]).await, 1);
    assert_eq!(found("%20").await, 2, "a blank search matches all jobs");
    assert_eq!(test.get("/jobs?laneId=none").await.body["jobs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_the_events_that_a_webhook_would_receive() {
    let test = TestBridge::start().await;
    let created = test.create("hello").await;
    test.wait_for_job(&created).await;
    let preview = async |body: Value| test.post("/webhooks/preview", body).await;
    let all = eventually("the events are recorded", async || {
        let reply = preview(json!({"events": ["*"]})).await.body;
        (reply["matched"] == reply["lookedAt"] && reply["matched"].as_u64() > Some(3)).then_some(reply)
    })
    .await;
    let newest = all["events"].as_array().unwrap();
    assert!(newest[0]["eventId"].as_i64() > newest[1]["eventId"].as_i64(), "newest first");
    let jobs = preview(json!({"events": ["job.completed"]})).await.body;
    assert_eq!((&jobs["matched"], &jobs["events"][0]["jobId"]), (&json!(1), &created["job"]["jobId"]));
    let scoped = |thread: &Value| json!({"events": ["job.completed"], "scope": {"threadIds": [thread]}});
    assert_eq!(preview(scoped(&created["conversationId"])).await.body["matched"], 1);
    assert_eq!(preview(scoped(&json!("another"))).await.body["matched"], 0);
    for (body, field) in
        [(json!({"events": []}), "events"), (json!({"events": ["a b"]}), "events[0]"), (json!({}), "body")]
    {
        let refused = preview(body).await;
        assert_eq!((refused.status.as_u16(), &refused.body["details"]["field"]), (400, &json!(field)));
    }
    assert_eq!(test.get("/webhooks").await.body["webhooks"], json!([]), "no webhook was created");
}
