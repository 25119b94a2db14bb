// Written by `cargo xtask openapi` from openapi.json. Do not edit.

/** The kind of an activity. */
export type ActivityKind = "message" | "review" | "compact" | "goal" | "shell" | "other";

/** A question of Codex. */
export interface Approval {
  /** The id: a UUID. */
  approvalId: string;
  /** The file changes, as Codex sent them: `[{path, kind, diff}]`, or an object by path from older binaries. */
  changes?: unknown;
  /** The command that would run. */
  command?: string | null;
  /** The conversation; `null` for a synthetic approval of a lane without a conversation. */
  conversationId?: string | null;
  /** The time at which Codex asked. */
  createdAt: Timestamp;
  /** The directory in which it would run. */
  cwd?: string | null;
  /** The decision. */
  decision?: Decision | null;
  /** The decisions that are possible. */
  decisions: Array<Decision>;
  /** The time at which it is denied if there is no answer before. */
  expiresAt: Timestamp;
  /** The id of Codex's item, for example of the command. */
  itemId?: string | null;
  /** The job that waits; `null` for a turn that another program queued. */
  jobId?: string | null;
  /** The kind. */
  kind: ApprovalKind;
  /** The lane whose turn waits. */
  laneId?: string | null;
  /** The method of Codex's request. */
  method: string;
  /** The note that came with the answer. */
  note?: string | null;
  /** The conversation whose agent started this one, if a sub-agent asks. */
  parentConversationId?: string | null;
  /** The requested permissions: `{network, fileSystem}`. */
  permissions?: Record<string, unknown> | null;
  /** The questions, as Codex sent them: `[{id, header, question, isOther, isSecret, options?}]`. */
  questions?: Array<Record<string, unknown>> | null;
  /** The reason that Codex gives, or the text of an MCP server if the summary does not contain all of it. */
  reason?: string | null;
  /** The fields of Codex's request, unchanged. */
  request: Record<string, unknown>;
  /** The time at which it was resolved. */
  resolvedAt?: Timestamp | null;
  /** The party that resolved it. */
  resolvedBy?: ResolvedBy | null;
  /** The JSON Schema of the form that an MCP server wants the user to fill in. */
  schema?: Record<string, unknown> | null;
  /** The source of the question. */
  source: ApprovalSource;
  /** The status. */
  status: ApprovalStatus;
  /** A summary in one line, for the user. */
  summary: string;
  /** The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}` of an MCP server. */
  tool?: Record<string, unknown> | null;
  /** The turn that waits. */
  turnId?: string | null;
  /** A URL that an MCP server wants the user to visit. */
  url?: string | null;
}

/** The kind of an approval. */
export type ApprovalKind = "command" | "file_change" | "permissions" | "question" | "elicitation" | "tool_call";

/** The approval policies of the API. */
export type ApprovalPolicyName = "untrusted" | "on-failure" | "on-request" | "never";

/** The source of an approval. */
export type ApprovalSource = "app-server" | "runtime";

/** The status of an approval. */
export type ApprovalStatus = "pending" | "approved" | "denied" | "cancelled" | "answered" | "expired";

/** The result of a diagnostic check. */
export interface Check {
  /** How to solve the problem; `null` if there is none. */
  advice?: string | null;
  /** What the check found. */
  finding: string;
  /** The object that was checked. */
  name: string;
  /** The status of the object. */
  status: CheckStatus;
}

/** The status of a checked object. */
export type CheckStatus = "good" | "warning" | "bad";

/** Overrides of Codex's `config.toml`. */
export type ConfigOverrides = Record<string, unknown> | Array<string>;

/** The turn that runs on a conversation that this bridge has loaded. */
export interface ConversationActivity {
  /** The job, if a job started the activity. */
  jobId?: string | null;
  /** The kind: `message`, `review`, `compact`, `goal`, `shell`, or `other` while it is not known. */
  kind: ActivityKind;
  /** The time at which the bridge observed the start. */
  since: Timestamp;
  /** The party that started the activity. */
  startedBy: StartedBy;
  /** The turn, once its id is known. */
  turnId?: string | null;
}

