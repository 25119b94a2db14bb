//! Tests which of several bridges a command uses, and with which token.

use crate::support::{World, ran};

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_of_the_directory_is_found() {
    let world = World::new().await;
    let project = world.serve("project", &[]).await;
    let inner = world.serve("project/packages/inner", &[]).await;
    let other = world.serve("other", &[]).await;
    std::fs::create_dir_all(world.directory("project").join("packages/inner/src")).unwrap();
    for (directory, serve) in [
        (".", &project),
        ("packages", &project),
        ("packages/inner", &inner),
        ("packages/inner/src", &inner),
        ("../other", &other),
        // No bridge serves this directory, so the newest one is used.
        ("../other-one", &other),
    ] {
        let health = world.run(&["health", "--cwd", directory]).await;
        assert_eq!(health.json()["status"]["url"], serve.url, "{directory}: {health:?}");
    }
    let named = world.run(&["--url", &other.url, "health"]).await;
    assert_eq!(named.json()["status"]["url"], other.url);
    let mut by_environment = world.client(&["health"]);
    by_environment.env("CODEX_BRIDGE_URL", &other.url);
    assert_eq!(ran(by_environment).await.json()["status"]["url"], other.url);

    // The discovery file of the killed bridge is left behind.
    inner.kill().await;
    let health = world.run(&["health", "--cwd", "packages/inner"]).await;
    assert_eq!(health.json()["status"]["url"], project.url, "{health:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_outside_all_windows_reports_the_working_directory() {
    let world = World::new().await;
    let _other = world.serve("other", &[]).await;
    let started = world.run(&["start", "--message", "hello"]).await;
    assert_eq!(started.code, 0, "{started:?}");
    assert!(started.stderr.contains("no window has") && started.stderr.contains("--cwd"), "{started:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_required_and_sent() {
    let world = World::new().await;
    let _serve = world.serve("project", &["--auth-token", "secret"]).await;
    let without = world.run(&["health"]).await;
    assert_eq!(without.code, 4, "{without:?}");
    assert!(without.stderr.contains("401") && without.stderr.contains("CODEX_BRIDGE_TOKEN"), "{without:?}");
    assert_eq!(world.run(&["health", "--token", "wrong"]).await.code, 4);
    assert_eq!(world.run(&["health", "--token", "secret"]).await.code, 0);
    for variable in ["CODEX_BRIDGE_TOKEN", "CODEX_BRIDGE_AUTH_TOKEN"] {
        let mut command = world.client(&["health"]);
        command.env(variable, "secret");
        assert_eq!(ran(command).await.code, 0, "{variable}");
    }
}
