// Written by `cargo xtask openapi` from openapi.json. Do not edit.

/** A thread in use. */
export type ActiveThreadView = ThreadView & {
  /** Why the thread counts as active: `recent` (it changed within the window), `owner` (a process has it loaded), `turn` (this bridge runs a turn on it). */
  activeBecause: Array<string>;
  /** Whether the thread meets every preference of the query. */
  preferred: boolean;
};

/** Reply of `GET /codex/active`. */
export interface ActiveThreadsView {
  /** Always `true`. */
  ok: boolean;
  /** Preferred threads first, then the most recently changed. */
  threads: Array<ActiveThreadView>;
  windowSec: number;
}

/** The kind of an activity. */
export type ActivityKind = "message" | "review" | "compact" | "goal" | "shell" | "other";

/** Body of `POST /request`. */
export interface AgentRequest {
  /** `semantic_search`, `explain_symbol`, `explain_file`, `get_context`, `get_dependencies`, `get_call_graph`, `summarize_repo`, `find_references`, `validate_code`, `list_capabilities`, `invoke_tool` or `list_tools`. */
  kind: string;
  /** The parameters of this kind of request. `GET /tools/list` describes them. */
  params?: Record<string, unknown> | null;
  /** An id that is returned with the answer. */
  request_id?: string | null;
  /** The name of the caller. */
  source?: string | null;
}

/** Reply of `POST /request`. */
export interface AgentResponse {
  /** The answer; empty if there is an error. */
  data: Record<string, unknown>;
  elapsed_ms: number;
  /** The problem and how to solve it; empty if there is an answer. */
  error: string;
  /** `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`. */
  error_code?: string | null;
  request_id: string;
  success: boolean;
}

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

/** Reply of the routes of one approval. */
export interface ApprovalView {
  approval: Approval;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /approvals`. */
export interface ApprovalsView {
  /** Newest first. */
  approvals: Array<Approval>;
  /** Whether there are older approvals. Get them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

/** An attempt to deliver an event. */
export interface Attempt {
  /** The time at which the attempt began. */
  at: Timestamp;
  /** The duration in milliseconds. */
  durationMs: number;
  /** The reason for the failure; `null` if the attempt succeeded. */
  error?: string | null;
  /** The HTTP status of the receiver's response, if there was one. */
  status?: number | null;
}

/** Reply of the routes of a sign-in session. */
export interface BrowserSessionView {
  /** When the sign-in session expires. */
  expiresAt?: Timestamp | null;
  /** Always `true`. */
  ok: boolean;
  /** Whether this browser is signed in. If no token is set, programs of your own user need not sign in. */
  signedIn: boolean;
  /** Whether programs must send a token. */
  tokenRequired: boolean;
}

/** A code-context session of an agent. */
export interface Caller {
  /** The name that the agent has given itself. */
  agent_name: string;
  /** When the session was opened. */
  created_at: Timestamp;
  /** The id of the session: a UUID. */
  session_id: string;
}

/** Reply of `GET /sessions`. */
export interface CallersView {
  count: number;
  sessions: Array<Caller>;
}

/** Reply of the routes that change a thread. */
export interface ChangedThreadView {
  /** Always `true`. */
  ok: boolean;
  threadId: string;
}

/** Reply of the routes that change a conversation. */
export interface ChangedView {
  conversationId: string;
  /** Always `true`. */
  ok: boolean;
}

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

/** Reply of `POST /lanes/cleanup`. */
export interface CleanedUpView {
  /** The matching lanes that were deleted. */
  deleted: Array<string>;
  dryRun: boolean;
  /** Descriptions of what was not removed, for example a worktree that contains changes. */
  left: Array<string>;
  /** The lanes that match. */
  matched: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Body of `POST /lanes/cleanup`. */
export interface CleanupBody {
  /** Whether to list the matching lanes without deleting them. */
  dryRun?: boolean;
  /** The maximum number of lanes. Default: 100. */
  limit?: number | null;
  /** Only lanes that have not changed for this many hours. Default: 24. */
  olderThanHours?: number;
  /** Only lanes with one of these statuses. Active lanes are never deleted. Default: `blocked`, `done`, `failed` and `interrupted`. */
  statuses?: Array<LaneStatus>;
  /** Only lanes that were created by tests. */
  syntheticOnly?: boolean;
}

/** Reply of `POST /sessions/close`. */
export interface ClosedView {
  /** Whether the session existed. */
  closed: boolean;
  session_id: string;
}

/** A list that Codex returned. */
export type CodexListView = Record<string, unknown> & {
  /** Always `true`. */
  ok: boolean;
};

/** The state of Codex, as `GET /health` shows it. */
export interface CodexView {
  /** Whether a binary was found. */
  found: boolean;
  /** The same value as `searched`. Use `searched`. */
  looked: Array<Record<string, unknown>>;
  /** The path of the binary. */
  path?: string | null;
  /** The process id of the running app-server. */
  pid?: number | null;
  /** The current problem and what to do about it, if there is one. */
  problem?: string | null;
  /** Every place that was searched, if no binary was found: `[{place, reason}]`. */
  searched: Array<Record<string, unknown>>;
  /** Where it was found: `setting`, `chatgptSetting`, `chatgptExtension`, `npm` or `path`. */
  source?: string | null;
  /** The state of the app-server: `idle` (not needed yet), `ready`, `restarting` or `failed`. */
  state: string;
  /** The version of the binary, once it has reported one. */
  version?: string | null;
}

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

/** Reply of `GET /conversations`. */
export interface ConversationsView {
  /** Newest first. */
  conversations: Array<ConversationView>;
  /** The cursor of the next page; `null` on the last one. */
  nextCursor?: string | null;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `POST /conversations`. */
export type CreatedView = SentView | DraftView;

/** Reply of `GET /conversations/current`. */
export interface CurrentConversationView {
  /** The conversation in the focused tab. */
  conversation?: CurrentView | null;
  editor: EditorView;
  /** Always `true`. */
  ok: boolean;
}

/** The conversation in the focused tab. */
export interface CurrentView {
  conversationId: string;
  /** The label of the tab. */
  title: string;
  /** `openai-codex://route/local/<conversationId>` */
  uri: string;
}

/** Reply of `POST /dashboard/links`. */
export interface DashboardLinkView {
  /** When the link expires. */
  expiresAt: Timestamp;
  /** Always `true`. */
  ok: boolean;
  /** Opens the dashboard in a browser and signs the browser in. Valid once. */
  url: string;
}

/** A decision on an approval. The field `decisions` lists the decisions that an approval allows. */
export type Decision = "approve" | "approve_for_session" | "approve_always" | "deny" | "cancel" | "answer";