/** An open conversation tab. */
export interface ConversationTab {
  /** The conversation that the tab shows. */
  conversationId: string;
  /** The index of the tab group, starting at 0. */
  groupIndex: number;
  /** Whether the tab is the active one of its group. */
  isActive: boolean;
  /** The index of the tab within its group, starting at 0. */
  tabIndex: number;
  /** The label of the tab. */
  title: string;
  /** `openai-codex://route/local/<conversationId>` */
  uri: string;
  /** The column of the tab group, starting at 1. */
  viewColumn: number;
}

/** A conversation of Codex's history. */
export interface ConversationView {
  /** The running turn, whoever started it, if this bridge has the conversation loaded. `null` while it is idle. */
  activity?: ConversationActivity | null;
  conversationId: string;
  createdAt?: Timestamp | null;
  cwd?: string | null;
  /** The conversation that this one is a copy of, if Codex reports it. */
  forkedFromConversationId?: string | null;
  /** The goal, if this bridge has the conversation loaded and Codex reported one. `GET /conversations/{conversationId}/goal` reads it in any case. */
  goal?: Goal | null;
  model?: string | null;
  modelProvider?: string | null;
  owner: OwnerView;
  /** The conversation whose agent started this one. */
  parentConversationId?: string | null;
  /** Usually the first message. */
  preview?: string | null;
  /** Where the conversation originated, for example `vscode`, `cli` or `exec`. */
  source: string;
  /** The title, if the conversation has one. */
  title?: string | null;
  /** The turns with their items in Codex's format, oldest first. Left out if not requested. */
  turns?: Array<Record<string, unknown>> | null;
  updatedAt?: Timestamp | null;
}

/** A decision on an approval. The field `decisions` lists the decisions that an approval allows. */
export type Decision = "approve" | "approve_for_session" | "approve_always" | "deny" | "cancel" | "answer";

/** How a message reached its conversation. */
export type Delivery = "started" | "queued" | "handed_over" | "steered" | "forked";

/** How to deliver a message if its conversation is busy. */
export type DeliveryMode = "auto" | "start" | "steer" | "queue" | "handover" | "panel" | "fork" | "reject";

/** The reason why a job failed. */
export interface Failure {
  /** The kind of error with which Codex ended the turn, if `code` is `turn_failed` and Codex named it. */
  cause?: FailureCause | null;
  /** The code, for programs. */
  code: FailureCode;
  /** The HTTP status of the model provider, if Codex forwarded it. */
  httpStatus?: number | null;
  /** The message, for users. It may be a message of Codex. */
  message: string;
  /** The time at which the usage limit is reset, if that is the cause and Codex knows the time. */
  retryAt?: Timestamp | null;
}

/** The kind of error with which Codex ended a turn. Codex's own names (`CodexErrorInfo`) change from version to version; these do not. */
export type FailureCause = "usage_limit" | "rate_limit" | "session_budget" | "server_overloaded" | "server_error" | "connection" | "context_window" | "unauthorized" | "bad_request" | "model_not_found" | "policy" | "too_many_denials" | "sandbox" | "other";

/** The code of the reason why a job failed. */
export type FailureCode = "turn_failed" | "interrupted" | "codex_refused" | "codex_not_found" | "codex_unavailable" | "codex_exited" | "cancelled" | "turn_timeout" | "send_timeout" | "conversation_owned_elsewhere" | "conversation_busy" | "no_active_turn" | "conversation_not_found" | "conversation_archived" | "queue_full" | "internal_error" | "bridge_stopped" | "interrupted_by_restart";

/** The goal of a conversation, which Codex pursues over several turns. */
export interface Goal {
  /** The objective, in the words of the user or the model. */
  objective: string;
  status: "active" | "paused" | "blocked" | "usageLimited" | "budgetLimited" | "complete" | "unknown" & Record<string, unknown>;
  /** The maximum number of tokens, if there is one. */
  tokenBudget?: number | null;
  /** The number of tokens used so far. */
  tokensUsed: number;
}

/** The handling of a goal that the turn of a message sets. */
export type GoalHandling = "continue" | "pause";

