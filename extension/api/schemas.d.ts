// Written by `cargo xtask openapi` from openapi.json. Do not edit.

/** A question of Codex. */
export interface Approval {
  /** UUID. */
  approvalId: string;
  /** The file changes, as Codex sent them: `[{path, kind, diff}]`, of older binaries an object by path. */
  changes?: unknown;
  /** The command that would run. */
  command?: string | null;
  /** The conversation; `null` for one that was made up for a lane without one. */
  conversationId?: string | null;
  /** When Codex asked. */
  createdAt: Timestamp;
  /** The folder in which it would run. */
  cwd?: string | null;
  /** What was decided. */
  decision?: Decision | null;
  /** What may be decided. */
  decisions: Array<Decision>;
  /** When it will be denied, unless somebody answers before. */
  expiresAt: Timestamp;
  /** Codex's item, for example the command's. */
  itemId?: string | null;
  /** The job that waits; `null` for a turn that another program queued. */
  jobId?: string | null;
  /** What it is about. */
  kind: ApprovalKind;
  /** The lane whose turn waits. */
  laneId?: string | null;
  /** Method of Codex's request. */
  method: string;
  /** What the one who resolved it wrote beside it. */
  note?: string | null;
  /** What would be permitted: `{network, fileSystem}`. */
  permissions?: Record<string, unknown> | null;
  /** The questions, as Codex sent them: `[{id, header, question, isOther, isSecret, options?}]`. */
  questions?: Array<Record<string, unknown>> | null;
  /** Why Codex wants it, in its words; what an MCP server says, where the summary has not all of it. */
  reason?: string | null;
  /** Fields of Codex's request, untouched. */
  request: Record<string, unknown>;
  /** When it was resolved. */
  resolvedAt?: Timestamp | null;
  /** Who resolved it. */
  resolvedBy?: ResolvedBy | null;
  /** JSON Schema of the form that an MCP server wants filled in. */
  schema?: Record<string, unknown> | null;
  /** Who asked. */
  source: ApprovalSource;
  /** Where it stands. */
  status: ApprovalStatus;
  /** One line for a person. */
  summary: string;
  /** The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}` of an MCP server. */
  tool?: Record<string, unknown> | null;
  /** The turn that waits. */
  turnId?: string | null;
  /** An address that an MCP server wants visited. */
  url?: string | null;
}

/** What an approval is about. */
export type ApprovalKind = "command" | "file_change" | "permissions" | "question" | "elicitation" | "tool_call";

/** Approval policies that the API takes. */
export type ApprovalPolicyName = "untrusted" | "on-failure" | "on-request" | "never";

/** Who asks. */
export type ApprovalSource = "app-server" | "runtime";

/** Where an approval stands. */
export type ApprovalStatus = "pending" | "approved" | "denied" | "cancelled" | "answered" | "expired";

/** One thing that was looked at. */
export interface Check {
  /** What to do, where something is to be done. */
  advice?: string | null;
  /** What was found. */
  finding: string;
  /** What was looked at. */
  name: string;
  /** How it is. */
  status: CheckStatus;
}

/** How something is. */
export type CheckStatus = "good" | "warning" | "bad";

/** Overrides of Codex's `config.toml`. */
export type ConfigOverrides = Record<string, unknown> | Array<string>;

/** An open conversation tab. */
export interface ConversationTab {
  /** The conversation it shows. */
  conversationId: string;
  /** Index of its group, from 0. */
  groupIndex: number;
  /** Whether it is the active tab of its group. */
  isActive: boolean;
  /** Index within its group, from 0. */
  tabIndex: number;
  /** Its label. */
  title: string;
  /** `openai-codex://route/local/<conversationId>` */
  uri: string;
  /** Column of its group, from 1. */
  viewColumn: number;
}

/** A conversation of Codex's history. */
export interface ConversationView {
  conversationId: string;
  createdAt?: Timestamp | null;
  cwd?: string | null;
  /** The conversation that it is a copy of, where Codex tells. */
  forkedFromConversationId?: string | null;
  model?: string | null;
  modelProvider?: string | null;
  owner: OwnerView;
  /** The conversation whose agent started it. */
  parentConversationId?: string | null;
  /** Usually its first message. */
  preview?: string | null;
  /** Where it came from, for example `vscode`, `cli` or `exec`. */
  source: string;
  /** What it is called, where somebody named it. */
  title?: string | null;
  /** The turns with their items, as Codex sent them, oldest first; only where they were asked for. */
  turns?: Array<Record<string, unknown>> | null;
  updatedAt?: Timestamp | null;
}

/** What may be decided. Which of these a request offers is in its `decisions`. */
export type Decision = "approve" | "approve_for_session" | "approve_always" | "deny" | "cancel" | "answer";