/** Reply of `DELETE /lanes/{laneId}`. */
export interface DeletedView {
  /** Always `true`. */
  deleted: boolean;
  laneId: string;
  /** Descriptions of what was not removed, for example a worktree that contains changes. */
  left: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /webhooks/{webhookId}/deliveries`. */
export interface DeliveriesView {
  /** Newest event first. */
  deliveries: Array<WebhookDelivery>;
  /** Whether there are older deliveries. Get them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

/** How a message reached its conversation. */
export type Delivery = "started" | "queued" | "handed_over" | "steered" | "forked";

/** How to deliver a message if its conversation is busy. */
export type DeliveryMode = "auto" | "start" | "steer" | "queue" | "handover" | "panel" | "fork" | "reject";

/** The status of a delivery. */
export type DeliveryStatus = "pending" | "delivered" | "failed";

/** Reply of `POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver`. */
export interface DeliveryView {
  delivery: WebhookDelivery;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `POST /conversations` without a message. */
export interface DraftView {
  /** Always `null`: Codex creates the conversation when its first message is sent. */
  conversationId?: string | null;
  /** Always `true`. */
  draft: boolean;
  /** Always `true`. */
  ok: boolean;
  /** Always `true`. */
  opened: boolean;
  /** Always `false`. */
  sent: boolean;
  /** Problems with the request, for example a misspelled `message`. */
  warnings?: Array<string>;
}

/** Body of `PATCH /conversations/{conversationId}/queue/{jobId}`. */
export interface EditBody {
  /** The new text. Images and options are not changed. */
  message: string;
}

/** The availability of conversation tabs. */
export interface EditorView {
  /** Whether the bridge runs inside VS Code. */
  available: boolean;
  /** Why the tabs cannot be listed; `null` if they can. */
  problem?: string | null;
}

/** The body of every reply with a 4xx or 5xx status. */
export interface ErrorView {
  /** The error code, for programs. */
  code: string;
  /** Details of the error for programs, for example `{"field": "cwd"}`. */
  details?: Record<string, unknown> | null;
  /** What went wrong and what to do, for people. */
  error: string;
  /** Always `false`. */
  ok: boolean;
  /** The id of the request. The log has the same id. */
  requestId: string;
}

/** The `data` of an event. The frame's `event` repeats its type, and the frame's `id` its id. */
export interface Event {
  /** When the event happened. */
  at: Timestamp;
  conversationId?: string | null;
  /** The position of the event in the log. Later events have larger ids. Missing if the event is live, not recorded. */
  eventId?: number | null;
  jobId?: string | null;
  laneId?: string | null;
  /** The details of the event. For an event of Codex, these are its own fields, with `truncated: true` if long strings were cut. */
  payload: Record<string, unknown>;
  turnId?: string | null;
  /** Recorded events: `job.created`, `job.bound`, `job.queued`, `job.edited`, `job.forked`, `job.started`, `job.completed`, `job.failed`, `item.completed`, `approval.requested`, `approval.resolved`, `conversation.renamed` and similar ones, and those of lanes, for example `lane.turn.completed`. Live events: the notifications of Codex, with dots instead of slashes in their names, for example `item.agentMessage.delta`. */
  type: string;
}

/** The reply to a request that does not accept a stream. */
export interface EventPageView {
  /** Recorded events, in the order of their ids. */
  events: Array<Event>;
  /** Whether there may be more events already. */
  more: boolean;
  /** The value of `after` for the next page. */
  nextAfter: number;
  /** Always `true`. */
  ok: boolean;
}

/** A pattern of event types, in which `*` matches any text. */
export type EventPattern = string;

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

/** Body of `POST /conversations/{conversationId}/fork`. */
export interface ForkBody {
  /** The last turn of the copy. Default: the last turn of the original. */
  afterTurnId?: string | null;
  /** The turn before which the copy ends. */
  beforeTurnId?: string | null;
  /** The title of the copy. */
  title?: string | null;
}

/** Body of `POST /codex/threads/{threadId}/fork`. */
export interface ForkThreadBody {
  /** An alias of `lastTurnId`. */
  afterTurnId?: string | null;
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** The turn before which the copy ends. */
  beforeTurnId?: string | null;
  /** Overrides of Codex's `config.toml`. */
  config?: ConfigOverrides | null;
  /** The absolute path of the working directory. Default: that of the original. */
  cwd?: string | null;
  /** Additional developer instructions. */
  developerInstructions?: string | null;
  /** The last turn of the copy. Default: the last turn of the original. */
  lastTurnId?: string | null;
  /** Model id. */
  model?: string | null;
  /** Provider id. */
  modelProvider?: string | null;
  /** What commands may access. */
  sandbox?: SandboxName | null;
  /** The title of the copy. */
  title?: string | null;
}

/** Reply of `POST /conversations/{conversationId}/fork`. */
export interface ForkedView {
  /** The id of the copy. */
  conversationId: string;
  /** The id of the original. */
  forkedFromConversationId: string;
  /** Always `true`. */
  ok: boolean;
}

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

/** Body of `PUT /conversations/{conversationId}/goal`. A field that is left out keeps its value. */
export interface GoalBody {
  /** The objective, in your words. Required if the conversation has no goal. */
  objective?: string | null;
  /** `active`: Codex continues by itself until the goal is complete. `paused`: Codex does not continue. */
  status?: GoalStatusName | null;
  /** The maximum number of tokens, at least 1. */
  tokenBudget?: number | null;
}

/** The handling of a goal that the turn of a message sets. */
export type GoalHandling = "continue" | "pause";

/** Reply of the routes of a goal. */
export interface GoalReply {
  conversationId: string;
  /** The goal; `null` if the conversation has none. */
  goal?: Goal | null;
  /** Always `true`. */
  ok: boolean;
}

/** A status that a caller can set. */
export type GoalStatusName = "active" | "paused";

/** Reply of `GET /health`. */
export interface HealthView {
  codex: CodexView;
  editor: EditorView;
  /** The UUID of this bridge process. */
  instanceId: string;
  /** The state of publishing to NATS, if a server is configured. */
  nats?: NatsView | null;
  /** Always `true`. */
  ok: boolean;
  /** The open conversation tabs. */
  openConversations: Array<ConversationTab>;
  /** The process id of the bridge. */
  pid: number;
  startedAt: Timestamp;
  status: StatusView;
  /** The version of Codex Bridge. */
  version: string;
}

/** The input of a turn. */
export type Input = string | Array<Record<string, unknown>>;

/** Body of the routes `prompt` and `steer`. */
export interface InputBody {
  /** The instruction for Codex. */
  input: string;
}

/** Body of `POST /codex/threads/{threadId}/turns/interrupt`. */
export interface InterruptTurnBody {
  /** An alias of `turnId`. */
  expectedTurnId?: string | null;
  /** Refuses the request with 409 `turn_conflict` unless this turn is running. The error's `details` name the running turn. Default: any running turn. */
  turnId?: string | null;
}

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

/** The number of stored jobs in the data directory, by state. */
export interface JobCountsView {
  cancelled: number;
  completed: number;
  /** Including the cancelled ones. */
  failed: number;
  latestJobId?: string | null;
  running: number;
  starting: number;
  total: number;
}

/** Statistics of the jobs that were accepted in a period. */
export interface JobPeriod {
  /** The start of the period. */
  at: Timestamp;
  /** The part of the input tokens that was read from the provider's cache. */
  cachedInputTokens: number;
  /** The number of cancelled jobs. */
  cancelled: number;
  /** The number of completed jobs. */
  completed: number;
  /** The number of failed jobs, including the cancelled ones. */
  failed: number;
  /** The tokens sent to the model, including cached ones. */
  inputTokens: number;
  /** The tokens that the model produced, including reasoning. */
  outputTokens: number;
  /** The number of jobs that have not ended. */
  unfinished: number;
}

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

/** Reply of `GET /jobs/statistics`. */
export interface JobStatisticsView {
  /** Always `true`. */
  ok: boolean;
  /** The length of a period in milliseconds. */
  periodMs: number;
  /** The periods without gaps, oldest first. The last one is still in progress. */
  periods: Array<JobPeriod>;
}

/** The status of a job. */
export type JobStatus = "starting" | "running" | "completed" | "failed";

/** Reply of `GET /jobs/{jobId}`. */
export interface JobView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /jobs`. */
export interface JobsView {
  /** Newest first. */
  jobs: Array<Job>;
  /** Whether there are older jobs. Get them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

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

/** Body of `POST /lanes` and `POST /lanes/attach`, and part of the body of `POST /codex/workflows/start-visible`. */
export interface LaneBody {
  /** The acceptance criteria for the work, which are part of each instruction. */
  acceptanceCriteria?: Array<string>;
  /** When Codex asks for approval. Default: Codex's own configuration. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** The branch of the worktree. Default: `lane/<laneId>`. */
  branch?: string | null;
  /** 1 to 128 letters, digits, `.`, `_` and `-`, not starting with a dot. Default: a UUID. */
  laneId?: string | null;
  /** Model id. */
  model?: string | null;
  /** The preferred surface of the thread. */
  preferredSurface?: PreferredSurface;
  /** The name of the project, which you choose. */
  projectId?: string | null;
  /** What happens if the existing thread cannot be loaded yet. */
  readinessMode?: ReadinessMode;
  /** The absolute path of the directory in which the lane works. */
  repoRoot?: string | null;
  /** Whether to refuse a thread that originated on another surface. */
  requirePreferredSurface?: boolean;
  /** What commands may access. Default: `workspace-write`. */
  sandbox?: SandboxName | null;
  /** The process that runs the turns of the lane. Default: the setting `lanes.sessionIsolation`. */
  sessionIsolation?: SessionIsolation | null;
  /** Whether the lane was created by a test. A cleanup can be limited to such lanes. */
  synthetic?: boolean;
  /** The id of an existing thread. */
  threadId?: string | null;
  /** The title of the lane. */
  title?: string | null;
  /** Shell commands that must exit with status 0 after each turn. */
  verificationCommands?: Array<string>;
  /** Whether to create a git worktree of `repoRoot` for the lane. It is removed with the lane unless it contains changes. */
  worktree?: boolean;
}

/** The status of a lane. */
export type LaneStatus = "idle" | "starting" | "running" | "needs_approval" | "blocked" | "verifying" | "done" | "failed" | "interrupted";

/** Reply of `POST /lanes/{laneId}/steer`. */
export interface LaneSteeredView {
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
  turnId: string;
}

/** Reply of the routes of one lane. */
export interface LaneView {
  /** The turn that runs in the lane's session, whoever started it. `null` while the session is idle. */
  activity?: ConversationActivity | null;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /lanes`. */
export interface LanesView {
  /** Newest first. */
  lanes: Array<Lane>;
  /** Always `true`. */
  ok: boolean;
}

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

/** A worktree whose lane was deleted. */
export interface LeftWorktree {
  /** The branch that is checked out. */
  branch?: string | null;
  /** The changed and untracked files, at most 100. */
  changedFiles: Array<string>;
  /** The directory of the worktree. */
  directory: string;
  /** The files that git ignores, at most 100. A directory whose files are all ignored counts as one. */
  ignoredFiles: Array<string>;
  /** The id of the deleted lane. A new lane with this id and branch continues in the worktree. */
  laneId: string;
  /** The repository; `null` if it no longer exists. */
  repoRoot?: string | null;
}

/** The origin and the descendants of a thread. */
export interface LineageView {
  /** The sub-agents of the thread: all of them in a reply with one thread, otherwise those on the same page. */
  children: Array<string>;
  /** The thread that this one is a copy of. Codex leaves it out of lists. */
  forkedFromThreadId?: string | null;
  /** The thread whose agent started this one. */
  parentThreadId?: string | null;
  /** The role of the thread, if it is a sub-agent. */
  subAgent?: SubAgentView | null;
}

/** Reply of `GET /codex/threads/loaded`. */
export interface LoadedThreadsView {
  /** The loaded threads, by app-server. */
  appServers: Array<LoadedView>;
  /** Always `true`. */
  ok: boolean;
  /** The threads that the bridge has loaded. It keeps a thread loaded while a turn runs. */
  threadIds: Array<string>;
}

/** The threads that an app-server of the bridge has loaded. */
export interface LoadedView {
  pid: number;
  threadIds: Array<string>;
}

/** A line of the log. */
export interface LogLine {
  /** When the line was written. */
  at: Timestamp;
  /** `error`, `warn`, `info`, `debug` or `trace`. */
  level: string;
  /** The message, followed by its fields as `name=value`. */
  message: string;
  /** The number of the line. Numbers increase by one per line of this process. */
  number: number;
  /** The module that wrote the line. */
  target: string;
}

/** Reply of `GET /system/log`. */
export interface LogView {
  /** Oldest first. */
  lines: Array<LogLine>;
  /** Always `true`. */
  ok: boolean;
}

/** Body of `POST /debug/request-approval`. */
export interface MadeUpApprovalBody {
  /** The lane that needs the approval. */
  laneId: string;
  /** The reason that is shown to the user, at most 2,000 characters. */
  reason?: string | null;
  /** The source of the approval. */
  source?: ApprovalSource | null;
}

/** Reply of `POST /debug/request-approval`. */
export interface MadeUpApprovalView {
  approval: Approval;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
}

/** Body of `POST /debug/complete`. */
export interface MadeUpEndBody {
  /** The lane to complete. */
  laneId: string;
  /** A note for the events, at most 2,000 characters. */
  note?: string | null;
}

/** Reply of `POST /debug/complete`. */
export interface MadeUpEndView {
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
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

/** NATS, as `GET /health` shows it. */
export interface NatsView {
  /** An upper bound of the number of recorded events that are not yet published. */
  behind: number;
  /** Whether the bridge accepts commands over NATS. */
  commands: boolean;
  /** Whether this bridge is connected and its stream is set up correctly. */
  connected: boolean;
  /** The name of this bridge on NATS: the second token of its subjects. */
  instance: string;
  /** The last error, until NATS works again. */
  lastError?: string | null;
  /** The prefix of all subjects. */
  prefix: string;
  /** The number of events that this bridge has published since it started. */
  published: number;
  /** `connected`, `connecting`, or `standby` while another bridge of the data directory publishes. */
  state: string;
  /** The stream that stores the events, once it is known. */
  stream?: string | null;
  /** The servers, without secrets. */
  url: string;
}

/** Body of the routes that take no fields. */
export type NoBody = Record<string, unknown>;

/** Reply of `GET /conversations/{conversationId}`. */
export interface OneConversationView {
  conversation: ConversationView;
  /** The cursor of the next page, which has older turns; `null` if there are none. */
  nextCursor?: string | null;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of the routes of one lane session. */
export type OneSessionView = SessionView & {
  /** Always `true`. */
  ok: boolean;
};

/** Reply of the routes that return one thread. */
export interface OneThreadView {
  /** Always `true`. */
  ok: boolean;
  thread: ThreadView;
  /** How the bridge deviated from the request. */
  warnings?: Array<string>;
}

/** Body of `POST /conversations/{conversationId}/open`. */
export interface OpenBody {
  /** The time within which the editor must show the conversation, in milliseconds. Default: the setting `tabTimeoutMs`. */
  openTimeoutMs?: number | null;
}

/** Reply of `GET /conversations/open`. */
export interface OpenConversationsView {
  conversations: Array<ConversationTab>;
  editor: EditorView;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `POST /conversations/{conversationId}/open`. */
export interface OpenedView {
  conversation: ConversationTab;
  conversationId: string;
  /** Always `true`. */
  ok: boolean;
  /** Always `true`. */
  opened: boolean;
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

/** The parent of a Codex process. */
export interface ParentView {
  pid: number;
  program: string;
}

/** The reason why the deliveries of a webhook are paused. */
export type PausedReason = "keeps_failing" | "gone";

/** The personalities of the API. */
export type PersonalityName = "none" | "friendly" | "pragmatic";

/** The surface in which a lane's conversation should originate. */
export type PreferredSurface = "mac-app" | "cli" | "vscode" | "any";

/** Body of `POST /webhooks/preview`. */
export interface PreviewBody {
  /** The types of the events; `*` matches any characters. */
  events: Array<string>;
  /** Restricts the events by lane, thread and session. Default: all events. */
  scope?: ScopeBody | null;
}

/** Reply of `POST /webhooks/preview`. */
export interface PreviewView {
  /** The newest of the matching events, newest first. */
  events: Array<PreviewedEvent>;
  /** The number of recorded events that were examined, newest first. */
  lookedAt: number;
  /** The number of examined events that would have been sent. */
  matched: number;
  /** Always `true`. */
  ok: boolean;
}

/** An event that would have been sent. */
export interface PreviewedEvent {
  at: Timestamp;
  conversationId?: string | null;
  eventId: number;
  jobId?: string | null;
  laneId?: string | null;
  type: string;
}

/** A process of the bridge. */
export interface ProcessMemory {
  /** `bridge` or `app-server`. */
  kind: string;
  /** The resident memory in bytes. */
  memoryBytes: number;
  /** The process id. */
  pid: number;
  /** The name of the program. */
  program: string;
}

/** A Codex process. */
export interface ProcessView {
  /** The Codex home directory, which holds its threads. */
  codexHome?: string | null;
  cwd?: string | null;
  /** `app-server`, `cli` (the terminal program), `exec`, `mcp-server` or `other`. */
  kind: string;
  /** Whether this is an app-server of this bridge. */
  own: boolean;
  /** The process that started it. */
  parent?: ParentView | null;
  pid: number;
  /** The program with its subcommand, for example `codex app-server`. */
  program: string;
  startedAt?: Timestamp | null;
  /** The threads that the process has loaded. No other process can write them. */
  threadIds: Array<string>;
}

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

/** Reply of `POST /lanes/{laneId}/prompt`. */
export interface PromptedView {
  /** The job of the turn. */
  job: Job;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
  turnId?: string | null;
}

/** Reply of `GET /conversations/{conversationId}/queue`. */
export interface QueueView {
  /** The id of the conversation, or of the copy that replaced it. */
  conversationId: string;
  /** The jobs in the queue of the process that owns the conversation. */
  handedOver: Array<Job>;
  /** The queued jobs of this bridge, in the order in which they will run. */
  jobs: Array<Job>;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of the routes of one queued job. */
export interface QueuedView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
}

/** The behavior if a thread that a lane takes over cannot be loaded yet. */
export type ReadinessMode = "strict" | "lenient";

/** Body of `POST /debug/reconcile-stale`. */
export interface ReconcileBody {
  /** Whether to clear lanes whose turn has ended or was never sent, and that no bridge follows. Default: `true`. */
  clearOrphanedActiveTurns?: boolean | null;
  /** Whether to clear lanes that `/debug` made active and that run nothing. Default: `true`. */
  clearSyntheticRunningLanes?: boolean | null;
}

/** Reply of `POST /debug/reconcile-stale`, with lane ids. */
export interface ReconciledView {
  /** Lanes whose turn no longer existed. Their status now shows how it ended. */
  clearedOrphanedActiveTurns: Array<string>;
  /** Lanes that `/debug` had made active. They are now `interrupted`. */
  clearedSyntheticRunningLanes: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `DELETE /lanes/worktrees/{laneId}`. */
export interface RemovedView {
  laneId: string;
  /** Always `true`. */
  ok: boolean;
  /** Always `true`. */
  removed: boolean;
}

/** Body of `POST /conversations/{conversationId}/rename`. */
export interface RenameBody {
  /** The new title. */
  title: string;
}

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

/** Body of `POST /reviews`. */
export interface ReviewBody {
  /** When Codex asks for approval. Default: Codex's own configuration. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Milliseconds until an approval without a decision is denied. Default: setting `approvalTimeoutMs`. */
  approvalTimeoutMs?: number | null;
  /** The conversation in which the review runs. Default: a new one. */
  conversationId?: string | null;
  /** Absolute path of the working directory of a new conversation, in a git repository. Default: the first workspace folder, or the directory of `codex-bridge serve`. */
  cwd?: string | null;
  /** Whether the editor shows the conversation. Default: true if there is an editor. */
  ensureOpen?: boolean | null;
  /** The lane in whose conversation and directory the review runs. */
  laneId?: string | null;
  /** Model id. Default: `review_model` of Codex's configuration, or its model. */
  model?: string | null;
  /** File that the text of the review is written to. */
  outputLastMessagePath?: string | null;
  /** What commands may access. Default: Codex's own configuration. */
  sandbox?: SandboxName | null;
  /** Milliseconds within which the review must start. Default: setting `requestTimeoutMs`. */
  sendTimeoutMs?: number | null;
  /** The target of the review. Default: the uncommitted changes. */
  target?: ReviewTarget;
  /** Title of a new conversation. Default: what is reviewed. */
  title?: string | null;
  /** Milliseconds that the review may take before it is interrupted. Default: no limit. */
  turnTimeoutMs?: number | null;
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

/** The target of a review. */
export type ReviewTarget = {
  type: "uncommittedChanges";
} | {
  /** The branch, for example `main`. */
  branch: string;
  type: "baseBranch";
} | {
  /** The id of the commit. */
  sha: string;
  /** The subject of the commit, for the reviewer and the title. */
  title?: string | null;
  type: "commit";
} | {
  /** The instructions. */
  instructions: string;
  type: "custom";
};

/** The verdict of a review. */
export interface ReviewVerdict {
  /** The reviewer's confidence, from 0 to 1. */
  confidence: number;
  /** `patch is correct` or `patch is incorrect`; empty if the reviewer gave no verdict. */
  correctness: string;
  /** The reasons. */
  explanation: string;
}

/** Body of `POST /conversations/{conversationId}/rollback`. Give either `turns` or `turnId`. */
export interface RollBackBody {
  /** The first turn to remove; all later turns are removed, too. */
  turnId?: string | null;
  /** The number of turns to remove from the end. */
  turns?: number | null;
}

/** Body of `POST /codex/threads/{threadId}/rollback`. Give one of `numTurns`, `turns` and `turnId`. */
export interface RollBackThreadBody {
  /** The number of turns to remove from the end. */
  numTurns?: number | null;
  /** The first turn to remove; all later turns are removed, too. */
  turnId?: string | null;
  /** An alias of `numTurns`. */
  turns?: number | null;
}

/** Body of `POST /codex/rpc`. */
export interface RpcBody {
  /** A method of `codex app-server`. */
  method: string;
  /** The parameters of the method. Default: none. */
  params?: Record<string, unknown> | null;
}

/** Reply of `POST /codex/rpc`. */
export interface RpcView {
  method: string;
  /** Always `true`. */
  ok: boolean;
  /** The result that Codex returned. */
  result: Record<string, unknown>;
}

/** A command that a turn runs. */
export interface RunningCommand {
  /** The command line as Codex shows it. */
  command: string;
  /** The working directory. */
  cwd?: string | null;
}

/** Reply of `GET /codex/running`. */
export interface RunningView {
  /** `processes`: the process and lock tables of the operating system are complete. `inferred`: some or all processes are hidden (not on Linux, or in another container), so `threads` lists recently changed threads. */
  mode: string;
  /** Always `true`. */
  ok: boolean;
  /** The visible Codex processes of this user. */
  processes: Array<ProcessView>;
  /** The threads that are probably in use; only if the mode is `inferred`. */
  threads: Array<ActiveThreadView>;
}

/** The sandboxes of the API. */
export type SandboxName = "read-only" | "workspace-write" | "danger-full-access";

/** The lanes, threads and sessions to which the events of a webhook are limited. An empty dimension matches everything. An event must match in every dimension. */
export interface Scope {
  /** The lanes. */
  laneIds: Array<string>;
  /** The lane sessions. */
  sessionIds: Array<string>;
  /** The threads, which are the conversations of the API. */
  threadIds: Array<string>;
}

/** Restricts the events of a webhook by lane, thread and session. An event must match every dimension that is given. */
export interface ScopeBody {
  /** Only events of this lane. */
  laneId?: string | null;
  /** Only events of these lanes. */
  laneIds?: Array<string> | null;
  /** Only events of this lane session. */
  sessionId?: string | null;
  /** Only events of these lane sessions. */
  sessionIds?: Array<string> | null;
  /** Only events of this thread, which is the conversation. */
  threadId?: string | null;
  /** Only events of these threads. */
  threadIds?: Array<string> | null;
}

/** A dimension in which a scope limits events. */
export type ScopeKind = "global" | "lane" | "thread" | "session";

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

/** The state of a lane session. */
export interface SessionView {
  /** The active turn. */
  activeTurnId?: string | null;
  /** The process in which the turns run: one of its own, or the shared app-server. */
  isolation: SessionIsolation;
  /** The lane, whose id is also the id of the session. */
  laneId: string;
  /** The number of approvals that Codex waits for. */
  pendingRequests: number;
  /** The process id of the app-server. */
  pid?: number | null;
  /** Whether the thread could not be loaded yet. */
  readinessDeferred: boolean;
  /** What happens if the thread cannot be loaded yet. */
  readinessMode: ReadinessMode;
  /** Why the thread could not be loaded yet. */
  readinessReason?: string | null;
  /** Whether the session runs. */
  running: boolean;
  /** When the session started. */
  startedAt?: Timestamp | null;
  /** The thread of the lane. */
  threadId?: string | null;
}

/** Reply of `GET /lanes/sessions`. */
export interface SessionsView {
  /** Always `true`. */
  ok: boolean;
  /** The running lane sessions of this bridge. */
  sessions: Array<SessionView>;
}

/** An effective setting. */
export interface SettingView {
  /** The name in VS Code's settings, without the prefix `codexBridge.`. */
  name: string;
  /** The value as a string; `set` or `not set` for a secret. */
  value: string;
}

/** Body of `POST /dashboard/session`. */
export interface SignInBody {
  /** The part of the sign-in link after the `#`. */
  code: string;
  /** The path of the bridge as this browser sees it, ending with `/`. The session cookie is valid below it. Set it if a reverse proxy serves the bridge below a path. Default: `/`. */
  path?: string | null;
}

/** Body of `POST /codex/threads/start`. */
export interface StartThreadBody {
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** Overrides of Codex's `config.toml`. Codex does not store them before the first turn, so send them with that turn. */
  config?: ConfigOverrides | null;
  /** The absolute path of the working directory. Default: as for new conversations. */
  cwd?: string | null;
  /** Additional developer instructions. */
  developerInstructions?: string | null;
  /** Model id. */
  model?: string | null;
  /** Provider id, as in `model_providers` of `config.toml`. */
  modelProvider?: string | null;
  /** What commands may access. Codex does not store it before the first turn, so send it with that turn. */
  sandbox?: SandboxName | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** The title of the thread. Default: `New thread`. */
  title?: string | null;
}

/** Body of `POST /codex/threads/{threadId}/turns/start`. */
export interface StartTurnBody {
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** The time after which an unanswered approval is denied, in milliseconds. Default: the setting `approvalTimeoutMs`. */
  approvalTimeoutMs?: number | null;
  /** Overrides of Codex's `config.toml`. */
  config?: ConfigOverrides | null;
  /** The absolute path of the working directory. Default: that of the thread. */
  cwd?: string | null;
  /** How to deliver the input to the thread. */
  delivery?: DeliveryMode;
  /** Additional developer instructions. */
  developerInstructions?: string | null;
  /** Refuses the request with 409 `turn_conflict` unless this turn is running or, if none is, is the newest of the thread. The error's `details` name the actual turn. */
  expectedTurnId?: string | null;
  /** What Codex should do. */
  input: Input;
  /** Model id. */
  model?: string | null;
  /** What commands may access. */
  sandbox?: SandboxName | null;
  /** The time within which the turn must start, in milliseconds. Default: the setting `requestTimeoutMs`. */
  sendTimeoutMs?: number | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** The time after which the turn is interrupted, in milliseconds. Default: no limit. */
  turnTimeoutMs?: number | null;
}

/** Body of `POST /codex/workflows/start-visible`: a lane and its first instruction. */
export type StartVisibleBody = LaneBody & {
  /** The first instruction. */
  kickoffPrompt?: string | null;
};

/** The party that started an activity. */
export type StartedBy = "job" | "call" | "process" | "codex";

/** Reply of `POST /codex/workflows/start-visible`. */
export interface StartedView {
  /** Whether the lane already existed. Completed steps were not repeated. */
  existed: boolean;
  /** The job of that turn. */
  job?: Job | null;
  /** Whether the first instruction was skipped because the thread cannot be loaded yet. */
  kickoffSkipped: boolean;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
  session: SessionView;
  /** The thread of the lane. */
  threadId?: string | null;
  /** The turn of the first instruction. */
  turnId?: string | null;
}

/** The state of the bridge, with job counts. */
export interface StatusView {
  /** The conversation in the focused tab. */
  currentConversationId?: string | null;
  jobs: JobCountsView;
  running: boolean;
  url: string;
}

/** Body of `POST /jobs/{jobId}/steer`. */
export interface SteerBody {
  /** Images, as in `images` of a message. */
  images?: Array<string>;
  /** The message to add to the running turn. */
  message: string;
}

/** Body of `POST /codex/threads/{threadId}/turns/steer`. */
export interface SteerTurnBody {
  /** Refuses the request with 409 `turn_conflict` unless this turn is running. The error's `details` name the running turn. */
  expectedTurnId?: string | null;
  /** The input to add to the running turn. */
  input: Input;
  /** An alias of `expectedTurnId`. */
  turnId?: string | null;
}

/** Reply of `POST /jobs/{jobId}/steer`. */
export interface SteeredView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
  /** The turn that received the message. */
  turnId: string;
}

/** A sub-agent. */
export interface SubAgentView {
  /** `review`, `compact`, `thread_spawn`, … */
  kind: string;
  nickname?: string | null;
  role?: string | null;
}

/** The summaries of the reasoning in the API. */
export type SummaryName = "auto" | "concise" | "detailed" | "none";

/** The program in which a thread originated, as its user sees it. */
export type Surface = "mac-app" | "cli" | "vscode" | "unknown";

/** Reply of `GET /system`. */
export interface SystemView {
  /** The results of the checks, with advice. */
  checks: Array<Check>;
  /** The directory of the database, which several bridges may share. */
  dataFolder: string;
  /** Always `true`. */
  ok: boolean;
  /** The operating system and the architecture, for example `linux-x86_64`. */
  platform: string;
  /** The bridge, then the app-servers that it started. */
  processes: Array<ProcessMemory>;
  /** The effective settings. For a secret, only whether it is set. */
  settings: Array<SettingView>;
  startedAt: Timestamp;
  /** The version of Codex Bridge. */
  version: string;
}

/** A thread of Codex. */
export interface ThreadView {
  /** The job of the running turn. */
  activeJobId?: string | null;
  /** The running turn, if it runs in this bridge. The same as `activity.turnId`. */
  activeTurnId?: string | null;
  /** The running turn, whoever started it, if this bridge has the thread loaded. `null` while it is idle. */
  activity?: ConversationActivity | null;
  createdAt?: Timestamp | null;
  cwd?: string | null;
  id: string;
  /** The lane of the thread. */
  laneId?: string | null;
  lineage: LineageView;
  model?: string | null;
  modelProvider?: string | null;
  /** The name of the program that started the thread. Older Codex versions do not report it. */
  originator?: string | null;
  owner: OwnerView;
  /** Usually the first message. */
  preview?: string | null;
  /** Where the thread originated, for example `vscode`, `cli`, `exec`, `subAgent`, or a name that a client chose. */
  source: string;
  /** The kind of the source, in the terms of the query parameter `sourceKinds`. */
  sourceKind: string;
  /** The state of the thread in the bridge's app-server: `active` (a turn runs), `idle`, `notLoaded` (another process may have it loaded, see `owner`), `systemError` or `unknown`. */
  status: string;
  surface: Surface;
  /** The title, if the thread has one. */
  title?: string | null;
  updatedAt?: Timestamp | null;
}

/** Reply of `GET /codex/threads`. */
export interface ThreadsView {
  /** The cursor of the next page; `null` on the last one. */
  nextCursor?: string | null;
  /** Always `true`. */
  ok: boolean;
  /** Newest first. */
  threads: Array<ThreadView>;
}

/** The outcome of one reconciliation. */
export interface Tick {
  /** The number of lanes that were checked. */
  lookedAt: number;
  /** The lanes that are followed again, or whose workflow was resumed. */
  resumed: Array<string>;
}

/** Reply of `POST /watch/tick`. */
export interface TickView {
  /** Always `true`. */
  ok: boolean;
  tick: Tick;
}

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

/** An error of a tool. */
export interface ToolError {
  /** `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`. */
  error_code: string;
  error_message: string;
  request_id: string;
  tool_name: string;
}

/** Reply of `POST /tools/invoke`. */
export interface ToolExecutionResult {
  /** The reason why there is no result. */
  error?: ToolError | null;
  execution_time_ms: number;
  request_id: string;
  /** The result. */
  result_payload?: Record<string, unknown> | null;
  success: boolean;
  /** Seconds since the Unix epoch. */
  timestamp: number;
  tool_name: string;
}

/** Body of `POST /tools/invoke`. */
export interface ToolInvocation {
  /** The arguments of the tool. */
  arguments?: Record<string, unknown> | null;
  /** An id that is returned with the result. Default: a new UUID. */
  request_id?: string | null;
  /** A tool of `GET /tools/list`. */
  tool_name: string;
}

/** The program through which a message is sent to Codex. */
export type Transport = "app-server" | "cli";

/** Reply of the routes that change a running turn. */
export interface TurnChangedView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
  threadId: string;
  turnId?: string | null;
}

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

