//! Tests the start of an app-server: the real one, a scripted one, and files that are not app-servers.

use std::path::Path;

use codex::app_server::{AppServer, StartError};
use codex::connection::CallError;
use codex::launch::{Launch, version};
use serde_json::json;
use tempfile::TempDir;
use testkit::{Action, PeerScript, Step, codex_binary, testkit_program};

use crate::support::{LIMIT, Place, eventually, in_time};

/// Returns how to start `scripted-app-server` with this script.
fn scripted(directory: &TempDir, script: &PeerScript) -> Launch {
    let file = directory.path().join("script.json");
    std::fs::write(&file, serde_json::to_string(script).unwrap()).unwrap();
    Launch {
        executable: testkit_program("scripted-app-server"),
        working_directory: directory.path().to_owned(),
        environment: vec![("SCRIPTED_APP_SERVER".to_owned(), file.display().to_string())],
        overrides: Vec::new(),
    }
}

fn introduced() -> Step {
    Step::expect("initialize").result(json!({"userAgent": "scripted/1"}))
}

#[tokio::test]
async fn the_real_binary_completes_the_handshake_and_lists_its_methods() {
    let place = Place::new().await;
    let server = place.start().await;
    for method in ["initialize", "thread/start", "thread/resume", "thread/read", "turn/start"] {
        assert!(server.methods.has(method), "{method}");
    }
    assert!(!server.methods.has("bridge/methods"));
    // The oldest binary that was tested has 45.
    assert!(server.methods.count() >= 45, "{}", server.methods.count());
    let version = version(&codex_binary()).await.unwrap();
    assert!(server.user_agent.contains(&version), "{} of {version}", server.user_agent);
    assert!(!server.connection.is_closed());
    in_time("the stop", server.stop()).await;
    assert!(server.connection.is_closed());
    assert_eq!(server.exited().await.code, Some(0), "{}", server.stderr_tail());
}

#[tokio::test]
async fn the_real_binary_refuses_unknown_methods_and_threads() {
    let place = Place::new().await;
    let server = place.start().await;
    let error = server.connection.call("bridge/unknown", json!({}), LIMIT).await.unwrap_err();
    assert_eq!(error.refusal(), Some(codex::rpc::Refusal::MethodUnknown), "{error}");
    let unknown = "01900000-0000-7000-8000-000000000000";
    let error = server.connection.thread_read(unknown, true).await.unwrap_err();
    assert_eq!(error.refusal(), Some(codex::rpc::Refusal::ThreadUnknown), "{error}");
    let error = server.connection.thread_read("no id at all", true).await.unwrap_err();
    assert_eq!(error.refusal(), Some(codex::rpc::Refusal::ThreadUnknown), "{error}");
}

#[tokio::test]
async fn the_version_is_read_from_the_executable() {
    let version = version(&codex_binary()).await.unwrap();
    let numbers = version.split(['.', '-']).take(3).filter(|part| part.parse::<u32>().is_ok()).count();
    assert_eq!(numbers, 3, "{version}");
    assert_eq!(codex::launch::version(&testkit_program("scripted-app-server")).await.unwrap(), "0.0.0");
}

#[tokio::test]
async fn a_failure_to_read_the_version_names_the_executable() {
    let missing = Path::new("/no/such/codex");
    let error = version(missing).await.unwrap_err();
    assert!(error.starts_with("/no/such/codex cannot be run: "), "{error}");
    // The program of the scripted model does not accept `--version`.
    let other = testkit_program("scripted-model");
    let error = version(&other).await.unwrap_err();
    assert!(error.starts_with(&format!("{} --version ended with ", other.display())), "{error}");
    assert!(error.ends_with("is it Codex?"), "{error}");
}