/** How a message reached its conversation. */
export type Delivery = "started" | "queued" | "handed_over" | "steered" | "forked";

/** How a message shall reach its conversation. */
export type DeliveryMode = "auto" | "start" | "steer" | "queue" | "handover" | "panel" | "fork" | "reject";

/** Why a job failed, for programs and for people. */
export interface Failure {
  /** For programs. */
  code: FailureCode;
  /** For people; may be Codex's own words. */
  message: string;
}

/** Why a job failed. */
export type FailureCode = "turn_failed" | "interrupted" | "codex_refused" | "codex_not_found" | "codex_unavailable" | "codex_exited" | "cancelled" | "turn_timeout" | "send_timeout" | "conversation_owned_elsewhere" | "conversation_busy" | "no_active_turn" | "conversation_not_found" | "conversation_archived" | "queue_full" | "internal_error" | "bridge_stopped" | "interrupted_by_restart";

/** One dispatched message. */
export type Job = Progress & {
  /** When it ended, either way. */
  completedAt?: Timestamp | null;
  /** The conversation, once it is known. */
  conversationId?: string | null;
  /** When it was accepted. */
  createdAt: Timestamp;
  /** Working folder of the conversation. */
  cwd?: string | null;
  /** How the message reached the conversation, once it did. */
  delivery?: Delivery | null;
  /** The failure's message; the same as `failure.message`. */
  error?: string | null;
  /** Exit code of the Codex process, when its end ended the job. */
  exitCode?: number | null;
  /** Why the job failed. */
  failure?: Failure | null;
  /** UUID. */
  jobId: string;
  /** The lane whose turn it is. */
  laneId?: string | null;
  /** The message. */
  message: string;
  /** Why it does not. */
  openError?: string | null;
  /** Whether the editor was asked to show the conversation. */
  openRequested: boolean;
  /** Whether it does; `null` when it was not asked, or not yet known. */
  opened?: boolean | null;
  /** What was asked for. */
  operation: Operation;
  /** The file that the answer is written to, where one was asked for. */
  outputLastMessagePath?: string | null;
  /** Process id of the app-server that runs it. */
  pid?: number | null;
  /** The conversation that the message was sent to, where that is known; a fork goes on as `conversationId`. */
  requestedConversationId?: string | null;
  /** What a completed turn came to. */
  result?: JobResult | null;
  /** Signal that ended the Codex process, when its end ended the job. */
  signal?: string | null;
  /** When its turn began. */
  startedAt?: Timestamp | null;
  /** Where it stands. */
  status: JobStatus;
  /** How Codex is reached. */
  transport?: Transport;
  /** The turn, once it began. */
  turnId?: string | null;
  /** Milliseconds that the turn may take. */
  turnTimeoutMs?: number | null;
  /** When it last changed. */
  updatedAt: Timestamp;
  /** The `exec` conversation that this one replaces, so that the history shows it. */
  upgradedFromConversationId?: string | null;
  /** Questions of Codex that wait for an answer. */
  waitingOn?: Array<WaitingOn>;
  /** What was done differently from what was asked. */
  warnings?: Array<string>;
};

/** What a completed turn came to. */
export interface JobResult {
  /** Unified diff of all file changes, where there were any. */
  diff?: string | null;
  /** Milliseconds that the turn took. */
  durationMs?: number | null;
  /** The agent's last plan: `{explanation, plan: [{step, status}]}`, where it made one. */
  plan?: Record<string, unknown> | null;
  /** The agent's final answer; empty when it wrote none. */
  text?: string;
  /** Tokens of the turn, where Codex told. */
  tokenUsage?: TokenUsage | null;
}

/** Where a job stands. */
export type JobStatus = "starting" | "running" | "completed" | "failed";

/** A lane. */
export interface Lane {
  /** When its work is good, in words; part of each instruction. */
  acceptanceCriteria: Array<string>;
  /** The job of that turn, or of the turn that is verified. */
  activeJobId?: string | null;
  /** Its turn that runs. */
  activeTurnId?: string | null;
  /** When Codex asks; Codex's own configuration where there is none. */
  approvalPolicy?: string | null;
  /** Branch of its own worktree. */
  branch?: string | null;
  /** When it was made. */
  createdAt: Timestamp;
  /** Chosen by the caller, or a UUID. */
  laneId: string;
  /** Model id; Codex's own configuration where there is none. */
  model?: string | null;
  /** Where its conversation should be. */
  preferredSurface: PreferredSurface;
  /** Why it is blocked or failed. */
  problem?: string | null;
  /** What it belongs to, in the caller's words. */
  projectId?: string | null;
  /** What happens when a thread that is taken over cannot be loaded yet. */
  readinessMode: ReadinessMode;
  /** Absolute folder of the repository that it works in. */
  repoRoot?: string | null;
  /** What its commands may touch. */
  sandbox: string;
  /** In which process its turns run. */
  sessionIsolation: SessionIsolation;
  /** Where it stands. */
  status: LaneStatus;
  /** Where its conversation was born. */
  surface: Surface;
  /** Made by a test or a debug route; cleanups can be limited to such lanes. */
  synthetic: boolean;
  /** Its conversation. */
  threadId?: string | null;
  /** What it is called. */
  title?: string | null;
  /** When it last changed. */
  updatedAt: Timestamp;
  /** How they went, the last time. */
  verification: Array<VerificationResult>;
  /** Shell commands that must exit with 0 after each turn. */
  verificationCommands: Array<string>;
  /** What is left to do of the workflow that made it. */
  workflow?: Workflow | null;
  /** Folder of its own worktree. */
  worktreePath?: string | null;
}

