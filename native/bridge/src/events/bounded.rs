//! Payloads that are too long keep their shape and lose the ends of their long strings.

use serde_json::{Value, json};

/// Strings are never cut below this, in bytes: ids, types and paths stay whole.
const STRING_BYTES_MIN: usize = 256;

/// The value as JSON of at most `bytes_max` bytes. Where that takes cutting, it gets the member `truncated: true`.
pub fn bounded(value: &Value, bytes_max: usize) -> String {
    let whole = value.to_string();
    if whole.len() <= bytes_max {
        return whole;
    }
    let mut string_bytes = bytes_max / 2;
    while string_bytes >= STRING_BYTES_MIN {
        let text = cut(value, string_bytes).to_string();
        if text.len() <= bytes_max {
            return text;
        }
        string_bytes /= 2;
    }
    // A great many small pieces: what it was about is all that is left.
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
        Value::String(text) if text.len() > string_bytes => {
            let end = (0..=string_bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            text.push('…');
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
    fn what_fits_is_left_alone() {
        let value = json!({"item": {"id": "i", "text": "x".repeat(1000)}});
        assert_eq!(bounded(&value, 2000), value.to_string());
    }

    #[test]
    fn long_strings_are_cut_and_the_rest_stays() {
        let value = json!({"item": {"id": "i", "type": "commandExecution", "output": "ä".repeat(100_000)}});
        let text = bounded(&value, 10_000);
        assert!(text.len() <= 10_000);
        let cut: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&cut["item"]["id"], &cut["truncated"]), (&json!("i"), &json!(true)));
        assert!(cut["item"]["output"].as_str().unwrap().len() > 1000);
    }

    #[test]
    fn many_small_pieces_leave_only_what_it_was_about() {
        let value = json!({"turnId": "t", "item": {"id": "i", "changes": vec!["abc"; 10_000]}});
        let cut: Value = serde_json::from_str(&bounded(&value, 1000)).unwrap();
        assert_eq!(
            (&cut["turnId"], &cut["item"]["id"], &cut["truncated"]),
            (&json!("t"), &json!("i"), &json!(true))
        );
        // Quotes and control characters grow when they are written as JSON.
        assert!(bounded(&json!({"text": "\u{1}".repeat(10_000)}), 2000).len() <= 2000);
    }
}