/** One dispatched message. */
export type Job = LastNotification & {
  /** The time at which the job completed or failed. */
  completedAt?: Timestamp | null;
  /** The conversation, once it is known. */
  conversationId?: string | null;
  /** The time at which the job was accepted. */
  createdAt: Timestamp;
  /** The working directory of the conversation. */
  cwd?: string | null;
  /** How the message reached the conversation, once it is delivered. */
  delivery?: Delivery | null;
  /** The message of the failure, as in `failure.message`. */
  error?: string | null;
  /** The exit code of the Codex process, if its exit ended the job. */
  exitCode?: number | null;
  /** The reason why the job failed. */
  failure?: Failure | null;
  /** The goal that the job's turns pursue. The job runs until the goal is no longer active. */
  goal?: Goal | null;
  /** The id: a UUID. */
  jobId: string;
  /** The lane whose turn the job runs. */
  laneId?: string | null;
  /** The message. */
  message: string;
  /** The reason why the editor does not show it. */
  openError?: string | null;
  /** Whether the request asked the editor to show the conversation. */
  openRequested: boolean;
  /** Whether the editor shows the conversation; `null` if that was not requested, or is not yet known. */
  opened?: boolean | null;
  /** The operation that created the job. */
  operation: Operation;
  /** How the job ended; `null` until then. The status of a cancelled job is `failed`. */
  outcome?: Outcome | null;
  /** The file to which the answer is written, if the request names one. */
  outputLastMessagePath?: string | null;
  /** The process id of the app-server that runs the turn. */
  pid?: number | null;
  /** What the turn has produced so far, while the job runs. It is stored every few seconds and with each change of the job. */
  progress?: Progress | null;
  /** The conversation that the message was sent to, if it is known. A fork continues as `conversationId`. */
  requestedConversationId?: string | null;
  /** The result of the turn. A job that failed has one if its turn had produced anything (`partial`). */
  result?: JobResult | null;
  /** The signal that ended the Codex process, if its exit ended the job. */
  signal?: string | null;
  /** The time at which the turn started. */
  startedAt?: Timestamp | null;
  /** The status. */
  status: JobStatus;
  /** The program through which a message is sent to Codex. */
  transport?: Transport;
  /** The turn, once it has started. */
  turnId?: string | null;
  /** The maximum duration of the turn, in milliseconds. */
  turnTimeoutMs?: number | null;
  /** All turns of the job, in order. There are several if Codex continued a goal, and then `turnId` is the last one. */
  turns?: Array<string>;
  /** The time of the last change. */
  updatedAt: Timestamp;
  /** The `exec` conversation that `conversationId` replaces, so that it appears in the history. */
  upgradedFromConversationId?: string | null;
  /** The questions of Codex that wait for an answer. */
  waitingOn?: Array<WaitingOn>;
  /** The differences between the request and what the bridge did. */
  warnings?: Array<string>;
};

/** The result of a turn. That of a job that failed is what the turn had produced before. */
export interface JobResult {
  /** A unified diff of all file changes, if there were any. */
  diff?: string | null;
  /** The duration of the turn, in milliseconds. */
  durationMs?: number | null;
  /** The answer as JSON, if the message has an output schema and the answer matches it. `warnings` says why it does not. */
  json?: unknown;
  /** Indicates that the turn did not complete, so that the text may end in the middle of a sentence. */
  partial?: boolean;
  /** The agent's last plan, if it made one: `{explanation, plan: [{step, status}]}`. */
  plan?: Record<string, unknown> | null;
  /** The findings and the verdict of a review (`POST /reviews`). `text` is made from them. */
  review?: Review | null;
  /** The agent's final answer; empty if there is none. */
  text?: string;
  /** The token usage of the turn, if Codex reported it. */
  tokenUsage?: TokenUsage | null;
}

/** The status of a job. */
export type JobStatus = "starting" | "running" | "completed" | "failed";

