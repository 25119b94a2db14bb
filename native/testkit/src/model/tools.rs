//! Makes the tool calls of the model, adapted to the tools that Codex offers in its request.

use serde_json::{Value, json};

use super::script::ToolUse;

const RUN_COMMAND: &str = "exec_command";
const APPLY_PATCH: &str = "apply_patch";
const UPDATE_PLAN: &str = "update_plan";

/// The tools in a request, as names and types.
#[derive(Debug, Default)]
pub(super) struct Offered {
    tools: Vec<(String, String)>,
}

impl Offered {
    pub(super) fn in_request(request: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let tools = request["tools"].as_array().map_or(&[][..], Vec::as_slice);
        Self { tools: tools.iter().map(|tool| (text(&tool["name"]), text(&tool["type"]))).collect() }
    }

    /// Returns the output item that makes this call.
    ///
    /// # Errors
    /// A sentence that names the tool if Codex does not offer it.
    pub(super) fn call(&self, tool: &ToolUse, call_id: &str) -> Result<Value, String> {
        match tool {
            ToolUse::Run(command) => self.function(call_id, RUN_COMMAND, &shell(command)),
            ToolUse::Escalate(command) => {
                let mut arguments = shell(command);
                arguments["sandbox_permissions"] = "require_escalated".into();
                arguments["justification"] = format!("May I run `{command}` outside the sandbox?").into();
                self.function(call_id, RUN_COMMAND, &arguments)
            }
            ToolUse::Patch(path) => self.patch(call_id, path),
            ToolUse::Other { name, arguments } => match name.split_once('/') {
                None => self.function(call_id, name, arguments),
                Some((namespace, name)) => {
                    // Codex offers the tools of an MCP server as one tool with the server's name.
                    let mut call = self.function(call_id, namespace, arguments)?;
                    call["namespace"] = namespace.into();
                    call["name"] = name.into();
                    Ok(call)
                }
            },
            ToolUse::Plan => self.function(
                call_id,
                UPDATE_PLAN,
                &json!({
                    "explanation": "The scripted plan",
                    "plan": [
                        { "step": "Read the message", "status": "completed" },
                        { "step": "Follow its script", "status": "in_progress" },
                        { "step": "Answer", "status": "pending" },
                    ],
                }),
            ),
        }
    }

    fn patch(&self, call_id: &str, path: &str) -> Result<Value, String> {
        let patch =
            format!("*** Begin Patch\n*** Add File: {path}\n+Written by the scripted model.\n*** End Patch");
        match self.kind(APPLY_PATCH) {
            Some("custom") => {
                Ok(json!({ "type": "custom_tool_call", "call_id": call_id, "name": APPLY_PATCH,
                    "input": patch }))
            }
            Some(_) => self.function(call_id, APPLY_PATCH, &json!({ "input": patch })),
            // Codex recognizes this command line and applies the patch itself, as if the tool had been
            // called.
            None => {
                let command = format!("apply_patch <<'EOF'\n{patch}\nEOF");
                self.function(call_id, RUN_COMMAND, &shell(&command))
            }
        }
    }

    fn function(&self, call_id: &str, name: &str, arguments: &Value) -> Result<Value, String> {
        if self.kind(name).is_none() {
            let names: Vec<&str> = self.tools.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!("this Codex offers no tool `{name}`, only {}", names.join(", ")));
        }
        let arguments = arguments.to_string();
        Ok(json!({ "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments }))
    }

    fn kind(&self, name: &str) -> Option<&str> {
        self.tools.iter().find(|(offered, _)| offered == name).map(|(_, kind)| kind.as_str())
    }
}

/// Returns the arguments for running a command. A login shell is avoided, because its startup files may print
/// anything.
fn shell(command: &str) -> Value {
    json!({ "cmd": command, "login": false })
}
