//! The arguments of a question, validated against the parameters of the operation.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{Code, Refusal};

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The name of the parameter.
    pub name: &'static str,
    /// The accepted type.
    pub kind: ParameterType,
    /// The value if the caller omits the argument.
    pub default_value: DefaultValue,
    /// A one-sentence description.
    pub description: &'static str,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy)]
pub enum ParameterType {
    /// A string that is not blank.
    NonBlankString,
    /// Any string, including the empty one.
    AnyString,
    /// An integer in an inclusive range.
    Integer(i64, i64),
    /// A number in an inclusive range.
    Number(f64, f64),
    /// A boolean.
    Boolean,
    /// A list of strings. A single string may stand for a list of one.
    StringList,
    /// An object.
    Object,
}

/// The value of a parameter if the caller omits it.
#[derive(Debug, Clone, Copy)]
pub enum DefaultValue {
    /// There is none: the argument is required.
    Required,
    /// The parameter is absent.
    Absent,
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
}

impl Parameter {
    /// Returns the description of the parameter as `/tools/list` shows it.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut schema = json!({
            "type": self.kind.type_name(),
            "required": matches!(self.default_value, DefaultValue::Required),
            "description": self.description,
        });
        let default = match self.default_value {
            DefaultValue::Required | DefaultValue::Absent => None,
            DefaultValue::Integer(value) => Some(json!(value)),
            DefaultValue::Number(value) => Some(json!(value)),
            DefaultValue::Boolean(value) => Some(json!(value)),
        };
        if let Some(default) = default {
            schema["default"] = default;
        }
        match self.kind {
            ParameterType::Integer(min, max) => {
                schema["minimum"] = json!(min);
                schema["maximum"] = json!(max);
            }
            ParameterType::Number(min, max) => {
                schema["minimum"] = json!(min);
                schema["maximum"] = json!(max);
            }
            ParameterType::StringList => schema["items"] = json!({"type": "string"}),
            _ => {}
        }
        schema
    }

    fn check(&self, value: &Value) -> Result<(), Refusal> {
        let name = self.name;
        let fits = match (self.kind, value) {
            (ParameterType::NonBlankString, Value::String(text)) if text.trim().is_empty() => {
                return Err(Refusal::invalid(format!("`{name}` must not be empty")));
            }
            (ParameterType::NonBlankString | ParameterType::AnyString, Value::String(_))
            | (ParameterType::Boolean, Value::Bool(_))
            | (ParameterType::Object, Value::Object(_))
            | (ParameterType::StringList, Value::String(_)) => true,
            (ParameterType::StringList, Value::Array(items)) => items.iter().all(Value::is_string),
            (ParameterType::Integer(min, max), Value::Number(_)) => match integer(value) {
                Some(value) if (min..=max).contains(&value) => true,
                Some(_) => {
                    return Err(Refusal::invalid(format!("`{name}` must be between {min} and {max}")));
                }
                None => false,
            },
            (ParameterType::Number(min, max), Value::Number(number)) => {
                if !number.as_f64().is_some_and(|value| (min..=max).contains(&value)) {
                    return Err(Refusal::invalid(format!("`{name}` must be between {min} and {max}")));
                }
                true
            }
            _ => false,
        };
        let refusal = || {
            Refusal::invalid(format!(
                "`{name}` must be {}, not {}",
                self.kind.description(),
                describe_type(value)
            ))
        };
        fits.then_some(()).ok_or_else(refusal)
    }
}

impl ParameterType {
    fn type_name(self) -> &'static str {
        match self {
            Self::NonBlankString | Self::AnyString => "string",
            Self::Integer(..) => "integer",
            Self::Number(..) => "number",
            Self::Boolean => "boolean",
            Self::StringList => "array",
            Self::Object => "object",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::NonBlankString | Self::AnyString => "a string",
            Self::Integer(..) => "an integer",
            Self::Number(..) => "a number",
            Self::Boolean => "a boolean",
            Self::StringList => "a list of strings",
            Self::Object => "an object",
        }
    }
}