/** A lane. */
export interface Lane {
  /** The acceptance criteria, which are part of each instruction. */
  acceptanceCriteria: Array<string>;
  /** The job of the turn that is running or being verified. */
  activeJobId?: string | null;
  /** The running turn. */
  activeTurnId?: string | null;
  /** When Codex asks for approval; `null` uses Codex's configuration. */
  approvalPolicy?: string | null;
  /** The branch of its worktree. */
  branch?: string | null;
  /** The time of creation. */
  createdAt: Timestamp;
  /** The id: chosen by the caller, or a UUID. */
  laneId: string;
  /** The id of the model; `null` uses Codex's configuration. */
  model?: string | null;
  /** The surface in which the conversation should originate. */
  preferredSurface: PreferredSurface;
  /** The reason why the lane is blocked or failed. */
  problem?: string | null;
  /** The project, named by the caller. */
  projectId?: string | null;
  /** The behavior if a thread that the lane takes over cannot be loaded yet. */
  readinessMode: ReadinessMode;
  /** The absolute path of the repository in which the lane works. */
  repoRoot?: string | null;
  /** The sandbox of its commands. */
  sandbox: string;
  /** The process that runs the turns. */
  sessionIsolation: SessionIsolation;
  /** The status. */
  status: LaneStatus;
  /** The surface in which the conversation originated. */
  surface: Surface;
  /** Whether a test or a debug route created the lane. A cleanup can be limited to such lanes. */
  synthetic: boolean;
  /** The conversation. */
  threadId?: string | null;
  /** The title. */
  title?: string | null;
  /** The time of the last change. */
  updatedAt: Timestamp;
  /** The most recent results of these commands. */
  verification: Array<VerificationResult>;
  /** The shell commands that must exit with 0 after each turn. */
  verificationCommands: Array<string>;
  /** The remaining work of the workflow that created the lane. */
  workflow?: Workflow | null;
  /** The directory of its worktree. */
  worktreePath?: string | null;
}

/** The status of a lane. */
export type LaneStatus = "idle" | "starting" | "running" | "needs_approval" | "blocked" | "verifying" | "done" | "failed" | "interrupted";

/** The last notification that a job received from Codex. It changes with every notification, and is stored with the job's next transition. */
export interface LastNotification {
  /** The number of notifications so far. */
  eventCount?: number;
  /** The identifying fields of the last notification: `{type, thread_id, conversation_id, turn_id?, status?}`. */
  lastEvent?: Record<string, unknown> | null;
  /** The time of the last notification. */
  lastEventAt?: Timestamp | null;
  /** The method of the last notification, for example `item/completed`. */
  lastEventType?: string | null;
  /** The last line that the Codex process wrote to its standard error, if it failed. */
  lastStderr?: string | null;
}

/** Body of `POST /conversations` and `POST /conversations/…/messages`. */
export interface MessageBody {
  /** Directories that commands may write to in addition to the working directory. */
  addDirs?: Array<string>;
  /** When Codex asks for approval. Default: Codex's own configuration. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Milliseconds until an approval without a decision is denied. Default: setting `approvalTimeoutMs`. */
  approvalTimeoutMs?: number | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** Colors of the output: `always`, `never` or `auto`. Runs through `codex exec`. */
  color?: string | null;
  /** Overrides of Codex's `config.toml`: an object by dotted key, or an array of `key=value` lines with TOML values. */
  config?: ConfigOverrides | null;
  /** Absolute path of the working directory. Default: the first workspace folder, or the directory of `codex-bridge serve`. An existing conversation keeps its own directory. */
  cwd?: string | null;
  /** Short for `approvalPolicy: never` with `sandbox: danger-full-access`. */
  dangerouslyBypassApprovalsAndSandbox?: boolean | null;
  /** How to deliver the message if the conversation is busy. */
  delivery?: DeliveryMode;
  /** Developer instructions for the conversation. */
  developerInstructions?: string | null;
  /** Features of Codex to turn off. */
  disableFeatures?: Array<string>;
  /** How much the model reasons from this turn on, for example `low`, `medium` or `high`. `GET /codex/model/list` has the values of each model. */
  effort?: string | null;
  /** Features of Codex to turn on. */
  enableFeatures?: Array<string>;
  /** Whether the editor shows the conversation. Default: true if there is an editor. */
  ensureOpen?: boolean | null;
  /** Sets `sandbox: workspace-write` and `approvalPolicy: on-request` unless the message sets these fields itself. */
  fullAuto?: boolean | null;
  /** The handling of a goal that the turn sets, which Codex would pursue in further turns. `continue` (the default): the job runs until the goal is complete, blocked, paused or out of budget. `pause`: the goal is paused, so that the job ends with its first turn. */
  goal?: GoalHandling;
  /** Images: file paths, relative to `cwd` or absolute, or `data:image/` URLs. The formats are PNG, JPEG, GIF and WebP. */
  images?: Array<string>;
  /** Local provider: `ollama` or `lmstudio`. Runs through `codex exec`. */
  localProvider?: string | null;
  /** What Codex should do. On `POST /conversations`, a missing or empty message opens a blank draft in the editor. */
  message?: string | null;
  /** Model id. */
  model?: string | null;
  /** Milliseconds within which the editor must show the conversation. Default: setting `tabTimeoutMs`. */
  openTimeoutMs?: number | null;
  /** Uses a model on this machine. Runs through `codex exec`. */
  oss?: boolean | null;
  /** File that the final answer is written to. */
  outputLastMessagePath?: string | null;
  /** JSON Schema for the final answer. `result.json` is the answer if it matches. */
  outputSchema?: Record<string, unknown> | null;
  /** File with a JSON Schema for the final answer, instead of `outputSchema`. */
  outputSchemaPath?: string | null;
  /** Style of the answers. Newer models ignore it. */
  personality?: PersonalityName | null;
  /** Profile of Codex's configuration. Runs through `codex exec`. */
  profile?: string | null;
  /** What commands may access. Default: Codex's own configuration. */
  sandbox?: SandboxName | null;
  /** Lets the model search the web. */
  search?: boolean | null;
  /** Milliseconds within which the turn must start. Default: setting `requestTimeoutMs`. */
  sendTimeoutMs?: number | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** How the model summarizes its reasoning from this turn on. */
  summary?: SummaryName | null;
  /** Alias of `sendTimeoutMs`. */
  timeoutMs?: number | null;
  /** Title of a new conversation. Default: the beginning of its first message. */
  title?: string | null;
  /** Milliseconds that the turn may take before it is interrupted. Default: no limit. */
  turnTimeoutMs?: number | null;
  /** Whether a message to a conversation of `codex exec` continues in a copy. The history shows the copy, but not the original. Default: true. */
  upgradeLegacyExecConversations?: boolean | null;
}

