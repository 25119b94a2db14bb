//! Tests of commands and exit codes.

use crate::support::{World, job_id, read};

#[tokio::test(flavor = "multi_thread")]
async fn start_wait_and_continue() {
    let (world, serve) = World::serving().await;
    let health = world.run(&["health"]).await;
    assert_eq!(
        (health.code, health.json()["status"]["url"].as_str()),
        (0, Some(serve.url.as_str())),
        "{health:?}"
    );

    let started = world.run(&["start", "--message", "hello"]).await;
    assert_eq!(started.code, 0, "{started:?}");
    let reply = started.json();
    assert_eq!(reply["delivery"], "started");
    let (job, conversation) = (job_id(&reply), reply["conversationId"].as_str().unwrap().to_owned());

    let waited = world.run(&["wait", &job]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert_eq!(waited.json()["job"]["result"]["text"], "You said: hello");
    assert_eq!(world.run(&["job", &job]).await.json()["job"], waited.json()["job"]);

    let text = world
        .run_with_input(&["resume", &conversation, "--message", "-", "--text"], "from standard input: ü")
        .await;
    assert_eq!((text.code, text.stdout.trim()), (0, "You said: from standard input: ü"), "{text:?}");
    let jobs = world.run(&["jobs", "--conversation", &conversation]).await.json();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2, "{jobs}");
    for command in ["open", "current"] {
        assert_eq!(world.run(&[command]).await.json()["editor"]["available"], false, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_become_fields_of_the_request() {
    let (world, _serve) = World::serving().await;
    let elsewhere = world.directory("elsewhere");
    let answer = elsewhere.join("answer.txt");
    let arguments = [
        "start",
        "--message",
        "@model run touch made",
        "--cwd",
        "../elsewhere",
        "--dangerous-auto",
        "--wait",
        "--output-last-message-path",
        answer.to_str().unwrap(),
        "--body",
        r#"{"developerInstructions":"IN RHYME"}"#,
    ];
    let ran = world.run(&arguments).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(elsewhere.join("made").exists(), "{ran:?}");
    assert_eq!(
        std::fs::read_to_string(answer).unwrap(),
        ran.json()["job"]["result"]["text"].as_str().unwrap()
    );
    assert!(world.model.requests().last().unwrap().body().to_string().contains("IN RHYME"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_reports_the_outcome() {
    let (world, serve) = World::serving().await;
    let failed = world.run(&["start", "--message", "@model fail 500", "--wait"]).await;
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stderr.contains("turn_failed"), "{failed:?}");
    assert_eq!(failed.json()["job"]["status"], "failed");
    let silent = world.run(&["start", "--message", "@model fail 500", "--text"]).await;
    assert_eq!((silent.code, silent.stdout.as_str()), (1, ""), "{silent:?}");

    for usage in [
        &["resume", "some-id"][..],
        &["dance"],
        &["start", "--body", "[]"],
        &["health", "--url", "nonsense"],
        &[],
    ] {
        assert_eq!(world.run(usage).await.code, 2, "{usage:?}");
    }
    for (refused, expected) in [
        (&["job", "nope"][..], "Job not found"),
        (&["start", "--message", "hi", "--body", r#"{"approvalPolicy":"yolo"}"#], "approvalPolicy"),
        (
            &["resume", "01a1fce0-42ba-71f2-bb54-5ee94c4439d6", "--message", "hi"],
            "conversation_not_found (404)",
        ),
    ] {
        let ran = world.run(refused).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:?}");
        assert!(ran.stderr.contains(expected) && ran.stderr.trim().lines().count() == 1, "{ran:?}");
    }

    let held = world.run(&["start", "--message", "@model hold for-ever", "--wait", "--timeout", "0.5"]).await;
    assert_eq!(held.code, 6, "{held:?}");
    assert_eq!(held.json()["job"]["status"], "running");

    drop(serve);
    let gone = world.run(&["health", "--url", "http://127.0.0.1:1"]).await;
    assert_eq!(gone.code, 3, "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_without_codex_is_a_failure_of_the_bridge() {
    let world = World::new().await;
    let _serve = world.serve("project", &["--codex", "/no/such/codex"]).await;
    let ran = world.run(&["start", "--message", "hi"]).await;
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("codex_not_found (503)"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_outlives_the_bridge() {
    let (world, serve) = World::serving().await;
    let started = world.run(&["start", "--message", "@model hold for-ever"]).await;
    let job = job_id(&started.json());
    world.model.wait_until_held("for-ever").await;
    let waiting = world.client(&["wait", &job]).spawn().unwrap();
    serve.kill().await;
    let _again = world.serve("project", &[]).await;
    let ran = read(waiting).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.json()["job"]["failure"]["code"], "interrupted_by_restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_retried_until_the_bridge_is_running() {
    let world = World::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let sending = world
        .client(&["--url", &url, "start", "--message", "hello", "--text", "--retry", "20"])
        .spawn()
        .unwrap();
    let _serve = world.serve("project", &["--port", &port.to_string()]).await;
    let ran = read(sending).await;
    assert_eq!((ran.code, ran.stdout.trim()), (0, "You said: hello"), "{ran:?}");
}
