//! The protocol of questions: the request kinds and tools, their parameters, and refusals.
//!
//! It contains no answers: [`crate::answers`] has a function for each operation of the tables here.

mod arguments;
mod operations;
mod refusal;

pub(crate) use arguments::Arguments;
pub use arguments::{DefaultValue, Parameter, ParameterType};
pub(crate) use operations::{INVOKE_TOOL, KINDS, META_KINDS, Operation, TOOL_SCHEMAS, TOOLS};
pub use refusal::{Code, Refusal};