/** The operation that created a job. */
export type Operation = "create_conversation" | "resume_conversation";

/** How a job ended. Unlike the status, it tells a cancelled job from a failed one. */
export type Outcome = "completed" | "failed" | "cancelled" | "interrupted" | "timed_out";

/** The process that is the writer of a conversation. */
export interface OwnerView {
  /** `nobody`, `bridge` (this bridge runs a turn), `other` (another process), or `unknown` if the operating system does not show the owner. */
  kind: string;
  /** The process id of the other process. */
  pid?: number | null;
  /** The name of the other process's program. */
  program?: string | null;
}

/** The personalities of the API. */
export type PersonalityName = "none" | "friendly" | "pragmatic";

/** The surface in which a lane's conversation should originate. */
export type PreferredSurface = "mac-app" | "cli" | "vscode" | "any";

/** What a running turn has produced so far. */
export interface Progress {
  /** The command that is running, if there is one. */
  command?: RunningCommand | null;
  /** A unified diff of all file changes so far, if there are any. */
  diff?: string | null;
  /** The agent's last plan, if it made one: `{explanation, plan: [{step, status}]}`. */
  plan?: Record<string, unknown> | null;
  /** The message that the agent is writing, or else its last message. */
  text?: string;
  /** The token usage of the turn so far, if Codex reported it. */
  tokenUsage?: TokenUsage | null;
}

/** The behavior if a thread that a lane takes over cannot be loaded yet. */
export type ReadinessMode = "strict" | "lenient";

/** Body of `POST /approvals/{approvalId}`. */
export interface ResolveBody {
  /** Answers to the approval's questions, by question id: `{"questionId": "answer"}`, or a list of strings for each. */
  answers?: Record<string, unknown> | null;
  /** The content of an MCP server's form, or the result of a tool. */
  content?: Record<string, unknown> | null;
  /** One of the approval's `decisions`. */
  decision: Decision;
  /** The reason for the decision, which is recorded. */
  note?: string | null;
}

/** The party that resolved an approval. */
export type ResolvedBy = "api" | "editor" | "deadline" | "codex" | "bridge";

/** The result of a code review. */
export interface Review {
  /** The findings, in the order in which the reviewer reported them. */
  findings: Array<ReviewFinding>;
  /** The verdict on the whole change. */
  verdict: ReviewVerdict;
}

/** A finding of a review. */
export interface ReviewFinding {
  /** The explanation. */
  body: string;
  /** The reviewer's confidence, from 0 to 1. */
  confidence: number;
  /** The absolute path of the file. */
  file: string;
  /** The lines of the file. */
  lines: ReviewLines;
  /** The priority, from 0 (most urgent) to 3, if the reviewer set one. */
  priority?: number | null;
  /** The title. */
  title: string;
}

