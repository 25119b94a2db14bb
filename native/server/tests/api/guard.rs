//! The guard protects every route.

use bytes::Bytes;
use http::Method;

use crate::contract::operations;
use crate::support::TestBridge;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_foreign_hosts_origins_and_sites() {
    let test = TestBridge::start().await;
    let mut routes = operations();
    routes.push((Method::GET, "/openapi.json".into()));
    routes.push((Method::GET, "/no/such/route".into()));
    for (method, path) in routes {
        for header in
            [("host", "evil.example"), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")]
        {
            let headers = [header, ("content-type", "application/json")];
            let reply =
                test.client.send(method.clone(), &path, &headers, Bytes::from_static(b"{}")).await.unwrap();
            assert_eq!(reply.status, 403, "{method} {path} with {header:?}");
            assert_eq!(reply.body["ok"], false);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_requires_the_token_if_one_is_set() {
    let test = TestBridge::start_with(None, |config| config.auth_token = Some("secret".into())).await;
    // A browser that signs in has no token. It is authorized by its code.
    let sign_in = (Method::POST, "/dashboard/session".to_owned());
    for (method, path) in operations().into_iter().filter(|operation| *operation != sign_in) {
        for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
            let reply = test.client.send(method.clone(), &path, headers, Bytes::new()).await.unwrap();
            assert_eq!(reply.status, 401, "{method} {path} with {headers:?}");
            assert_eq!(reply.body["error"], "Unauthorized");
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
        }
    }
    for header in [("authorization", "bearer secret"), ("x-codex-bridge-token", "secret")] {
        let reply = test.client.send(Method::GET, "/health", &[header], Bytes::new()).await.unwrap();
        assert_eq!(reply.status, 200, "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_headers_are_sent_only_to_allowed_origins() {
    let allowed = "http://localhost:3000";
    let test = TestBridge::start_with(None, |config| config.allowed_origins = vec![allowed.into()]).await;
    let headers = [("origin", allowed), ("access-control-request-method", "POST")];
    let preflight =
        test.client.send(Method::OPTIONS, "/conversations", &headers, Bytes::new()).await.unwrap();
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.headers["access-control-allow-origin"], allowed);
    let description: serde_json::Value = serde_json::from_str(&api::openapi_json()).unwrap();
    let paths = description["paths"].as_object().unwrap().values();
    for method in paths.flat_map(|path| path.as_object().unwrap().keys()) {
        let methods = preflight.headers["access-control-allow-methods"].to_str().unwrap();
        let is_allowed = methods.split(',').any(|allowed| allowed.eq_ignore_ascii_case(method));
        assert!(is_allowed, "{method} is a method of the API; web pages may call {methods}");
    }
    let reply = test.client.send(Method::GET, "/health", &[("origin", allowed)], Bytes::new()).await.unwrap();
    assert_eq!(reply.headers["access-control-allow-origin"], allowed);
    let reply = test.get("/health").await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn listening_beyond_loopback_requires_a_token() {
    let model = testkit::ScriptedModel::start().await;
    let directories = crate::support::Directories::for_model(&model);
    let mut config = directories.config();
    config.host = "0.0.0.0".into();
    let refused = server::Bridge::start(config.clone(), None).await.unwrap_err();
    assert!(refused.to_string().contains("token"), "{refused}");
    config.auth_token = Some("secret".into());
    let bridge = server::Bridge::start(config, None).await.unwrap();
    let port = bridge.url().rsplit(':').next().unwrap().to_owned();
    let client = testkit::HttpClient::new(&format!("http://127.0.0.1:{port}"));
    assert_eq!(client.get("/health").await.unwrap().status, 401);
    let token = [("authorization", "Bearer secret"), ("host", "my-machine.example")];
    assert_eq!(client.send(Method::GET, "/health", &token, Bytes::new()).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_origin_is_refused_at_start() {
    let model = testkit::ScriptedModel::start().await;
    let directories = crate::support::Directories::for_model(&model);
    for wrong in ["*", "localhost:3000", "http://", "http://*.example", "http://localhost/path"] {
        let mut config = directories.config();
        config.allowed_origins = vec![wrong.into()];
        let refused = server::Bridge::start(config, None).await.unwrap_err().to_string();
        assert!(refused.contains("not an origin"), "{wrong}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_never_exposed() {
    let test = TestBridge::start_with(None, |config| config.auth_token = Some("hush-hush".into())).await;
    let token = [("authorization", "Bearer hush-hush")];
    let health = test.client.send(Method::GET, "/health", &token, Bytes::new()).await.unwrap();
    assert!(!health.body.to_string().contains("hush-hush"));
    for entry in std::fs::read_dir(test.directories.discovery()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("hush-hush"));
    }
    assert!(!format!("{:?}", test.bridge).contains("hush-hush"));
}
