//! The operations that are available over NATS, and the routes of the API that execute them. Pure.
//!
//! The payload of a request is a JSON object with the parameters of the route's path and query and the fields
//! of its body, under the same names.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::gateway::{CommandError, RoutedRequest};

/// An operation: the end of its subject, and the method and path of its route.
type Operation = (&'static str, Method, &'static str);

/// All operations, sorted by name.
pub(super) const OPERATIONS: [Operation; 20] = [
    ("approvals.approve", Method::POST, "/lanes/{laneId}/approvals/{approvalId}/approve"),
    ("approvals.deny", Method::POST, "/lanes/{laneId}/approvals/{approvalId}/deny"),
    ("approvals.list", Method::GET, "/lanes/{laneId}/approvals"),
    ("attach", Method::POST, "/lanes/attach"),
    ("cleanup", Method::POST, "/lanes/cleanup"),
    ("create", Method::POST, "/lanes"),
    ("delete", Method::DELETE, "/lanes/{laneId}"),
    ("events", Method::GET, "/lanes/{laneId}/events"),
    ("get", Method::GET, "/lanes/{laneId}"),
    ("interrupt", Method::POST, "/lanes/{laneId}/interrupt"),
    ("job", Method::GET, "/jobs/{jobId}"),
    ("list", Method::GET, "/lanes"),
    ("prompt", Method::POST, "/lanes/{laneId}/prompt"),
    ("session.start", Method::POST, "/lanes/{laneId}/session/start"),
    ("session.status", Method::GET, "/lanes/{laneId}/session/status"),
    ("session.stop", Method::POST, "/lanes/{laneId}/session/stop"),
    ("sessions", Method::GET, "/lanes/sessions"),
    ("start-visible", Method::POST, "/codex/workflows/start-visible"),
    ("steer", Method::POST, "/lanes/{laneId}/steer"),
    ("sync-from-codex", Method::POST, "/lanes/{laneId}/sync-from-codex"),
];

/// Returns the request to the route that executes an operation.
///
/// # Errors
/// Returns an error if the operation does not exist, or if the payload does not contain the parameters of the
/// path. The route checks everything else.
pub(super) fn route(operation: &str, payload: &[u8]) -> Result<RoutedRequest, CommandError> {
    let Some((_, method, template)) = OPERATIONS.iter().find(|(name, _, _)| *name == operation) else {
        return Err(CommandError::OperationNotFound { name: operation.to_owned(), available: names() });
    };
    let is_query = *method == Method::GET;
    if !template.contains('{') && !is_query {
        return Ok(RoutedRequest {
            method: method.clone(),
            path: (*template).to_owned(),
            body: payload.to_vec(),
        });
    }
    let mut fields = object(payload)?;
    let mut path = String::new();
    for segment in template.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            Some(name) => path.push_str(&take_segment(&mut fields, name)?),
            None => path.push_str(segment),
        }
    }
    if is_query {
        if !fields.is_empty() {
            path.push('?');
            path.push_str(&query(&fields)?);
        }
        return Ok(RoutedRequest { method: method.clone(), path, body: Vec::new() });
    }
    let body = if fields.is_empty() { Vec::new() } else { Value::Object(fields).to_string().into_bytes() };
    Ok(RoutedRequest { method: method.clone(), path, body })
}

/// Returns the names of all operations, separated by commas.
pub(super) fn names() -> String {
    OPERATIONS.map(|(name, _, _)| name).join(", ")
}

fn object(payload: &[u8]) -> Result<Map<String, Value>, CommandError> {
    if payload.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(payload) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(CommandError::BadBody("The request body must be a JSON object.".to_owned())),
        Err(error) => Err(CommandError::BadBody(format!("The request body is not valid JSON: {error}."))),
    }
}

/// The characters that are not encoded in a segment of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Removes a field, and returns it as a segment of a path.
fn take_segment(fields: &mut Map<String, Value>, name: &str) -> Result<String, CommandError> {
    match fields.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(utf8_percent_encode(&text, PLAIN).to_string()),
        Some(_) => Err(CommandError::invalid(name, "must be a non-empty string")),
        None => Err(CommandError::invalid(name, "is missing")),
    }
}

fn query(fields: &Map<String, Value>) -> Result<String, CommandError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        match value {
            Value::Null => &mut query,
            Value::String(text) => query.append_pair(name, text),
            Value::Bool(_) | Value::Number(_) => query.append_pair(name, &value.to_string()),
            Value::Array(_) | Value::Object(_) => {
                return Err(CommandError::invalid(name, "must be a string, a number or a boolean"));
            }
        };
    }
    Ok(query.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn routed(operation: &str, payload: &Value) -> Result<(String, String, Value), String> {
        let routed = route(operation, payload.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let body = serde_json::from_slice(&routed.body).unwrap_or_default();
        Ok((routed.method.to_string(), routed.path, body))
    }

    #[test]
    fn fields_become_path_query_and_body() {
        let cases = [
            ("list", json!({}), ("GET", "/lanes", Value::Null)),
            (
                "list",
                json!({"limit": 2, "projectId": "a b", "status": null}),
                ("GET", "/lanes?limit=2&projectId=a+b", Value::Null),
            ),
            ("create", json!({"laneId": "a"}), ("POST", "/lanes", json!({"laneId": "a"}))),
            ("get", json!({"laneId": "a.b"}), ("GET", "/lanes/a.b", Value::Null)),
            ("delete", json!({"laneId": "a/b?c"}), ("DELETE", "/lanes/a%2Fb%3Fc", Value::Null)),
            (
                "prompt",
                json!({"laneId": "a", "input": "go"}),
                ("POST", "/lanes/a/prompt", json!({"input": "go"})),
            ),
            (
                "approvals.deny",
                json!({"laneId": "a", "approvalId": "b"}),
                ("POST", "/lanes/a/approvals/b/deny", Value::Null),
            ),
            ("job", json!({"jobId": "j", "waitMs": 5}), ("GET", "/jobs/j?waitMs=5", Value::Null)),
        ];
        for (operation, payload, (method, path, body)) in cases {
            assert_eq!(
                routed(operation, &payload),
                Ok((method.to_owned(), path.to_owned(), body)),
                "{operation}"
            );
        }
    }

    #[test]
    fn invalid_commands_are_explained() {
        assert!(
            matches!(route("nope", b""), Err(CommandError::OperationNotFound { name, .. }) if name == "nope")
        );
        assert!(matches!(route("get", b"[]"), Err(CommandError::BadBody(_))));
        assert!(matches!(route("get", b"{"), Err(CommandError::BadBody(_))));
        for payload in [json!({}), json!({"laneId": ""}), json!({"laneId": 7})] {
            assert!(routed("get", &payload).unwrap_err().contains("laneId"), "{payload}");
        }
        assert!(routed("list", &json!({"status": ["done"]})).unwrap_err().contains("status"));
    }

    #[test]
    fn operations_are_sorted_and_unique() {
        assert!(OPERATIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    proptest! {
        #[test]
        fn an_id_never_changes_the_route(id in ".{1,40}") {
            let routed = route("prompt", json!({"laneId": id}).to_string().as_bytes()).unwrap();
            let segments: Vec<&str> = routed.path.split('/').collect();
            prop_assert_eq!(segments.len(), 4, "{}", routed.path);
            prop_assert!(!routed.path.contains(['?', '#', ' ']), "{}", routed.path);
        }
    }
}