/** Body of `POST /watch/start`. */
export interface WatchBody {
  /** The time between two runs of the reconciler, in seconds, 1 to 86400. Default: the current interval. */
  intervalSec?: number | null;
}

/** Reply of the routes that show, start or stop the lane reconciler. */
export interface WatchStatusView {
  /** Always `true`. */
  ok: boolean;
  watch: WatchView;
}

/** The state of the lane reconciler. */
export interface WatchView {
  /** The interval between two reconciliations in seconds. */
  intervalSec: number;
  /** The error of the last reconciliation, if it failed. */
  lastError?: string | null;
  /** When the last reconciliation ended. */
  lastTickAt?: Timestamp | null;
  /** Whether it reconciles at every interval. */
  running: boolean;
  /** The number of reconciliations since the bridge started. */
  ticks: number;
}

/** A webhook. Its secret is never returned. */
export interface Webhook {
  createdAt: Timestamp;
  /** Whether new events are sent. While the webhook is paused, its deliveries wait. */
  enabled: boolean;
  /** The types of the events to send; `*` matches any characters. */
  events: Array<EventPattern>;
  /** Whether deliveries are signed. */
  hasSecret: boolean;
  /** The id, `wh_…`. */
  id: string;
  /** When the receiver last accepted a delivery. */
  lastDeliveryAt?: Timestamp | null;
  /** The error of the last attempt; `null` if it succeeded. */
  lastError?: string | null;
  /** When the webhook was paused. Nothing is sent until a PATCH with `enabled: true` resumes it. */
  pausedAt?: Timestamp | null;
  /** Why the webhook is paused: all deliveries failed for a day (`keeps_failing`), or the receiver replied 410 (`gone`), which also disables the webhook. */
  pausedReason?: PausedReason | null;
  /** Restricts the events by lane, thread and session. An empty list does not restrict; all three lists must match. */
  scope: Scope;
  /** The dimensions that the scope restricts; `global` if it restricts none. */
  scopeKinds: Array<ScopeKind>;
  /** When the settings of the webhook were last changed. */
  updatedAt: Timestamp;
  /** The URL of the receiver. */
  url: string;
}

