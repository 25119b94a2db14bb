//! The files of the dashboard, sign-in of browsers, and the permissions of their cookies.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use server::Bridge;
use testkit::{EventReader, HttpClient, HttpReply};

use crate::support::TestBridge;

const TOKEN: (&str, &str) = ("authorization", "Bearer secret");
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn start() -> TestBridge {
    TestBridge::start_with(None, |config| config.auth_token = Some("secret".into())).await
}

async fn send(
    client: &HttpClient,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> HttpReply {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    client.send(method, path, headers, body).await.unwrap()
}

/// Returns the code of a new sign-in link.
async fn sign_in_code(client: &HttpClient) -> String {
    let reply = send(client, Method::POST, "/dashboard/links", &[TOKEN], Value::Null).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

/// Signs a browser in and returns its cookie.
async fn cookie(client: &HttpClient) -> String {
    let body = json!({"code": sign_in_code(client).await});
    let reply = send(client, Method::POST, "/dashboard/session", &[JSON, SAME_ORIGIN], body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["signedIn"], true);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_link_works_once() {
    let test = start().await;
    let reply = send(&test.client, Method::POST, "/dashboard/links", &[], Value::Null).await;
    assert_eq!(reply.status, 401, "a link requires the token");
    let body = json!({"code": sign_in_code(&test.client).await});
    let first =
        send(&test.client, Method::POST, "/dashboard/session", &[JSON, SAME_ORIGIN], body.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for body in [body, json!({"code": "wrong"})] {
        let reply = send(&test.client, Method::POST, "/dashboard/session", &[JSON, SAME_ORIGIN], body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["code"]), (403, &json!("sign_in_link_invalid")));
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    let reply = send(&test.client, Method::POST, "/dashboard/session", &[JSON, SAME_ORIGIN], json!({})).await;
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (400, &json!("validation_error")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_accepted_only_from_the_dashboard() {
    let test = start().await;
    let cookie = cookie(&test.client).await;
    let cookie = ("cookie", cookie.as_str());
    let own = test.bridge.url().to_owned();
    let port: u16 = own.rsplit(':').next().unwrap().parse().unwrap();
    let neighbor = format!("http://127.0.0.1:{}", port - 1);
    let get = |headers: Vec<(&'static str, String)>| {
        let client = test.client.clone();
        let cookie = cookie.1.to_owned();
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let all = [&[("cookie", cookie.as_str())], headers.as_slice()].concat();
            send(&client, Method::GET, "/jobs", &all, Value::Null).await.status.as_u16()
        }
    };
    assert_eq!(get(vec![("sec-fetch-site", "same-origin".into())]).await, 200);
    assert_eq!(get(vec![("origin", own.clone())]).await, 200);
    assert_eq!(get(vec![]).await, 200, "an old browser may read");
    assert_eq!(get(vec![("sec-fetch-site", "same-site".into())]).await, 403, "a page on another port");
    assert_eq!(get(vec![("origin", neighbor.clone())]).await, 403);
    assert_eq!(
        get(vec![("authorization", "Bearer wrong".into())]).await,
        401,
        "a wrong token is not ignored"
    );

    let post = async |header: Option<(&str, &str)>| {
        let headers: Vec<_> = [Some(cookie), Some(JSON), header].into_iter().flatten().collect();
        send(&test.client, Method::POST, "/webhooks/preview", &headers, json!({"events": ["*"]})).await.status
    };
    assert_eq!(post(Some(SAME_ORIGIN)).await, 200);
    assert_eq!(post(Some(("origin", &own))).await, 200);
    assert_eq!(post(None).await, 401, "nothing shows that the dashboard sent it");
    assert_eq!(post(Some(("sec-fetch-site", "none"))).await, 401);
    assert_eq!(post(Some(("origin", &neighbor))).await, 403);
    assert_eq!(post(Some(("origin", "null"))).await, 403);

    let other_name = cookie.1.replace(&format!("_{port}="), &format!("_{}=", port - 1));
    let headers = [("cookie", other_name.as_str()), SAME_ORIGIN];
    assert_eq!(send(&test.client, Method::GET, "/jobs", &headers, Value::Null).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn allowed_origins_cannot_use_the_cookie() {
    let allowed = "http://localhost:3000";
    let test = TestBridge::start_with(None, |config| {
        config.auth_token = Some("secret".into());
        config.allowed_origins = vec![allowed.into()];
    })
    .await;
    let cookie = cookie(&test.client).await;
    let headers = [("cookie", cookie.as_str()), ("origin", allowed)];
    assert_eq!(send(&test.client, Method::GET, "/jobs", &headers, Value::Null).await.status, 401);
    let headers = [TOKEN, ("origin", allowed)];
    assert_eq!(send(&test.client, Method::GET, "/jobs", &headers, Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_session_survives_a_restart_and_ends_with_the_token_or_on_sign_out() {
    let test = start().await;
    let cookie = cookie(&test.client).await;
    let port: u16 = test.bridge.url().rsplit(':').next().unwrap().parse().unwrap();
    let status = async || {
        let headers = [("cookie", cookie.as_str()), SAME_ORIGIN];
        send(&test.client, Method::GET, "/dashboard/session", &headers, Value::Null).await.status
    };
    assert_eq!(status().await, 200);
    test.bridge.stop().await;
    let restart = async |token: &str| {
        let mut config = test.directories.config();
        config.auth_token = Some(token.into());
        config.port = port;
        Bridge::start(config, None).await.unwrap()
    };
    let bridge = restart("secret").await;
    assert_eq!(status().await, 200);
    bridge.stop().await;
    let bridge = restart("another").await;
    assert_eq!(status().await, 401);
    bridge.stop().await;

    let bridge = restart("secret").await;
    let headers = [("cookie", cookie.as_str()), SAME_ORIGIN];
    let reply = send(&test.client, Method::DELETE, "/dashboard/session", &headers, Value::Null).await;
    assert_eq!((reply.status.as_u16(), &reply.body["signedIn"]), (200, &json!(false)));
    assert!(reply.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(status().await, 401);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_no_sign_in_is_needed_and_foreign_pages_are_refused() {
    let test = TestBridge::start().await;
    let reply = send(&test.client, Method::GET, "/dashboard/session", &[SAME_ORIGIN], Value::Null).await;
    assert_eq!((reply.status.as_u16(), &reply.body["signedIn"]), (200, &json!(false)));
    let cookie = cookie(&test.client).await;
    for header in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")]
    {
        for method in [Method::GET, Method::POST] {
            let headers = [("cookie", cookie.as_str()), header, JSON];
            let reply =
                send(&test.client, method, "/dashboard/session", &headers, json!({"code": "x"})).await;
            assert_eq!(reply.status, 403, "{header:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_page_is_public_and_allows_no_foreign_scripts() {
    let test = start().await;
    for path in ["/dashboard", "/dashboard/jobs", "/dashboard/sign-in"] {
        // The headers of a click on a link on another site.
        let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")];
        let reply = send(&test.client, Method::GET, path, &headers, Value::Null).await;
        assert_ne!(reply.status, 401, "{path}");
        assert_ne!(reply.status, 403, "{path}");
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    for headers in [&[("sec-fetch-site", "cross-site")][..], &[("host", "evil.example")]] {
        let reply = send(&test.client, Method::GET, "/dashboard", headers, Value::Null).await;
        assert_eq!(reply.status, 403, "{headers:?}");
    }
    let reply = send(&test.client, Method::GET, "/dashboard/assets/no-such-part.js", &[], Value::Null).await;
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (404, &json!("route_not_found")));
    // Such headers are not accepted for other routes.
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")];
    assert_eq!(send(&test.client, Method::GET, "/jobs", &headers, Value::Null).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_a_sign_in_session_closes_only_its_own_streams() {
    let test = start().await;
    let authority = test.bridge.url().trim_start_matches("http://").to_owned();
    let open = async |cookie: &str| {
        let reader =
            EventReader::open(&authority, "/events", &[("cookie", cookie), SAME_ORIGIN]).await.unwrap();
        assert_eq!(reader.status, 200);
        reader
    };
    let (ending, lasting) = (cookie(&test.client).await, cookie(&test.client).await);
    let (ended, mut other) = (open(&ending).await, open(&lasting).await);
    let headers = [("cookie", ending.as_str()), SAME_ORIGIN];
    send(&test.client, Method::DELETE, "/dashboard/session", &headers, Value::Null).await;
    assert_eq!(ended.to_the_end().await, []);
    let body = json!({"url": "http://127.0.0.1:9/hook", "events": ["*"]});
    send(&test.client, Method::POST, "/conversations", &[TOKEN, JSON], json!({"message": "Hello"})).await;
    send(&test.client, Method::POST, "/webhooks", &[TOKEN, JSON], body).await;
    other.until("job.created").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reverse_proxy_must_be_allowed_and_its_browsers_signed_in() {
    let test =
        TestBridge::start_with(None, |config| config.allowed_origins = vec!["https://code.example".into()])
            .await;
    let (host, origin) = (("host", "code.example"), ("origin", "https://code.example"));
    let get = async |headers: &[(&str, &str)]| {
        send(&test.client, Method::GET, "/jobs", headers, Value::Null).await.status.as_u16()
    };
    assert_eq!(get(&[]).await, 200, "a direct request of the local user");
    assert_eq!(get(&[host]).await, 401, "behind a proxy, the connection does not identify the user");
    assert_eq!(get(&[("host", "other.example")]).await, 403);
    assert_eq!(get(&[("host", "code.example:8080")]).await, 403);

    let body = json!({"code": sign_in_code(&test.client).await, "path": "/proxy/8765/"});
    let reply = send(&test.client, Method::POST, "/dashboard/session", &[JSON, host, origin], body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Path=/proxy/8765/;") && cookie.ends_with("; Secure"), "{cookie}");
    let cookie = ("cookie", cookie.split(';').next().unwrap());
    assert_eq!(get(&[host, cookie, SAME_ORIGIN]).await, 200);
    assert_eq!(get(&[host, cookie, origin]).await, 200);
    assert_eq!(get(&[host, cookie, ("origin", "http://code.example")]).await, 403, "another origin");
    assert_eq!(get(&[host, cookie, ("sec-fetch-site", "same-site")]).await, 403);
    assert_eq!(get(&[host, ("cookie", "codex_bridge_1=wrong"), SAME_ORIGIN]).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_cookie_path_is_refused() {
    let test = start().await;
    for path in [
        "",
        "proxy/",
        "/proxy",
        "/a;Domain=evil/",
        "/a b/",
        "/a\r\nX: y/",
        &format!("/{}/", "a".repeat(2000)),
    ] {
        let body = json!({"code": sign_in_code(&test.client).await, "path": path});
        let reply = send(&test.client, Method::POST, "/dashboard/session", &[JSON, SAME_ORIGIN], body).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["code"]),
            (400, &json!("validation_error")),
            "{path:?}"
        );
        assert!(reply.body["error"].as_str().unwrap().contains("path"), "{}", reply.body);
    }
}
