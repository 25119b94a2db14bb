//! The arguments of a question, checked against what the operation takes.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{Code, Refusal};

/// What an operation takes by one name.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: ParameterType,
    /// What it is where the caller says nothing.
    pub preset: Preset,
    /// What it means, in a sentence.
    pub description: &'static str,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy)]
pub enum ParameterType {
    /// A text that is not blank.
    Text,
    /// Any text, also an empty one.
    AnyText,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A number in a range.
    Number(f64, f64),
    /// True or false.
    Boolean,
    /// A list of texts; a single one may stand for a list of one.
    TextList,
    /// An object.
    Object,
}

/// What a parameter is where the caller says nothing.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// The caller has to say something.
    Required,
    /// It is not given.
    Absent,
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

impl Parameter {
    /// Its description as `/tools/list` shows it.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut schema = json!({
            "type": self.kind.word(),
            "required": matches!(self.preset, Preset::Required),
            "description": self.description,
        });
        let default = match self.preset {
            Preset::Required | Preset::Absent => None,
            Preset::Integer(value) => Some(json!(value)),
            Preset::Number(value) => Some(json!(value)),
            Preset::Boolean(value) => Some(json!(value)),
        };
        if let Some(default) = default {
            schema["default"] = default;
        }
        match self.kind {
            ParameterType::Integer(least, most) => {
                schema["minimum"] = json!(least);
                schema["maximum"] = json!(most);
            }
            ParameterType::Number(least, most) => {
                schema["minimum"] = json!(least);
                schema["maximum"] = json!(most);
            }
            ParameterType::TextList => schema["items"] = json!({"type": "string"}),
            _ => {}
        }
        schema
    }

    fn check(&self, value: &Value) -> Result<(), Refusal> {
        let name = self.name;
        let fits = match (self.kind, value) {
            (ParameterType::Text, Value::String(text)) if text.trim().is_empty() => {
                return Err(Refusal::invalid(format!("`{name}` must not be empty")));
            }
            (ParameterType::Text | ParameterType::AnyText, Value::String(_))
            | (ParameterType::Boolean, Value::Bool(_))
            | (ParameterType::Object, Value::Object(_))
            | (ParameterType::TextList, Value::String(_)) => true,
            (ParameterType::TextList, Value::Array(items)) => items.iter().all(Value::is_string),
            (ParameterType::Integer(least, most), Value::Number(_)) => match integer(value) {
                Some(value) if (least..=most).contains(&value) => true,
                Some(_) => {
                    return Err(Refusal::invalid(format!("`{name}` must be between {least} and {most}")));
                }
                None => false,
            },
            (ParameterType::Number(least, most), Value::Number(number)) => {
                if !number.as_f64().is_some_and(|value| (least..=most).contains(&value)) {
                    return Err(Refusal::invalid(format!("`{name}` must be between {least} and {most}")));
                }
                true
            }
            _ => false,
        };
        let refusal =
            || Refusal::invalid(format!("`{name}` must be {}, not {}", self.kind.phrase(), kind(value)));
        fits.then_some(()).ok_or_else(refusal)
    }
}

impl ParameterType {
    fn word(self) -> &'static str {
        match self {
            Self::Text | Self::AnyText => "string",
            Self::Integer(..) => "integer",
            Self::Number(..) => "number",
            Self::Boolean => "boolean",
            Self::TextList => "array",
            Self::Object => "object",
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Text | Self::AnyText => "a string",
            Self::Integer(..) => "a whole number",
            Self::Number(..) => "a number",
            Self::Boolean => "true or false",
            Self::TextList => "a list of strings",
            Self::Object => "an object",
        }
    }
}

/// The arguments of one question. Every one of them has the type that its parameter asks for.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    parameters: &'static [Parameter],
    given: Cow<'a, Map<String, Value>>,
}

impl<'a> Arguments<'a> {
    /// Checks what was given. Null is the same as nothing, and so is the absence of all.
    pub(crate) fn check(parameters: &'static [Parameter], given: &'a Value) -> Result<Self, Refusal> {
        let given = match given {
            Value::Object(given) => Cow::Borrowed(given),
            Value::Null => Cow::Owned(Map::new()),
            other => {
                return Err(Refusal::invalid(format!(
                    "the arguments must be an object, not {}",
                    kind(other)
                )));
            }
        };
        for parameter in parameters {
            match given.get(parameter.name) {
                None | Some(Value::Null) if matches!(parameter.preset, Preset::Required) => {
                    return Err(Refusal::new(
                        Code::MissingRequiredArg,
                        format!("the argument `{}` is missing: {}", parameter.name, parameter.description),
                    ));
                }
                None | Some(Value::Null) => {}
                Some(value) => parameter.check(value)?,
            }
        }
        Ok(Self { parameters, given })
    }

    /// Names that were given and mean nothing here.
    pub(crate) fn unknown(&self) -> Vec<&str> {
        let known = |name: &String| self.parameters.iter().any(|parameter| parameter.name == name);
        self.given.keys().filter(|name| !known(name)).map(String::as_str).collect()
    }

    /// A text; empty where it was not given.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.optional_text(name).unwrap_or_default()
    }

    /// A text, where it was given.
    pub(crate) fn optional_text(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(Value::as_str)
    }

    /// A whole number that is not negative.
    pub(crate) fn size(&self, name: &str) -> usize {
        self.optional_size(name).unwrap_or_default()
    }

    /// A whole number that is not negative, where it was given or has a preset.
    pub(crate) fn optional_size(&self, name: &str) -> Option<usize> {
        let preset = match self.preset(name) {
            Preset::Integer(value) => Some(value),
            _ => None,
        };
        self.given.get(name).and_then(integer).or(preset).and_then(|value| usize::try_from(value).ok())
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let preset = if let Preset::Number(value) = self.preset(name) { value } else { 0.0 };
        self.given.get(name).and_then(Value::as_f64).unwrap_or(preset)
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let preset = matches!(self.preset(name), Preset::Boolean(true));
        self.given.get(name).and_then(Value::as_bool).unwrap_or(preset)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        match self.given.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Any value, where it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }

    fn preset(&self, name: &str) -> Preset {
        let parameter = self.parameters.iter().find(|parameter| parameter.name == name);
        debug_assert!(parameter.is_some(), "`{name}` is no parameter of this operation");
        parameter.map_or(Preset::Absent, |parameter| parameter.preset)
    }
}

/// `5` and `5.0`, as some languages write every number.
fn integer(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers that fit are converted")]
    let whole = |value: f64| (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64);
    match value {
        // A number beyond i64 is out of every range, and is to be refused as that.
        Value::Number(number) if number.is_u64() && !number.is_i64() => Some(i64::MAX),
        value => value.as_i64().or_else(|| value.as_f64().and_then(whole)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
