//! What may be asked: the request kinds and the tools, what each takes, and how a question is refused.
//!
//! It holds no answer: [`crate::answers`] has a function for each operation of the tables here.

mod arguments;
mod operations;
mod refusal;

pub(crate) use arguments::Arguments;
pub use arguments::{Parameter, ParameterType, Preset};
pub(crate) use operations::{INVOKE_TOOL, KINDS, META_KINDS, Operation, TOOL_SCHEMAS, TOOLS};
pub use refusal::{Code, Refusal};
