//! Prints how the protocol of the app-server differs between two released Codex versions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::{Failure, codex_versions, run::Program};

/// The file with all types of the protocol, in the output of `codex app-server generate-json-schema`.
const SCHEMA_FILE: &str = "codex_app_server_protocol.schemas.json";

/// The types whose variants are the messages of the protocol, with the name of such a message.
const MESSAGES: [(&str, &str); 4] = [
    ("ClientRequest", "methods of the app-server"),
    ("ClientNotification", "notifications of the client"),
    ("ServerRequest", "requests of the app-server"),
    ("ServerNotification", "notifications of the app-server"),
];

/// The facts of each type of the protocol, one a line. Descriptions are no facts.
type Schema = BTreeMap<String, BTreeSet<String>>;

/// Prints the differences in Markdown. Compares the pinned version with the newest one unless they are given.
pub(crate) fn print_difference(versions: &[&str]) -> Result<(), Failure> {
    let (old, new) = match versions {
        [old, new] => ((*old).to_owned(), (*new).to_owned()),
        [old] => ((*old).to_owned(), codex_versions::newest()?),
        _ => (codex_versions::pinned()?, codex_versions::newest()?),
    };
    let (before, after) = (schema_of(&old)?, schema_of(&new)?);
    println!("# The protocol of Codex {new}, compared with {old}\n\n{}", difference(&before, &after));
    Ok(())
}

fn schema_of(version: &str) -> Result<Schema, Failure> {
    let binary = codex_versions::binary(version)?;
    let directory = tempfile::tempdir().map_err(|error| format!("Cannot make a directory: {error}"))?;
    Program::new(&binary, "Delete its directory and try again.")
        .args(["app-server", "generate-json-schema", "--experimental", "--out"])
        .args([directory.path()])
        .run_quietly()?;
    read(&directory.path().join(SCHEMA_FILE))
}

fn read(file: &Path) -> Result<Schema, Failure> {
    let failed = |error: &dyn std::fmt::Display| format!("Cannot read {}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok(types(&schema))
}

fn types(schema: &Value) -> Schema {
    let older = schema["definitions"].as_object().into_iter().flatten();
    let newer = schema["definitions"]["v2"].as_object().into_iter().flatten();
    let all = older.filter(|(name, _)| *name != "v2").chain(newer);
    let facts = |definition| {
        let mut facts = BTreeSet::new();
        collect("", definition, &mut facts);
        facts
    };
    all.map(|(name, definition)| (name.clone(), facts(definition))).collect()
}

/// Collects the facts of a schema. `path` leads to it from its type.
fn collect(path: &str, schema: &Value, facts: &mut BTreeSet<String>) {
    let Value::Object(members) = schema else { return };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("description" | "title" | "$schema", _) => {}
            ("properties", Value::Object(properties)) => {
                for (property, schema) in properties {
                    collect(&format!("{path}.{property}"), schema, facts);
                }
            }
            ("required", Value::Array(names)) => {
                facts.extend(names.iter().map(|name| format!("{path}.{} is required", text(name))));
            }
            ("enum", Value::Array(values)) => {
                facts.extend(values.iter().map(|value| format!("{path} = {value}")));
            }
            ("items", schema) => collect(&format!("{path}[]"), schema, facts),
            ("oneOf" | "anyOf" | "allOf", Value::Array(variants)) => {
                for variant in variants {
                    collect(&format!("{path}{}", variant_name(variant)), variant, facts);
                }
            }
            ("$ref", Value::String(target)) => {
                facts.insert(format!("{path}: {}", target.rsplit('/').next().unwrap_or(target)));
            }
            ("type", Value::Array(types)) => {
                let types: Vec<String> = types.iter().map(text).collect();
                facts.insert(format!("{path}: {}", types.join(" or ")));
            }
            ("type", value) => drop(facts.insert(format!("{path}: {}", text(value)))),
            (_, value) => drop(facts.insert(format!("{path} {name} {value}"))),
        }
    }
}

/// Returns the name of a variant: the value that tells it from the others.
fn variant_name(variant: &Value) -> String {
    let none = Map::new();
    let properties = variant["properties"].as_object().unwrap_or(&none);
    let tag = properties.values().find_map(|property| match property["enum"].as_array().map(Vec::as_slice) {
        Some([only]) => Some(text(only)),
        _ => None,
    });
    tag.map(|tag| format!("[{tag}]")).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the messages of a type of messages.
fn messages(schema: &Schema, name: &str) -> BTreeSet<String> {
    let facts = schema.get(name).into_iter().flatten();
    let methods = facts.filter_map(|fact| fact.split_once("].method = "));
    methods.map(|(_, method)| method.trim_matches('"').to_owned()).collect()
}

fn difference(before: &Schema, after: &Schema) -> String {
    let none = BTreeSet::new();
    let mut report = String::new();
    for (name, title) in MESSAGES {
        section(&mut report, title, &messages(before, name), &messages(after, name));
    }
    let names = |schema: &Schema| schema.keys().cloned().collect::<BTreeSet<_>>();
    section(&mut report, "types", &names(before), &names(after));
    for (name, facts) in after {
        let is_message = MESSAGES.iter().any(|(message, _)| message == name);
        if !is_message && before.contains_key(name) {
            section(&mut report, &format!("`{name}`"), before.get(name).unwrap_or(&none), facts);
        }
    }
    if report.is_empty() { "There are no differences.\n".to_owned() } else { report }
}

/// Appends what was removed and added, if there is any.
fn section(report: &mut String, title: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    if before == after {
        return;
    }
    // Writing into a string cannot fail.
    let _ = writeln!(report, "## {title}\n\n```diff");
    for line in before.difference(after) {
        let _ = writeln!(report, "- {line}");
    }
    for line in after.difference(before) {
        let _ = writeln!(report, "+ {line}");
    }
    let _ = writeln!(report, "```\n");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(methods: &[&str], fields: &Value) -> Schema {
        let request = |method: &&str| {
            json!({"type": "object", "description": method, "properties": {
                "id": {"type": "integer"}, "method": {"type": "string", "enum": [method]},
            }})
        };
        let requests: Vec<Value> = methods.iter().map(request).collect();
        types(&json!({"definitions": {
            "ClientRequest": {"oneOf": requests},
            "v2": {"Turn": {"type": "object", "properties": fields}},
        }}))
    }

    #[test]
    fn the_difference_names_messages_and_fields() {
        let before = schema(&["a/b", "old"], &json!({"id": {"type": "string"}, "at": {"type": "integer"}}));
        let after = schema(
            &["a/b", "new"],
            &json!({
                "id": {"type": "string", "description": "no fact"},
                "at": {"type": ["integer", "null"]},
                "kind": {"enum": ["x", "y"]},
                "item": {"oneOf": [
                    {"properties": {"type": {"enum": ["plan"]}, "text": {"$ref": "#/d/Text"}}},
                ]},
            }),
        );
        let expected = "\
## methods of the app-server

```diff
- old
+ new
```

## `Turn`

```diff
- .at: integer
+ .at: integer or null
+ .item[plan].text: Text
+ .item[plan].type = \"plan\"
+ .kind = \"x\"
+ .kind = \"y\"
```

";
        assert_eq!(difference(&before, &after), expected);
        assert_eq!(difference(&before, &before), "There are no differences.\n");
    }
}