#[tokio::test]
async fn an_executable_that_cannot_be_run_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("codex.txt");
    std::fs::write(&text, "not a program").unwrap();
    for executable in [directory.path().join("missing"), directory.path().to_owned(), text] {
        let launch = Launch {
            executable: executable.clone(),
            working_directory: directory.path().to_owned(),
            environment: vec![],
            overrides: Vec::new(),
        };
        let error = AppServer::start(&launch, "0").await.unwrap_err();
        assert!(matches!(error, StartError::Spawn { .. }), "{error:?}");
        let expected = format!("{} cannot be run: ", executable.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn the_handshake_is_what_the_app_server_expects() {
    let directory = tempfile::tempdir().unwrap();
    let script = PeerScript::new([
        introduced(),
        Step::expect("initialized"),
        Step::expect("bridge/methods")
            .error(-32600, "unknown variant `bridge/methods`, expected one of `thread/start`, `turn/start`"),
        Step::expect("thread/start").error(-32600, "no more"),
    ]);
    let server = AppServer::start(&scripted(&directory, &script), "0").await.unwrap();
    assert_eq!(server.user_agent, "scripted/1");
    assert_eq!(server.methods.count(), 2);
    assert!(server.methods.has("turn/start") && !server.methods.has("thread/queue/add"));
    let error = server.connection.call("thread/start", json!({}), LIMIT).await.unwrap_err();
    assert!(error.to_string().contains("no more"), "{error}");
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_binary_that_does_not_list_its_methods_is_assumed_to_have_all() {
    for probe in [
        Step::expect("bridge/methods").error(-32601, "Method not found"),
        Step::expect("bridge/methods").result(json!({})),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let server = AppServer::start(&scripted(&directory, &PeerScript::new([introduced(), probe])), "0")
            .await
            .unwrap();
        assert!(server.methods.has("thread/queue/add"));
        assert_eq!(server.methods.count(), 0);
    }
}

#[tokio::test]
async fn unexpected_output_during_the_handshake_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let script = PeerScript::new([
        Step::expect("initialize")
            .raw("Welcome to Codex!")
            .raw("")
            .notify("configWarning", json!({"summary": "odd"}))
            .request(json!("early"), "account/chatgptAuthTokens/refresh", json!({}))
            .result(json!({"newField": true})),
        Step::expect_response(),
        Step::expect("bridge/methods").error(-32600, "no such method"),
    ]);
    let server = AppServer::start(&scripted(&directory, &script), "0").await.unwrap();
    assert_eq!(server.user_agent, "", "the app-server sent no user agent");
}

#[tokio::test]
async fn a_failed_handshake_names_the_call() {
    type Expected = fn(&CallError) -> bool;
    let cases: [(&str, PeerScript, Expected); 4] = [
        (
            "refused",
            PeerScript::new([Step::expect("initialize").error(-32600, "too old")]),
            |error| matches!(error, CallError::Refused { method, .. } if method == "initialize"),
        ),
        (
            "no object",
            PeerScript::new([Step::expect("initialize").result(json!("hello"))]),
            |error| matches!(error, CallError::Unexpected { method, .. } if method == "initialize"),
        ),
        (
            "exit in the middle of a line",
            PeerScript::new([Step::expect("initialize")
                .then(Action::Partial(r#"{"id":1,"resu"#.to_owned()))
                .then(Action::Exit(3))]),
            |error| matches!(error, CallError::Closed { method } if method == "initialize"),
        ),
        (
            "exit before the methods",
            PeerScript::new([introduced(), Step::expect("bridge/methods").then(Action::Exit(3))]),
            |error| matches!(error, CallError::Closed { method } if method == "bridge/methods"),
        ),
    ];
    for (case, script, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        let error = AppServer::start(&scripted(&directory, &script), "0").await.unwrap_err();
        let StartError::Handshake { error, .. } = &error else { panic!("{case}: {error:?}") };
        assert!(expected(error), "{case}: {error:?}");
    }
}

#[tokio::test]
async fn the_error_of_a_failing_binary_contains_its_standard_error() {
    let directory = tempfile::tempdir().unwrap();
    let mut launch = scripted(&directory, &PeerScript::default());
    launch.environment = vec![("SCRIPTED_APP_SERVER".to_owned(), "/no/such/script".to_owned())];
    let error = AppServer::start(&launch, "0").await.unwrap_err();
    let StartError::Handshake { stderr, .. } = &error else { panic!("{error:?}") };
    assert!(stderr.contains("cannot read /no/such/script"), "{stderr:?}");
    assert!(error.to_string().contains(stderr.as_str()), "{error}");
}

#[tokio::test]
async fn the_standard_error_of_the_real_binary_is_kept() {
    let place = Place::new().await;
    place.break_configuration();
    let server = place.start().await;
    eventually("the error message", || server.stderr_tail().contains("Invalid configuration")).await;
    assert!(server.stderr_last().is_some_and(|last| server.stderr_tail().ends_with(&last)));
}
