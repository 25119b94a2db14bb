//! Tests with NATS as organizations run it: TLS with their own certificate authority, and users with
//! credentials files.

use serde_json::{Value, json};
use testkit::{NatsPass, NatsServer, codex_binary};
use tokio::process::Command;

use crate::world::{Serve, World};

async fn serve(
    world: &World,
    server: &NatsServer,
    change: impl FnOnce(&mut Command) -> &mut Command,
) -> Serve {
    let url = server.url();
    let on_nats = ["--nats-url", &url, "--nats-instance", "here"];
    world.serve_changed(&codex_binary(), |command| change(command.args(on_nats))).await
}

/// Returns the NATS part of `/health` once it satisfies a condition.
async fn health_when(serve: &Serve, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + testkit::WAIT_MAX;
    loop {
        let nats = serve.client.get("/health").await.unwrap().body["nats"].clone();
        if is_so(&nats) {
            return nats;
        }
        assert!(tokio::time::Instant::now() < deadline, "{nats}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_a_server_that_requires_tls_and_credentials() {
    let (server, NatsPass { authority, credentials }) = NatsServer::start_secured();
    let world = World::new().await;
    let is_refused = |nats: &Value| nats["lastError"].is_string();

    let unknown = serve(&world, &server, |command| command.arg("--nats-credentials").arg(&credentials)).await;
    let health = health_when(&unknown, is_refused).await;
    assert!(health["lastError"].as_str().unwrap().contains("certificate"), "{health}");
    unknown.kill().await;

    let nobody = serve(&world, &server, |command| command.env("SSL_CERT_FILE", &authority)).await;
    let health = health_when(&nobody, is_refused).await;
    assert!(health["lastError"].as_str().unwrap().contains("authorization"), "{health}");
    // Events in the meantime are queued.
    let made = nobody.client.post("/lanes", &json!({"laneId": "meanwhile"})).await.unwrap();
    assert_eq!(made.status, 200, "{}", made.body);
    nobody.kill().await;

    let welcome = serve(&world, &server, |command| {
        command.env("SSL_CERT_FILE", &authority).arg("--nats-credentials").arg(&credentials)
    })
    .await;
    let health = health_when(&welcome, |nats| nats["connected"] == true && nats["behind"] == 0).await;
    assert_eq!((&health["published"], &health["lastError"]), (&json!(1), &Value::Null), "{health}");
    welcome.kill().await;
}
