//! Limits the size of payloads: a payload that is too large keeps its structure, but its long strings are
//! cut.

use serde_json::{Value, json};

/// The length in bytes below which strings are not cut, so that ids, types and paths stay complete.
const STRING_BYTES_MIN: usize = 256;

/// Renders a value as JSON of at most `bytes_max` bytes. If anything had to be cut, the value gets the member
/// `truncated: true`.
pub fn bounded(value: &Value, bytes_max: usize) -> String {
    let whole = value.to_string();
    if whole.len() <= bytes_max {
        return whole;
    }
    let mut string_bytes = bytes_max / 2;
    while string_bytes >= STRING_BYTES_MIN {
        let json = cut(value, string_bytes).to_string();
        if json.len() <= bytes_max {
            return json;
        }
        string_bytes /= 2;
    }
    // The value consists of too many small strings, so only the ids of its subject are left.
    let item = &value["item"];
    let ids = json!({"id": item["id"], "type": item["type"]});
    cut(&json!({"threadId": value["threadId"], "turnId": value["turnId"], "item": ids}), STRING_BYTES_MIN)
        .to_string()
}

fn cut(value: &Value, string_bytes: usize) -> Value {
    let mut value = value.clone();
    cut_strings(&mut value, string_bytes);
    if let Value::Object(object) = &mut value {
        object.insert("truncated".to_owned(), Value::Bool(true));
    }
    value
}

fn cut_strings(value: &mut Value, string_bytes: usize) {
    match value {
        Value::String(string) if string.len() > string_bytes => {
            let end = (0..=string_bytes).rev().find(|end| string.is_char_boundary(*end)).unwrap_or(0);
            string.truncate(end);
            string.push('…');
        }
        Value::Array(values) => values.iter_mut().for_each(|value| cut_strings(value, string_bytes)),
        Value::Object(object) => object.values_mut().for_each(|value| cut_strings(value, string_bytes)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_are_unchanged() {
        let value = json!({"item": {"id": "i", "text": "x".repeat(1000)}});
        assert_eq!(bounded(&value, 2000), value.to_string());
    }

    #[test]
    fn only_long_strings_are_cut() {
        let value = json!({"item": {"id": "i", "type": "commandExecution", "output": "ä".repeat(100_000)}});
        let json = bounded(&value, 10_000);
        assert!(json.len() <= 10_000);
        let cut: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&cut["item"]["id"], &cut["truncated"]), (&json!("i"), &json!(true)));
        assert!(cut["item"]["output"].as_str().unwrap().len() > 1000);
    }

    #[test]
    fn only_ids_are_left_of_many_small_strings() {
        let value = json!({"turnId": "t", "item": {"id": "i", "changes": vec!["abc"; 10_000]}});
        let cut: Value = serde_json::from_str(&bounded(&value, 1000)).unwrap();
        assert_eq!(
            (&cut["turnId"], &cut["item"]["id"], &cut["truncated"]),
            (&json!("t"), &json!("i"), &json!(true))
        );
        // Quotes and control characters become longer in JSON.
        assert!(bounded(&json!({"text": "\u{1}".repeat(10_000)}), 2000).len() <= 2000);
    }
}