/** Where a lane stands. */
export type LaneStatus = "idle" | "starting" | "running" | "needs_approval" | "blocked" | "verifying" | "done" | "failed" | "interrupted";

/** Body of `POST /conversations` and `POST /conversations/…/messages`. */
export interface MessageBody {
  /** Folders that commands may write to beside the working folder. */
  addDirs?: Array<string>;
  /** When Codex asks for approval. Default: Codex's own configuration. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Milliseconds until an approval that nobody answers is denied. Default: setting `approvalTimeoutMs`. */
  approvalTimeoutMs?: number | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** `always`, `never` or `auto`. Runs through `codex exec`. */
  color?: string | null;
  /** Overrides of Codex's `config.toml`, by dotted key; or as `key=value` lines whose values are TOML. */
  config?: ConfigOverrides | null;
  /** Absolute working folder. Default: the first workspace folder, or the folder of `codex-bridge serve`; a conversation that is continued keeps its own. */
  cwd?: string | null;
  /** The same as `approvalPolicy: never` with `sandbox: danger-full-access`. */
  dangerouslyBypassApprovalsAndSandbox?: boolean | null;
  /** How the message shall reach the conversation. */
  delivery?: DeliveryMode;
  /** Added as the developer's instructions. */
  developerInstructions?: string | null;
  /** Features of Codex to switch off. */
  disableFeatures?: Array<string>;
  /** Features of Codex to switch on. */
  enableFeatures?: Array<string>;
  /** Whether the editor shall show the conversation. Default: yes, where there is an editor. */
  ensureOpen?: boolean | null;
  /** The same as `sandbox: workspace-write` with `approvalPolicy: on-request`, where these are not given. */
  fullAuto?: boolean | null;
  /** Pictures: paths of files (relative ones below `cwd`), or `https:` and `data:` addresses. */
  images?: Array<string>;
  /** Which local provider: `ollama` or `lmstudio`. Runs through `codex exec`. */
  localProvider?: string | null;
  /** What Codex shall do. On `POST /conversations` a missing or empty one opens a blank draft in the editor instead. */
  message?: string | null;
  /** Model id. */
  model?: string | null;
  /** Milliseconds until the editor must show the conversation. Default: setting `tabTimeoutMs`. */
  openTimeoutMs?: number | null;
  /** Use a model on this machine. Runs through `codex exec`. */
  oss?: boolean | null;
  /** File that the final answer is written to. */
  outputLastMessagePath?: string | null;
  /** File with a JSON Schema for the final answer. */
  outputSchemaPath?: string | null;
  /** Style of the answers; newer models ignore it. */
  personality?: PersonalityName | null;
  /** Profile of Codex's configuration. Runs through `codex exec`. */
  profile?: string | null;
  /** What commands may touch. Default: Codex's own configuration. */
  sandbox?: SandboxName | null;
  /** Lets the model search the web. */
  search?: boolean | null;
  /** Milliseconds until the turn must have begun. Default: setting `requestTimeoutMs`. */
  sendTimeoutMs?: number | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** The same as `sendTimeoutMs`. */
  timeoutMs?: number | null;
  /** Title of a new conversation. Default: the beginning of its first message. */
  title?: string | null;
  /** Milliseconds that the turn may take; it is interrupted then. Default: no limit. */
  turnTimeoutMs?: number | null;
  /** Whether a conversation of `codex exec`, which the history does not show, goes on as a copy that it shows. Default: yes. */
  upgradeLegacyExecConversations?: boolean | null;
}

/** What the caller asked for. */
export type Operation = "create_conversation" | "resume_conversation";

/** Who may write a conversation. */
export interface OwnerView {
  /** `nobody`, `bridge` (a turn of this bridge runs), `other` (another process), or `unknown` where the operating system does not tell. */
  kind: string;
  /** The other process. */
  pid?: number | null;
  /** What it is. */
  program?: string | null;
}