/** A range of lines, counted from 1. */
export interface ReviewLines {
  /** The last line. */
  end: number;
  /** The first line. */
  start: number;
}

/** The verdict of a review. */
export interface ReviewVerdict {
  /** The reviewer's confidence, from 0 to 1. */
  confidence: number;
  /** `patch is correct` or `patch is incorrect`; empty if the reviewer gave no verdict. */
  correctness: string;
  /** The reasons. */
  explanation: string;
}

/** A command that a turn runs. */
export interface RunningCommand {
  /** The command line as Codex shows it. */
  command: string;
  /** The working directory. */
  cwd?: string | null;
}

/** The sandboxes of the API. */
export type SandboxName = "read-only" | "workspace-write" | "danger-full-access";

/** The reply of the routes that send a message. */
export interface SentView {
  /** The tab that shows the conversation. */
  conversation?: ConversationTab | null;
  conversationId: string;
  /** How the message reached the conversation. */
  delivery: Delivery;
  job: Job;
  /** The path of the job. */
  jobUrl: string;
  /** Always `true`. */
  ok: boolean;
  /** Why the editor could not show the conversation. */
  openError?: string | null;
  /** Whether the editor shows the conversation. */
  opened: boolean;
  /** The conversation that the request named. Only in replies of the messages routes. */
  requestedConversationId?: string | null;
  /** Always `true`. */
  sent: boolean;
  /** The same id, under the name that Codex uses. */
  threadId: string;
  turn: TurnView;
  /** The conversation that this one replaces. Only in replies of the messages routes. */
  upgradedFromConversationId?: string | null;
  /** How the bridge deviated from the request. */
  warnings: Array<string>;
}

/** The process that runs the turns of a lane. */
export type SessionIsolation = "process" | "shared";

/** The party that started an activity. */
export type StartedBy = "job" | "call" | "process" | "codex";

/** The summaries of the reasoning in the API. */
export type SummaryName = "auto" | "concise" | "detailed" | "none";

/** The program in which a thread originated, as its user sees it. */
export type Surface = "mac-app" | "cli" | "vscode" | "unknown";

/** A point in time, in whole milliseconds. On the wire it is ISO 8601 in UTC, as JavaScript's `Date` formats it, for example `2026-11-20T22:19:15.476Z`. */
export type Timestamp = string;

/** Token counts of a turn. */
export interface TokenUsage {
  /** The part of the input tokens that was read from the provider's cache. */
  cachedInputTokens: number;
  /** The tokens sent to the model, including cached ones. */
  inputTokens: number;
  /** The tokens that the model produced, including reasoning. */
  outputTokens: number;
  /** The part of the output tokens that was reasoning. */
  reasoningOutputTokens: number;
  /** All tokens. */
  totalTokens: number;
}

/** The program through which a message is sent to Codex. */
export type Transport = "app-server" | "cli";

/** The turn that a message started. */
export interface TurnView {
  conversationId: string;
  /** `thread/started` for a new conversation, `turn/started` for a continued one. */
  eventType: string;
  jobId: string;
  message: string;
  /** The process id of the app-server that runs the turn. */
  pid?: number | null;
  requestedConversationId?: string | null;
  /** `started`, or `queued` if the turn waits for another one or in another process. */
  status: string;
  /** How the bridge reached Codex. */
  transport: Transport;
  turnId?: string | null;
  upgradedFromConversationId?: string | null;
}

/** The result of a verification command. */
export interface VerificationResult {
  /** The command, as the shell ran it. */
  command: string;
  /** The duration in milliseconds. */
  durationMs: number;
  /** The exit code, if there was one. */
  exitCode?: number | null;
  /** The end of the output. */
  output: string;
  /** Whether the exit code was 0. */
  passed: boolean;
}

/** A question of Codex that a job waits for. */
export interface WaitingOn {
  /** The id of the approval. `POST /approvals/{approvalId}` answers it. */
  approvalId: string;
  /** The kind of the approval. */
  kind: ApprovalKind;
  /** A summary in one line, for the user. */
  summary: string;
}

/** The remaining work of a workflow. */
export interface Workflow {
  /** The id of the job for the first instruction. It is chosen in advance, so that the instruction is sent only once. */
  kickoffJobId: string;
  /** The first instruction. */
  kickoffPrompt?: string | null;
}
