//! Generates the types of the HTTP API for TypeScript from its description: the types that the extension
//! exports to other extensions, and the types of the requests that the dashboard sends.
//!
//! This is not done with openapi-typescript. Its version 7 builds its output with the JavaScript API of
//! TypeScript 5, which TypeScript 7 no longer has, so a second TypeScript would have to be installed beside
//! the one that checks the sources. It also cannot limit the output to the types that another extension
//! needs, and it describes an operation in a form that a page would have to unwrap.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value, json};

/// The types of the parameters and results of the extension's API. Types that these refer to are written as
/// well.
const ROOTS: [&str; 8] =
    ["Job", "Approval", "MessageBody", "SentView", "ResolveBody", "ConversationView", "Lane", "Check"];

const HEAD: &str = "\
// Written by `cargo xtask openapi` from openapi.json. Do not edit.
";

/// Returns the content of `extension/api/schemas.d.ts` for this description of the API.
pub(crate) fn text(openapi: &Value) -> String {
    let schemas = &openapi["components"]["schemas"];
    let mut names = BTreeSet::new();
    let mut found: Vec<String> = ROOTS.iter().map(|&name| name.to_owned()).collect();
    while let Some(name) = found.pop() {
        references(&schemas[&name], &mut found);
        names.insert(name);
        found.retain(|name| !names.contains(name));
    }
    declarations(schemas, &names)
}

/// Returns the content of `dashboard/src/api/schemas.d.ts`: all types, and the parameters and reply of each
/// operation.
pub(crate) fn dashboard_text(openapi: &Value) -> String {
    let schemas = &openapi["components"]["schemas"];
    let names = schemas.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    declarations(schemas, &names) + &operations(&openapi["paths"])
}

fn declarations(schemas: &Value, names: &BTreeSet<String>) -> String {
    let mut text = HEAD.to_owned();
    for name in names {
        let schema = &schemas[name];
        let kind = type_of(schema, "");
        let declaration = match schema["properties"].is_object() {
            true => format!("export interface {name} {kind}"),
            false => format!("export type {name} = {kind};"),
        };
        text.push_str(&format!("\n{}{declaration}\n", comment(schema, "")));
    }
    text
}

/// Returns the type `Operations`: the operations that reply with JSON, by method and path.
fn operations(paths: &Value) -> String {
    let mut text =
        "\n/** What each operation takes and replies. */\nexport interface Operations {\n".to_owned();
    for (path, methods) in paths.as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let json = "/content/application~1json/schema";
            let Some(reply) = operation["responses"]["200"].pointer(json) else { continue };
            let body = operation["requestBody"].pointer(json);
            let body = body.map_or_else(|| "undefined".to_owned(), |body| type_of(body, "    "));
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "{}  \"{} {path}\": {{\n    path: {};\n    query: {};\n    body: {body};\n    reply: {};\n  }};\n",
                comment(&json!({"description": operation["summary"]}), "  "),
                method.to_uppercase(),
                parameters(operation, "path"),
                parameters(operation, "query"),
                type_of(reply, "    "),
            );
        }
    }
    text + "}\n"
}

/// Returns the type of an operation's parameters in its path or in its query.
fn parameters(operation: &Value, place: &str) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parameter in parameters.filter(|parameter| parameter["in"] == place) {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["required"] == true {
            required.push(name);
        }
        let mut schema = parameter["schema"].clone();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), parameter["description"].clone());
        }
        properties.insert(name.to_owned(), schema);
    }
    object(&properties, &json!({"required": required}), "    ")
}

/// Collects the names of the schemas that a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            found.extend(referenced(schema).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn referenced(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// Returns the type for a schema. `indent` is the indentation of the line that the type begins on.
fn type_of(schema: &Value, indent: &str) -> String {
    if let Some(name) = referenced(schema) {
        return name.to_owned();
    }
    for (keyword, sign) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(parts) = schema[keyword].as_array() {
            return parts.iter().map(|part| type_of(part, indent)).collect::<Vec<_>>().join(sign);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().map(|kind| named(kind, schema, indent)).collect::<Vec<_>>().join(" | ")
        }
        kind => named(kind, schema, indent),
    }
}

/// Returns the type for one name in a schema's `type`.
fn named(kind: &Value, schema: &Value, indent: &str) -> String {
    match kind.as_str().unwrap_or_default() {
        "string" => "string".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => format!("Array<{}>", type_of(&schema["items"], indent)),
        "object" => match (&schema["properties"], &schema["additionalProperties"]) {
            (Value::Object(properties), _) => object(properties, schema, indent),
            (_, values @ Value::Object(_)) => format!("Record<string, {}>", type_of(values, indent)),
            _ => "Record<string, unknown>".to_owned(),
        },
        _ => "unknown".to_owned(),
    }
}

fn object(properties: &Map<String, Value>, schema: &Value, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let required = schema["required"].as_array();
    let mut text = "{\n".to_owned();
    for (name, property) in properties {
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == name));
        let mark = if is_required { "" } else { "?" };
        let kind = type_of(property, &inner);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}{inner}{name}{mark}: {kind};", comment(property, &inner));
    }
    text + indent + "}"
}

fn comment(schema: &Value, indent: &str) -> String {
    // A nullable schema has its description inside `oneOf`.
    let description = schema["description"].as_str().or_else(|| schema["oneOf"][0]["description"].as_str());
    match description {
        Some(words) => format!("{indent}/** {} */\n", words.split_whitespace().collect::<Vec<_>>().join(" ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_types_are_current() {
        // A test of crate `server` checks that this file is what the API serves.
        let openapi = std::fs::read_to_string(crate::checkout::root().join("openapi.json")).unwrap();
        let openapi = serde_json::from_str(&openapi).unwrap();
        for (file, text) in crate::openapi::types_files(&openapi) {
            let committed = std::fs::read_to_string(&file).unwrap_or_default();
            // Not assert_eq, which would print both documents.
            assert!(
                committed.replace("\r\n", "\n") == text,
                "{} is out of date; run: cargo xtask openapi",
                file.display()
            );
        }
    }

    #[test]
    fn schemas_become_types() {
        for (schema, kind) in [
            (json!({"type": ["integer", "null"]}), "number | null"),
            (json!({"type": "string", "enum": ["a", "b"]}), r#""a" | "b""#),
            (json!({"oneOf": [{"$ref": "#/components/schemas/Job"}, {"type": "null"}]}), "Job | null"),
            (json!({"type": "array", "items": {"type": "string"}}), "Array<string>"),
            (json!({"type": "object", "additionalProperties": {"type": "number"}}), "Record<string, number>"),
            (json!({"type": "object"}), "Record<string, unknown>"),
            (json!({}), "unknown"),
            (
                json!({"type": "object", "required": ["a"], "properties": {
                    "a": {"type": "string", "description": "One."}, "b": {"type": "boolean"}}}),
                "{\n  /** One. */\n  a: string;\n  b?: boolean;\n}",
            ),
        ] {
            assert_eq!(type_of(&schema, ""), kind, "{schema}");
        }
    }
}