/// The arguments of one question. Each has the type that its parameter requires.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    parameters: &'static [Parameter],
    given: Cow<'a, Map<String, Value>>,
}

impl<'a> Arguments<'a> {
    /// Validates the given arguments. Null counts as an omitted argument, and as an empty object for all of
    /// them.
    pub(crate) fn check(parameters: &'static [Parameter], given: &'a Value) -> Result<Self, Refusal> {
        let given = match given {
            Value::Object(given) => Cow::Borrowed(given),
            Value::Null => Cow::Owned(Map::new()),
            other => {
                return Err(Refusal::invalid(format!(
                    "the arguments must be an object, not {}",
                    describe_type(other)
                )));
            }
        };
        for parameter in parameters {
            match given.get(parameter.name) {
                None | Some(Value::Null) if matches!(parameter.default_value, DefaultValue::Required) => {
                    return Err(Refusal::new(
                        Code::MissingRequiredArg,
                        format!(
                            "the required argument `{}` is missing: {}",
                            parameter.name, parameter.description
                        ),
                    ));
                }
                None | Some(Value::Null) => {}
                Some(value) => parameter.check(value)?,
            }
        }
        Ok(Self { parameters, given })
    }

    /// Returns the names of the given arguments that are not parameters of this operation.
    pub(crate) fn unknown(&self) -> Vec<&str> {
        let known = |name: &String| self.parameters.iter().any(|parameter| parameter.name == name);
        self.given.keys().filter(|name| !known(name)).map(String::as_str).collect()
    }

    /// Returns a string argument, or an empty string if it was not given.
    pub(crate) fn string(&self, name: &str) -> &str {
        self.optional_string(name).unwrap_or_default()
    }

    /// Returns a string argument, if it was given.
    pub(crate) fn optional_string(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(Value::as_str)
    }

    /// Returns a non-negative integer argument, or zero if it was not given and has no default.
    pub(crate) fn size(&self, name: &str) -> usize {
        self.optional_size(name).unwrap_or_default()
    }

    /// Returns a non-negative integer argument or its default, if there is either.
    pub(crate) fn optional_size(&self, name: &str) -> Option<usize> {
        let default_value = match self.default_value(name) {
            DefaultValue::Integer(value) => Some(value),
            _ => None,
        };
        self.given.get(name).and_then(integer).or(default_value).and_then(|value| usize::try_from(value).ok())
    }

    /// Returns a number argument or its default.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let default_value =
            if let DefaultValue::Number(value) = self.default_value(name) { value } else { 0.0 };
        self.given.get(name).and_then(Value::as_f64).unwrap_or(default_value)
    }

    /// Returns a boolean argument or its default.
    pub(crate) fn boolean(&self, name: &str) -> bool {
        let default_value = matches!(self.default_value(name), DefaultValue::Boolean(true));
        self.given.get(name).and_then(Value::as_bool).unwrap_or(default_value)
    }

    /// Returns a list of strings; a single string counts as a list of one.
    pub(crate) fn strings(&self, name: &str) -> Vec<&str> {
        match self.given.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns an argument of any type, if it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }

    fn default_value(&self, name: &str) -> DefaultValue {
        let parameter = self.parameters.iter().find(|parameter| parameter.name == name);
        debug_assert!(parameter.is_some(), "`{name}` is no parameter of this operation");
        parameter.map_or(DefaultValue::Absent, |parameter| parameter.default_value)
    }
}

/// Converts a whole number to an integer. `5.0` counts as `5`, since some languages write every number with a
/// fraction.
fn integer(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers that fit are converted")]
    let whole = |value: f64| (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64);
    match value {
        // A number beyond i64 exceeds every range, and is rejected for that.
        Value::Number(number) if number.is_u64() && !number.is_i64() => Some(i64::MAX),
        value => value.as_i64().or_else(|| value.as_f64().and_then(whole)),
    }
}

fn describe_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fractional number",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