/** Body of `POST /webhooks`, which requires `url` and `events`, and of `PATCH /webhooks/{id}`, which changes only the fields that are given. */
export interface WebhookBody {
  /** Whether new events are sent. Default for a new webhook: `true`. `true` also resumes a paused webhook. */
  enabled?: boolean | null;
  /** The types of the events to send; `*` matches any characters. */
  events?: Array<string> | null;
  /** Replaces the whole scope; `null` selects all events. */
  scope?: ScopeBody | null;
  /** The secret that signs deliveries, as in Standard Webhooks: `whsec_` and the base64 of the key, or any string, whose bytes are then the key. `null` removes it. It is never returned. */
  secret?: string | null;
  /** The URL of the receiver: https or http, without a user name. Its address is checked at every connection. This machine and public addresses are allowed, private networks only with the setting `codexBridge.webhooks.allowPrivateNetworks`, link-local addresses never. */
  url?: string | null;
}

/** Reply of `DELETE /webhooks/{webhookId}`. */
export interface WebhookDeletedView {
  /** The id of the deleted webhook. */
  id: string;
  /** Always `true`. */
  ok: boolean;
}

/** One event on its way to one webhook. */
export interface WebhookDelivery {
  /** The total number of attempts. */
  attemptCount: number;
  /** The most recent attempts, oldest first. */
  attempts: Array<Attempt>;
  /** The time at which it was created. */
  createdAt: Timestamp;
  /** The id, `dlv_…`, which is also the `webhook-id` of every attempt. */
  deliveryId: string;
  /** The time at which it was accepted or given up. */
  endedAt?: Timestamp | null;
  /** The reason why it was given up. */
  error?: string | null;
  /** The id of the event. */
  eventId: number;
  /** `subscriptionId:eventId`. */
  eventKey: string;
  /** The type of the event. */
  eventType: string;
  /** The number of failed attempts since it was created or last sent again. */
  failures: number;
  /** The time after which it is given up. */
  giveUpAt: Timestamp;
  /** The time of the next attempt; `null` if there is none. */
  nextAttemptAt?: Timestamp | null;
  /** The status. */
  status: DeliveryStatus;
  /** The webhook. */
  subscriptionId: string;
}