/** Personalities that the API takes. */
export type PersonalityName = "none" | "friendly" | "pragmatic";

/** Where a lane's conversation should be. */
export type PreferredSurface = "mac-app" | "cli" | "vscode" | "any";

/** What the job last heard of Codex. Changes with every event; stored with the job's steps, not by itself. */
export interface Progress {
  /** Events seen so far. */
  eventCount?: number;
  /** Its identifying fields: `{type, thread_id, conversation_id, turn_id?, status?}`. */
  lastEvent?: Record<string, unknown> | null;
  /** When the last one came. */
  lastEventAt?: Timestamp | null;
  /** Its method, for example `item/completed`. */
  lastEventType?: string | null;
  /** The last line that the Codex process wrote to its standard error, once it ended badly. */
  lastStderr?: string | null;
}

/** What happens when a thread that is taken over cannot be loaded yet. */
export type ReadinessMode = "strict" | "lenient";

/** Body of `POST /approvals/{approvalId}`. */
export interface ResolveBody {
  /** Answers to its questions by their ids: `{"questionId": "text"}`, or a list of texts for each. */
  answers?: Record<string, unknown> | null;
  /** Content of the form of an MCP server, or the result of a tool. */
  content?: Record<string, unknown> | null;
  /** One of the approval's `decisions`. */
  decision: Decision;
  /** Why, for the record. */
  note?: string | null;
}

/** Who resolved an approval. */
export type ResolvedBy = "api" | "editor" | "deadline" | "codex" | "bridge";

/** Sandboxes that the API takes. */
export type SandboxName = "read-only" | "workspace-write" | "danger-full-access";

/** Reply of the routes that send a message. */
export interface SentView {
  /** The tab that shows it. */
  conversation?: ConversationTab | null;
  conversationId: string;
  /** How the message reached the conversation. */
  delivery: Delivery;
  job: Job;
  /** Where to follow the job. */
  jobUrl: string;
  /** Always `true`. */
  ok: boolean;
  openError?: string | null;
  /** Whether the editor shows the conversation. */
  opened: boolean;
  /** The conversation that was asked for; only in replies of the messages routes. */
  requestedConversationId?: string | null;
  /** Always `true`. */
  sent: boolean;
  /** The same in Codex's own word. */
  threadId: string;
  turn: TurnView;
  /** The conversation that this one replaces; only in replies of the messages routes. */
  upgradedFromConversationId?: string | null;
  /** What was done differently from what was asked. */
  warnings: Array<string>;
}

/** In which process a lane's turns run. */
export type SessionIsolation = "process" | "shared";

/** The program in which a thread began, as far as its person is concerned. */
export type Surface = "mac-app" | "cli" | "vscode" | "unknown";

/** A moment, in whole milliseconds. On the wire ISO 8601 in UTC, for example `2026-11-20T22:19:15.476Z`, as JavaScript's `Date` writes it. */
export type Timestamp = string;

/** Token counts of a turn. */
export interface TokenUsage {
  /** Of these, read from the provider's cache. */
  cachedInputTokens: number;
  /** Tokens sent to the model, cached ones included. */
  inputTokens: number;
  /** Tokens that the model wrote, reasoning included. */
  outputTokens: number;
  /** Of these, reasoning. */
  reasoningOutputTokens: number;
  /** All tokens. */
  totalTokens: number;
}

/** How Codex is reached. */
export type Transport = "app-server" | "cli";

/** The turn that a message began. */
export interface TurnView {
  conversationId: string;
  /** `thread/started` for a new conversation, `turn/started` for a continued one. */
  eventType: string;
  jobId: string;
  message: string;
  /** Process id of the app-server that runs it. */
  pid?: number | null;
  requestedConversationId?: string | null;
  /** `started`, or `queued` where the turn waits for another one or in another process. */
  status: string;
  /** How Codex was reached. */
  transport: Transport;
  turnId?: string | null;
  upgradedFromConversationId?: string | null;
}

/** One verification command and how it went. */
export interface VerificationResult {
  /** The command, as the shell ran it. */
  command: string;
  /** Milliseconds that it took. */
  durationMs: number;
  /** Its exit code, where it had one. */
  exitCode?: number | null;
  /** The end of what it wrote. */
  output: string;
  /** Whether it exited with 0. */
  passed: boolean;
}

/** A question of Codex that keeps a job waiting. */
export interface WaitingOn {
  /** Answer it with `POST /approvals/{approvalId}`. */
  approvalId: string;
  /** What it is about. */
  kind: ApprovalKind;
  /** One line for a person. */
  summary: string;
}

/** What is left to do of a workflow. */
export interface Workflow {
  /** The job that the kickoff becomes: chosen in advance, so that it is sent once. */
  kickoffJobId: string;
  /** The first instruction. */
  kickoffPrompt?: string | null;
}