/** Reply of the routes of one webhook. */
export interface WebhookReplyView {
  /** Always `true`. */
  ok: boolean;
  webhook: Webhook;
}

/** Reply of `POST /webhooks/{webhookId}/test`. */
export interface WebhookTestView {
  /** The `eventId` of the event `webhook.test`. To follow it, call `GET /webhooks/{webhookId}/deliveries?eventId=`. */
  eventId: number;
  /** The `eventKey` in the body that the receiver gets. */
  eventKey: string;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /webhooks`. */
export interface WebhooksView {
  /** Always `true`. */
  ok: boolean;
  /** Oldest first. */
  webhooks: Array<Webhook>;
}

/** The remaining work of a workflow. */
export interface Workflow {
  /** The id of the job for the first instruction. It is chosen in advance, so that the instruction is sent only once. */
  kickoffJobId: string;
  /** The first instruction. */
  kickoffPrompt?: string | null;
}

/** Reply of `GET /lanes/worktrees`. */
export interface WorktreesView {
  /** Always `true`. */
  ok: boolean;
  /** The worktrees, by the ids of their lanes. */
  worktrees: Array<LeftWorktree>;
}

/** What each operation takes and replies. */
export interface Operations {
  /** Returns the description of the code context: its version, requests and tools. */
  "GET /": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** Lists approvals, newest first. */
  "GET /approvals": {
    path: {
    };
    query: {
      /** Only approvals older than this one: the last `approvalId` of the previous page. */
      before?: string;
      /** Only approvals of this conversation. */
      conversationId?: string;
      /** Only approvals of this job. */
      jobId?: string;
      /** Only approvals of this lane. */
      laneId?: string;
      /** The maximum number of approvals, 1 to 500. Default: 100. */
      limit?: number;
      /** Only approvals with this status. `pending` approvals wait for an answer. */
      status?: ApprovalStatus;
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** Returns an approval. */
  "GET /approvals/{approvalId}": {
    path: {
      approvalId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalView;
  };
  /** Resolves an approval. The first answer wins. */
  "POST /approvals/{approvalId}": {
    path: {
      approvalId: string;
    };
    query: {
    };
    body: ResolveBody;
    reply: ApprovalView;
  };
  /** Returns the description of the code context, as `GET /` does. */
  "GET /capabilities": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** Lists the recently changed threads with their owners. */
  "GET /codex/active": {
    path: {
    };
    query: {
      /** Only threads that this program started, for example `Codex Desktop`. */
      originator?: string;
      /** Lists threads that this program started first. */
      preferOriginator?: string;
      /** Lists threads of this surface first: `mac-app`, `vscode`, `cli` or `any`. */
      preferredSurface?: string;
      /** Only threads with this source, for example `vscode`, `cli` or `exec`. */
      source?: string;
      /** Only threads of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: the kinds that people start. */
      sourceKinds?: string;
      /** Only threads of this surface: `mac-app`, `cli`, `vscode` or `unknown`. */
      surface?: string;
      /** Only threads that changed within this many seconds, at most 2592000 (30 days). Default: 900. */
      windowSec?: number;
    };
    body: undefined;
    reply: ActiveThreadsView;
  };
  /** Lists the apps (connectors) that Codex can use. */
  "GET /codex/app/list": {
    path: {
    };
    query: {
      /** The `nextCursor` of the previous page. */
      cursor?: string;
      /** Whether to fetch the apps again from their sources. */
      forceRefetch?: boolean;
      /** The maximum number of apps. */
      limit?: number;
      /** Uses the configuration of this thread. */
      threadId?: string;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** Lists the models that Codex offers. */
  "GET /codex/model/list": {
    path: {
    };
    query: {
      /** The `nextCursor` of the previous page. */
      cursor?: string;
      /** Whether to include models that are hidden by default. */
      includeHidden?: boolean;
      /** The maximum number of models. */
      limit?: number;
      /** Only models of this provider. */
      modelProvider?: string;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** Calls a method of Codex directly, if the setting `codexBridge.rpc` allows it. */
  "POST /codex/rpc": {
    path: {
    };
    query: {
    };
    body: RpcBody;
    reply: RpcView;
  };
  /** Lists the Codex processes of this user and the threads that each has loaded. */
  "GET /codex/running": {
    path: {
    };
    query: {
      /** If the mode is `inferred`: only threads that changed within this many seconds. Default: 900. */
      windowSec?: number;
    };
    body: undefined;
    reply: RunningView;
  };
  /** Lists the skills that Codex finds. */
  "GET /codex/skills/list": {
    path: {
    };
    query: {
      /** Only skills of these directories, separated by commas. Default: the working directory of the bridge. */
      cwds?: string;
      /** Whether to read the skills again from disk. */
      forceReload?: boolean;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** Lists Codex's threads, newest first. Threads without a message are not listed; get them by id. */
  "GET /codex/threads": {
    path: {
    };
    query: {
      /** Only archived threads (`true`), or only threads that are not archived (`false`, the default). */
      archived?: boolean;
      /** The `nextCursor` of the previous page. */
      cursor?: string;
      /** Only threads with this working directory. */
      cwd?: string;
      /** The maximum number of threads, 1 to 200. Default: 50. */
      limit?: number;
      /** Only sub-agents of this thread. Requires `sourceKinds=subAgent`. */
      parentThreadId?: string;
      /** Only threads whose title contains this string. */
      search?: string;
      /** Only threads of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: the kinds that people start. */
      sourceKinds?: string;
    };
    body: undefined;
    reply: ThreadsView;
  };
  /** Lists the threads that the bridge has loaded. */
  "GET /codex/threads/loaded": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: LoadedThreadsView;
  };
  /** Creates a thread with a title and without turns. It is stored, and no process owns it. */
  "POST /codex/threads/start": {
    path: {
    };
    query: {
    };
    body: StartThreadBody;
    reply: OneThreadView;
  };
  /** Returns a thread. */
  "GET /codex/threads/{threadId}": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneThreadView;
  };
  /** Archives a thread. Lists no longer contain it unless they ask for archived threads. */
  "POST /codex/threads/{threadId}/archive": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Replaces the model's view of the history with a summary. Replies when that is done. */
  "POST /codex/threads/{threadId}/compact": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Compacts a thread, as `compact` does, under the name of Codex's method. */
  "POST /codex/threads/{threadId}/compact/start": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Creates an independent copy of a thread. This works at any time, whoever owns the original. */
  "POST /codex/threads/{threadId}/fork": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: ForkThreadBody;
    reply: OneThreadView;
  };
  /** Removes turns from the end of a thread. Files are not changed. */
  "POST /codex/threads/{threadId}/rollback": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: RollBackThreadBody;
    reply: ChangedThreadView;
  };
  /** Interrupts the running turn. Its job fails with the code `cancelled`. */
  "POST /codex/threads/{threadId}/turns/interrupt": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: InterruptTurnBody;
    reply: TurnChangedView;
  };
  /** Starts a turn as a job: at once, after the running turn, or in the process that owns the thread. */
  "POST /codex/threads/{threadId}/turns/start": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: StartTurnBody;
    reply: SentView;
  };
  /** Adds input to the running turn. */
  "POST /codex/threads/{threadId}/turns/steer": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: SteerTurnBody;
    reply: TurnChangedView;
  };
  /** Unarchives a thread. */
  "POST /codex/threads/{threadId}/unarchive": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Creates a lane, starts its session, creates its thread, and sends the first instruction. */
  "POST /codex/workflows/start-visible": {
    path: {
    };
    query: {
    };
    body: StartVisibleBody;
    reply: StartedView;
  };
  /** Lists Codex's conversations with their owners, newest first. */
  "GET /conversations": {
    path: {
    };
    query: {
      /** Only archived conversations (`true`), or only conversations that are not archived (`false`, the default). */
      archived?: boolean;
      /** The `nextCursor` of the previous page. */
      cursor?: string;
      /** Only conversations with this working directory. */
      cwd?: string;
      /** The maximum number of conversations, 1 to 100. Default: 50. */
      limit?: number;
      /** Only conversations whose title contains this string. */
      search?: string;
      /** Only conversations from these sources, for example `vscode,cli,exec`. Default: the sources that people use. */
      source?: string;
    };
    body: undefined;
    reply: ConversationsView;
  };
  /** Starts a conversation with a first message, or opens an empty draft in the editor if there is no message. */
  "POST /conversations": {
    path: {
    };
    query: {
    };
    body: MessageBody;
    reply: CreatedView;
  };
  /** Returns the conversation in the focused tab. */
  "GET /conversations/current": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: CurrentConversationView;
  };
  /** Sends a message to the conversation in the focused tab. */
  "POST /conversations/current/messages": {
    path: {
    };
    query: {
    };
    body: MessageBody;
    reply: SentView;
  };
  /** Lists the open conversation tabs. */
  "GET /conversations/open": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: OpenConversationsView;
  };
  /** Returns a conversation with its turns and their items. */
  "GET /conversations/{conversationId}": {
    path: {
      conversationId: string;
    };
    query: {
      /** The `nextCursor` of the page with newer turns. */
      cursor?: string;
      /** The maximum number of turns, 1 to 1000. Default: all turns, or the newest ones if the conversation is larger than 16 MiB. */
      limit?: number;
      /** Whether to include the turns with their items. Default: `true`. */
      turns?: boolean;
    };
    body: undefined;
    reply: OneConversationView;
  };
  /** Archives a conversation. Lists no longer contain it unless they ask for archived conversations. */
  "POST /conversations/{conversationId}/archive": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Replaces the model's view of the history with a summary. Replies when that is done. */
  "POST /conversations/{conversationId}/compact": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Creates an independent copy of a conversation. This works at any time, whoever owns the original. */
  "POST /conversations/{conversationId}/fork": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: ForkBody;
    reply: ForkedView;
  };
  /** Removes the goal of a conversation. A running turn continues. */
  "DELETE /conversations/{conversationId}/goal": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: undefined;
    reply: GoalReply;
  };
  /** Returns the goal of a conversation. */
  "GET /conversations/{conversationId}/goal": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: undefined;
    reply: GoalReply;
  };
  /** Sets the goal of a conversation, or pauses and resumes it. */
  "PUT /conversations/{conversationId}/goal": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: GoalBody;
    reply: GoalReply;
  };
  /** Interrupts what runs on a conversation, whoever started it. */
  "POST /conversations/{conversationId}/interrupt": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Sends a message to a conversation. */
  "POST /conversations/{conversationId}/messages": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: MessageBody;
    reply: SentView;
  };
  /** Opens a conversation in the editor. */
  "POST /conversations/{conversationId}/open": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: OpenBody;
    reply: OpenedView;
  };
  /** Lists the queued messages of a conversation: those of the bridge, and those of the process that owns it. */
  "GET /conversations/{conversationId}/queue": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: undefined;
    reply: QueueView;
  };
  /** Removes a message from the queue. Its job fails with the code `cancelled`. */
  "DELETE /conversations/{conversationId}/queue/{jobId}": {
    path: {
      conversationId: string;
      jobId: string;
    };
    query: {
    };
    body: undefined;
    reply: QueuedView;
  };
  /** Replaces the text of a queued message. */
  "PATCH /conversations/{conversationId}/queue/{jobId}": {
    path: {
      conversationId: string;
      jobId: string;
    };
    query: {
    };
    body: EditBody;
    reply: QueuedView;
  };
  /** Ensures that the bridge does not own a conversation, so that other processes can open it. */
  "POST /conversations/{conversationId}/release": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Renames a conversation. */
  "POST /conversations/{conversationId}/rename": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: RenameBody;
    reply: ChangedView;
  };
  /** Removes turns from the end of a conversation. Files are not changed. */
  "POST /conversations/{conversationId}/rollback": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: RollBackBody;
    reply: ChangedView;
  };
  /** Unarchives a conversation. */
  "POST /conversations/{conversationId}/unarchive": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Creates a link that opens the dashboard and signs the browser in. It is valid once, for a few minutes. */
  "POST /dashboard/links": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: DashboardLinkView;
  };
  /** Signs this browser out and ends its event streams. */
  "DELETE /dashboard/session": {
    path: {
    };
    query: {
      /** The `path` with which the browser signed in. Default: `/`. */
      path?: string;
    };
    body: undefined;
    reply: BrowserSessionView;
  };
  /** Returns the sign-in session of this browser. */
  "GET /dashboard/session": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: BrowserSessionView;
  };
  /** Signs a browser in with the code of a sign-in link. The reply sets a cookie that scripts cannot read. */
  "POST /dashboard/session": {
    path: {
    };
    query: {
    };
    body: SignInBody;
    reply: BrowserSessionView;
  };
  /** Completes a lane without a turn, with the events of a completed one. */
  "POST /debug/complete": {
    path: {
    };
    query: {
    };
    body: MadeUpEndBody;
    reply: MadeUpEndView;
  };
  /** Clears lanes that are marked as active although nothing runs. */
  "POST /debug/reconcile-stale": {
    path: {
    };
    query: {
    };
    body: ReconcileBody;
    reply: ReconciledView;
  };
  /** Creates a synthetic approval for a lane. It is recorded, shown and resolved like a real one. */
  "POST /debug/request-approval": {
    path: {
    };
    query: {
    };
    body: MadeUpApprovalBody;
    reply: MadeUpApprovalView;
  };
  /** Returns the state of the bridge, the editor, Codex and NATS, and the number of jobs by state. */
  "GET /health": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: HealthView;
  };
  /** Lists jobs, newest first. */
  "GET /jobs": {
    path: {
    };
    query: {
      /** Only jobs older than this one: the last `jobId` of the previous page. */
      before?: string;
      /** Only jobs of this conversation. */
      conversationId?: string;
      /** Only jobs of this lane. */
      laneId?: string;
      /** The maximum number of jobs, 1 to 1000. Default: 1000. */
      limit?: number;
      /** Only jobs that ended like this. */
      outcome?: Outcome;
      /** Only jobs whose message, directory or one of whose ids contains this string. The case of ASCII letters is ignored. */
      search?: string;
      /** Only jobs with this status. */
      status?: JobStatus;
    };
    body: undefined;
    reply: JobsView;
  };
  /** Returns the number of jobs in each of 48 periods, and the tokens that their turns used. */
  "GET /jobs/statistics": {
    path: {
    };
    query: {
      /** The time span in hours, ending now, 1 to 720. Default: 24. */
      hours?: number;
    };
    body: undefined;
    reply: JobStatisticsView;
  };
  /** Returns a job; with `waitMs`, as soon as it has ended. */
  "GET /jobs/{jobId}": {
    path: {
      jobId: string;
    };
    query: {
      /** Waits for the job to end before replying, for at most this many milliseconds, up to 55000. */
      waitMs?: number;
    };
    body: undefined;
    reply: JobView;
  };
  /** Lists the approvals of a job, newest first. */
  "GET /jobs/{jobId}/approvals": {
    path: {
      jobId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** Cancels a job: removes it from its queue or interrupts its turn. The job fails with the code `cancelled`. */
  "POST /jobs/{jobId}/cancel": {
    path: {
      jobId: string;
    };
    query: {
    };
    body: undefined;
    reply: JobView;
  };
  /** Adds a message to the running turn of a job. */
  "POST /jobs/{jobId}/steer": {
    path: {
      jobId: string;
    };
    query: {
    };
    body: SteerBody;
    reply: SteeredView;
  };
  /** Lists lanes, newest first. */
  "GET /lanes": {
    path: {
    };
    query: {
      /** The maximum number of lanes, 1 to 1000. Default: 1000. */
      limit?: number;
      /** Only lanes of this project. */
      projectId?: string;
      /** Only lanes with this status. */
      status?: LaneStatus;
      /** Only the lane of this thread. */
      threadId?: string;
    };
    body: undefined;
    reply: LanesView;
  };
  /** Creates a lane. Starts no process of Codex. */
  "POST /lanes": {
    path: {
    };
    query: {
    };
    body: LaneBody;
    reply: LaneView;
  };
  /** Creates a lane for an existing thread. */
  "POST /lanes/attach": {
    path: {
    };
    query: {
    };
    body: LaneBody;
    reply: LaneView;
  };
  /** Deletes the lanes that match. */
  "POST /lanes/cleanup": {
    path: {
    };
    query: {
    };
    body: CleanupBody;
    reply: CleanedUpView;
  };
  /** Lists the running lane sessions. */
  "GET /lanes/sessions": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: SessionsView;
  };
  /** Lists the worktrees that were kept when their lanes were deleted, because they contained files that git does not have. */
  "GET /lanes/worktrees": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WorktreesView;
  };
  /** Removes a worktree that was kept when its lane was deleted. */
  "DELETE /lanes/worktrees/{laneId}": {
    path: {
      laneId: string;
    };
    query: {
      /** Deletes the worktree even if it contains files that git does not have. Default: `false`. */
      force?: boolean;
    };
    body: undefined;
    reply: RemovedView;
  };
  /** Deletes a lane and ends its session. Its thread remains. */
  "DELETE /lanes/{laneId}": {
    path: {
      laneId: string;
    };
    query: {
      /** Deletes the worktree even if it contains files that git does not have. Default: `false`. */
      force?: boolean;
    };
    body: undefined;
    reply: DeletedView;
  };
  /** Returns a lane. */
  "GET /lanes/{laneId}": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: LaneView;
  };
  /** Lists the approvals of a lane, newest first. */
  "GET /lanes/{laneId}/approvals": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** Approves a request of a lane once. */
  "POST /lanes/{laneId}/approvals/{approvalId}/approve": {
    path: {
      approvalId: string;
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalView;
  };
  /** Denies a request of a lane. */
  "POST /lanes/{laneId}/approvals/{approvalId}/deny": {
    path: {
      approvalId: string;
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalView;
  };
  /** Returns a page of the recorded events of a lane. */
  "GET /lanes/{laneId}/events": {
    path: {
      laneId: string;
    };
    query: {
      /** Only events after this `eventId`. Default: 0, all events. The header `Last-Event-ID` takes precedence. */
      after?: number;
      /** Only events of these types: comma-separated patterns in which `*` matches any characters. */
      type?: string;
    };
    body: undefined;
    reply: EventPageView;
  };
  /** Interrupts the turn of a lane. */
  "POST /lanes/{laneId}/interrupt": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: LaneView;
  };
  /** Sends an instruction to a lane as a new turn. Starts its session and creates its thread if necessary. */
  "POST /lanes/{laneId}/prompt": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: InputBody;
    reply: PromptedView;
  };
  /** Starts a lane's session and loads its thread. A running session is not restarted. */
  "POST /lanes/{laneId}/session/start": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** Returns the state of a lane's session. */
  "GET /lanes/{laneId}/session/status": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** Stops a lane's session after interrupting its turn. */
  "POST /lanes/{laneId}/session/stop": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** Adds input to the running turn of a lane. */
  "POST /lanes/{laneId}/steer": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: InputBody;
    reply: LaneSteeredView;
  };
  /** Updates a lane's surface and title from its thread, and its directory if it has none. */
  "POST /lanes/{laneId}/sync-from-codex": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: LaneView;
  };
  /** Answers a question about the code. */
  "POST /request": {
    path: {
    };
    query: {
    };
    body: AgentRequest;
    reply: AgentResponse;
  };
  /** Lets Codex's reviewer review changes: in a new conversation, in an existing one, or in that of a lane. */
  "POST /reviews": {
    path: {
    };
    query: {
    };
    body: ReviewBody;
    reply: SentView;
  };
  /** Lists the open code-context sessions. */
  "GET /sessions": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: CallersView;
  };
  /** Closes a code-context session: `{session_id}`. */
  "POST /sessions/close": {
    path: {
    };
    query: {
    };
    body: Record<string, unknown>;
    reply: ClosedView;
  };
  /** Returns diagnostics, the processes of the bridge, and the effective settings. */
  "GET /system": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: SystemView;
  };
  /** Returns the last log lines of this process. */
  "GET /system/log": {
    path: {
    };
    query: {
      /** Only lines after the line with this number. */
      after?: number;
      /** The maximum number of lines, 1 to 1000. The newest lines are returned. Default: 200. */
      limit?: number;
    };
    body: undefined;
    reply: LogView;
  };
  /** Calls a tool. */
  "POST /tools/invoke": {
    path: {
    };
    query: {
    };
    body: ToolInvocation;
    reply: ToolExecutionResult;
  };
  /** Lists the tools with their parameters. */
  "GET /tools/list": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** Starts the periodic runs of the lane reconciler. */
  "POST /watch/start": {
    path: {
    };
    query: {
    };
    body: WatchBody;
    reply: WatchStatusView;
  };
  /** Returns the state of the lane reconciler. */
  "GET /watch/status": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WatchStatusView;
  };
  /** Stops the periodic runs of the lane reconciler. */
  "POST /watch/stop": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WatchStatusView;
  };
  /** Reconciles all lanes now. */
  "POST /watch/tick": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: TickView;
  };
  /** Lists webhooks, oldest first. */
  "GET /webhooks": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WebhooksView;
  };
  /** Creates a webhook. Every matching event that is recorded from now on is sent to it at least once. */
  "POST /webhooks": {
    path: {
    };
    query: {
    };
    body: WebhookBody;
    reply: WebhookReplyView;
  };
  /** Lists the recent events that a webhook would have received. Changes nothing. */
  "POST /webhooks/preview": {
    path: {
    };
    query: {
    };
    body: PreviewBody;
    reply: PreviewView;
  };
  /** Deletes a webhook and its pending deliveries. */
  "DELETE /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: WebhookDeletedView;
  };
  /** Returns a webhook. */
  "GET /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: WebhookReplyView;
  };
  /** Updates a webhook. Only the fields that are given are changed. */
  "PATCH /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: WebhookBody;
    reply: WebhookReplyView;
  };
  /** Lists the deliveries of a webhook with all their attempts, newest event first. */
  "GET /webhooks/{webhookId}/deliveries": {
    path: {
      webhookId: string;
    };
    query: {
      /** Only deliveries older than this one: the last `deliveryId` of the previous page. */
      before?: string;
      /** Only the delivery of this event. */
      eventId?: number;
      /** The maximum number of deliveries, 1 to 500. Default: 100. */
      limit?: number;
      /** Only deliveries with this status. */
      status?: DeliveryStatus;
    };
    body: undefined;
    reply: DeliveriesView;
  };
  /** Sends a delivery again, whatever its status, with retries for another day. */
  "POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": {
    path: {
      deliveryId: string;
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: DeliveryView;
  };
  /** Sends an event `webhook.test` to this webhook only, with the usual retries. */
  "POST /webhooks/{webhookId}/test": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: WebhookTestView;
  };
}
