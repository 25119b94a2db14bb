// Written by `cargo xtask openapi` from openapi.json. Do not edit.

/** A thread in use. */
export type ActiveThreadView = ThreadView & {
  /** Why it counts as active: `recent` (it changed within the window), `owner` (a process has it loaded), `turn` (this bridge runs a turn on it). */
  activeBecause: Array<string>;
  /** Whether it meets every preference of the query. */
  preferred: boolean;
};

/** Reply of `GET /codex/active`. */
export interface ActiveThreadsView {
  /** Always `true`. */
  ok: boolean;
  /** Preferred ones first, otherwise the last changed first. */
  threads: Array<ActiveThreadView>;
  windowSec: number;
}

/** Body of `POST /request`. */
export interface AgentRequest {
  /** `semantic_search`, `explain_symbol`, `explain_file`, `get_context`, `get_dependencies`, `get_call_graph`, `summarize_repo`, `find_references`, `validate_code`, `list_capabilities`, `invoke_tool` or `list_tools`. */
  kind: string;
  /** What the kind takes; `GET /tools/list` describes it. */
  params?: Record<string, unknown> | null;
  /** Comes back with the answer. */
  request_id?: string | null;
  /** Who asks. */
  source?: string | null;
}

/** Reply of `POST /request`. */
export interface AgentResponse {
  /** The answer; empty without one. */
  data: Record<string, unknown>;
  elapsed_ms: number;
  /** What is wrong and what to do; empty with an answer. */
  error: string;
  /** `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`. */
  error_code?: string | null;
  request_id: string;
  success: boolean;
}

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
  /** Whether there are older ones; ask for them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

/** One try. */
export interface Attempt {
  /** When it began. */
  at: Timestamp;
  /** How long it took, in milliseconds. */
  durationMs: number;
  /** Why it failed; `null` where it did not. */
  error?: string | null;
  /** The HTTP status of the receiver's reply, if there was one. */
  status?: number | null;
}

/** Reply of the routes of a browser's session. */
export interface BrowserSessionView {
  /** Until when it is. */
  expiresAt?: Timestamp | null;
  /** Always `true`. */
  ok: boolean;
  /** Whether this browser is signed in. Without a token, the programs of your own user need not be. */
  signedIn: boolean;
  /** Whether programs must send a token. */
  tokenRequired: boolean;
}

/** Somebody who said that they are there. */
export interface Caller {
  /** What they call themselves. */
  agent_name: string;
  /** Since when. */
  created_at: Timestamp;
  /** UUID. */
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

/** Reply of `POST /lanes/cleanup`. */
export interface CleanedUpView {
  /** Of these, deleted. */
  deleted: Array<string>;
  dryRun: boolean;
  /** What was left behind of them. */
  left: Array<string>;
  /** Lanes that match. */
  matched: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Body of `POST /lanes/cleanup`. */
export interface CleanupBody {
  /** Only tells which they are. */
  dryRun?: boolean;
  /** At most so many. Default: 100. */
  limit?: number | null;
  /** That did not change for so long. Default: 24. */
  olderThanHours?: number;
  /** Lanes that stand at one of these. One that works on something is never deleted. Default: blocked, done, failed and interrupted. */
  statuses?: Array<LaneStatus>;
  /** Only those that a test made. */
  syntheticOnly?: boolean;
}

/** Reply of `POST /sessions/close`. */
export interface ClosedView {
  /** Whether there was such a session. */
  closed: boolean;
  session_id: string;
}

/** One of Codex's lists. */
export type CodexListView = Record<string, unknown> & {
  /** Always `true`. */
  ok: boolean;
};

/** What `/health` says about Codex. */
export interface CodexView {
  /** Whether a binary was found. */
  found: boolean;
  /** Every place that was searched, when none was found: `[{place, reason}]`. */
  looked: Array<Record<string, unknown>>;
  /** The binary. */
  path?: string | null;
  /** Process id of the running app-server. */
  pid?: number | null;
  /** What is wrong and what to do, where something is. */
  problem?: string | null;
  /** Where it was found: `setting`, `chatgptSetting`, `chatgptExtension`, `npm` or `path`. */
  source?: string | null;
  /** The app-server: `idle` (not needed yet), `ready`, `restarting` or `failed`. */
  state: string;
  /** Its version, once it was asked. */
  version?: string | null;
}

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

/** Reply of `GET /conversations`. */
export interface ConversationsView {
  /** Newest first. */
  conversations: Array<ConversationView>;
  /** Asks for the next page; `null` on the last one. */
  nextCursor?: string | null;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `POST /conversations`. */
export type CreatedView = SentView | DraftView;

/** Reply of `GET /conversations/current`. */
export interface CurrentConversationView {
  /** The conversation whose tab has the focus. */
  conversation?: CurrentView | null;
  editor: EditorView;
  /** Always `true`. */
  ok: boolean;
}

/** The conversation whose tab has the focus. */
export interface CurrentView {
  conversationId: string;
  /** Label of its tab. */
  title: string;
  /** `openai-codex://route/local/<conversationId>` */
  uri: string;
}

/** Reply of `POST /dashboard/links`. */
export interface DashboardLinkView {
  /** Until then. */
  expiresAt: Timestamp;
  /** Always `true`. */
  ok: boolean;
  /** Opens the dashboard in a browser and signs it in, once. */
  url: string;
}

/** What may be decided. Which of these a request offers is in its `decisions`. */
export type Decision = "approve" | "approve_for_session" | "approve_always" | "deny" | "cancel" | "answer";

/** Reply of `DELETE /lanes/{laneId}`. */
export interface DeletedView {
  /** Always `true`. */
  deleted: boolean;
  laneId: string;
  /** What was left behind, for example a worktree that holds changes. */
  left: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /webhooks/{webhookId}/deliveries`. */
export interface DeliveriesView {
  /** Newest event first. */
  deliveries: Array<WebhookDelivery>;
  /** Whether there are older ones; ask for them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

/** How a message reached its conversation. */
export type Delivery = "started" | "queued" | "handed_over" | "steered" | "forked";

/** How a message shall reach its conversation. */
export type DeliveryMode = "auto" | "start" | "steer" | "queue" | "handover" | "panel" | "fork" | "reject";

/** Where a delivery stands. */
export type DeliveryStatus = "pending" | "delivered" | "failed";

/** Reply of `POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver`. */
export interface DeliveryView {
  delivery: WebhookDelivery;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `POST /conversations` without a message. */
export interface DraftView {
  /** Always `null`: Codex makes the conversation when its first message is sent. */
  conversationId?: string | null;
  /** Always `true`. */
  draft: boolean;
  /** Always `true`. */
  ok: boolean;
  /** Always `true`. */
  opened: boolean;
  /** Always `false`. */
  sent: boolean;
  /** What was done differently from what was asked, for example with a misspelt `message`. */
  warnings?: Array<string>;
}

/** Body of `PATCH /conversations/{conversationId}/queue/{jobId}`. */
export interface EditBody {
  /** The new words; pictures and options stay. */
  message: string;
}

/** Whether conversation tabs can be shown. */
export interface EditorView {
  /** Whether the bridge runs inside VS Code. */
  available: boolean;
  /** Why tabs cannot be told, where they cannot. */
  problem?: string | null;
}

/** The body of every reply with a 4xx or 5xx status. */
export interface ErrorView {
  /** For programs. */
  code: string;
  /** Facts beside the message, for example `{"field": "cwd"}`. */
  details?: Record<string, unknown> | null;
  /** What is wrong and what to do, for a person. */
  error: string;
  /** Always `false`. */
  ok: boolean;
  /** The same id stands in the log. */
  requestId: string;
}

/** The `data` of an event. Its type is also the frame's `event`, and its id the frame's `id`. */
export interface Event {
  /** When it happened. */
  at: Timestamp;
  conversationId?: string | null;
  /** Its place in the log; larger ones came later. Missing where the event is shown once and not recorded. */
  eventId?: number | null;
  jobId?: string | null;
  laneId?: string | null;
  /** What is told. Of an event of Codex's its own fields, with `truncated: true` where long strings had to be cut. */
  payload: Record<string, unknown>;
  turnId?: string | null;
  /** Recorded: `job.created`, `job.bound`, `job.queued`, `job.edited`, `job.forked`, `job.started`, `job.completed`, `job.failed`, `item.completed`, `approval.requested`, `approval.resolved`, `conversation.renamed` and its like, and those of lanes, for example `lane.turn.completed`. Live: what Codex tells, by its own names with dots for slashes, for example `item.agentMessage.delta`. */
  type: string;
}

/** What a stream's route replies with `Accept: application/json`. */
export interface EventPageView {
  /** In their order; only recorded ones. */
  events: Array<Event>;
  /** Whether there may be more already. */
  more: boolean;
  /** Ask on with this as `after`. */
  nextAfter: number;
  /** Always `true`. */
  ok: boolean;
}

/** An event type, `*` standing for anything. */
export type EventPattern = string;

/** Why a job failed, for programs and for people. */
export interface Failure {
  /** For programs. */
  code: FailureCode;
  /** For people; may be Codex's own words. */
  message: string;
}

/** Why a job failed. */
export type FailureCode = "turn_failed" | "interrupted" | "codex_refused" | "codex_not_found" | "codex_unavailable" | "codex_exited" | "cancelled" | "turn_timeout" | "send_timeout" | "conversation_owned_elsewhere" | "conversation_busy" | "no_active_turn" | "conversation_not_found" | "conversation_archived" | "queue_full" | "internal_error" | "bridge_stopped" | "interrupted_by_restart";

/** Body of `POST /conversations/{conversationId}/fork`. */
export interface ForkBody {
  /** The copy ends with this turn. Default: the last one. */
  afterTurnId?: string | null;
  /** The copy ends before this turn. */
  beforeTurnId?: string | null;
  /** Title of the copy. */
  title?: string | null;
}

/** Body of `POST /codex/threads/{threadId}/fork`. */
export interface ForkThreadBody {
  /** The same as `lastTurnId`. */
  afterTurnId?: string | null;
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** The copy ends before this turn. */
  beforeTurnId?: string | null;
  /** Overrides of Codex's `config.toml`. */
  config?: ConfigOverrides | null;
  /** Absolute working folder. Default: that of the original. */
  cwd?: string | null;
  /** Added as the developer's instructions. */
  developerInstructions?: string | null;
  /** The copy ends with this turn. Default: the last one. */
  lastTurnId?: string | null;
  /** Model id. */
  model?: string | null;
  /** Provider id. */
  modelProvider?: string | null;
  /** What commands may touch. */
  sandbox?: SandboxName | null;
  /** Title of the copy. */
  title?: string | null;
}

/** Reply of `POST /conversations/{conversationId}/fork`. */
export interface ForkedView {
  /** The copy. */
  conversationId: string;
  /** The original. */
  forkedFromConversationId: string;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of `GET /health`. */
export interface HealthView {
  codex: CodexView;
  editor: EditorView;
  /** UUID of this bridge process. */
  instanceId: string;
  /** NATS, where a server is named. */
  nats?: NatsView | null;
  /** Always `true`: the bridge answers. */
  ok: boolean;
  /** The open conversation tabs. */
  openConversations: Array<ConversationTab>;
  /** Process id of the bridge. */
  pid: number;
  startedAt: Timestamp;
  status: StatusView;
  /** Version of Codex Bridge. */
  version: string;
}

/** What a turn is given. */
export type Input = string | Array<Record<string, unknown>>;

/** Body of `prompt` and `steer`. */
export interface InputBody {
  /** What Codex shall do, or hear. */
  input: string;
}

/** Body of `POST /codex/threads/{threadId}/turns/interrupt`. */
export interface InterruptTurnBody {
  /** The same as `turnId`. */
  expectedTurnId?: string | null;
  /** Only if this turn runs: otherwise 409 `turn_conflict`, with the one that does in `details`. Default: whichever runs. */
  turnId?: string | null;
}

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

/** All remembered jobs of the data folder by state. */
export interface JobCountsView {
  completed: number;
  failed: number;
  latestJobId?: string | null;
  running: number;
  starting: number;
  total: number;
}

/** What happened to the jobs that were accepted in a period of time. */
export interface JobPeriod {
  /** When it begins. */
  at: Timestamp;
  /** Of these, read from the provider's cache. */
  cachedInputTokens: number;
  /** Jobs that ended well. */
  completed: number;
  /** Jobs that ended otherwise. */
  failed: number;
  /** Tokens sent to the model, cached ones included. */
  inputTokens: number;
  /** Tokens that the model wrote, reasoning included. */
  outputTokens: number;
  /** Jobs that have not ended. */
  unfinished: number;
}

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

/** Reply of `GET /jobs/statistics`. */
export interface JobStatisticsView {
  /** Always `true`. */
  ok: boolean;
  /** Milliseconds that each period lasts. */
  periodMs: number;
  /** Oldest first, without gaps; the last one is under way. */
  periods: Array<JobPeriod>;
}

/** Where a job stands. */
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
  /** Whether there are older ones; ask for them with `before`. */
  more: boolean;
  /** Always `true`. */
  ok: boolean;
}

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

/** Body of `POST /lanes`. Also what the bodies of `/lanes/attach` and `/codex/workflows/start-visible` have in common with it. */
export interface LaneBody {
  /** When its work is good, in words; part of each instruction. */
  acceptanceCriteria?: Array<string>;
  /** When Codex asks. Default: Codex's own configuration. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Branch of that worktree. Default: `lane/<laneId>`. */
  branch?: string | null;
  /** 1 to 128 letters, digits, `.`, `_` and `-`. Default: a UUID. */
  laneId?: string | null;
  /** Model id. */
  model?: string | null;
  /** Where its thread should be. */
  preferredSurface?: PreferredSurface;
  /** What it belongs to, in your words. */
  projectId?: string | null;
  /** What happens when that thread cannot be loaded yet. */
  readinessMode?: ReadinessMode;
  /** Absolute folder that it works in. */
  repoRoot?: string | null;
  /** Whether it must be there. */
  requirePreferredSurface?: boolean;
  /** What its commands may touch. Default: `workspace-write`. */
  sandbox?: SandboxName | null;
  /** In which process its turns run. Default: a setting. */
  sessionIsolation?: SessionIsolation | null;
  /** Made by a test; cleanups can be limited to such lanes. */
  synthetic?: boolean;
  /** A thread that exists. */
  threadId?: string | null;
  /** What it is called. */
  title?: string | null;
  /** Shell commands that must exit with 0 after each turn. */
  verificationCommands?: Array<string>;
  /** Whether it gets a git worktree of its own, made from `repoRoot`. It is removed with the lane, unless it holds work. */
  worktree?: boolean;
}

/** Where a lane stands. */
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

/** Where a thread came from, and what came from it. */
export interface LineageView {
  /** Its sub-agents: all of them where one thread was asked for, otherwise those of the same page. */
  children: Array<string>;
  /** The thread that it is a copy of; lists of Codex leave it out. */
  forkedFromThreadId?: string | null;
  /** The thread whose agent started it. */
  parentThreadId?: string | null;
  /** What it is for, where it is a sub-agent. */
  subAgent?: SubAgentView | null;
}

/** Reply of `GET /codex/threads/loaded`. */
export interface LoadedThreadsView {
  /** By app-server. */
  appServers: Array<LoadedView>;
  /** Always `true`. */
  ok: boolean;
  /** The threads that the bridge has loaded, which it does while their turns run. */
  threadIds: Array<string>;
}

/** What one app-server of the bridge has loaded. */
export interface LoadedView {
  pid: number;
  threadIds: Array<string>;
}

/** A line of the log. */
export interface LogLine {
  /** When it was written. */
  at: Timestamp;
  /** `error`, `warn`, `info`, `debug` or `trace`. */
  level: string;
  /** What it says, with its fields as `name=value`. */
  message: string;
  /** Grows by one with each line of this process. */
  number: number;
  /** Which part of the program wrote it. */
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
  /** The lane that needs it. */
  laneId: string;
  /** What the person reads, at most 2,000 characters. */
  reason?: string | null;
  /** In whose name it is asked. */
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
  /** The lane that is done. */
  laneId: string;
  /** Goes into the events, at most 2,000 characters. */
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

/** Body of routes that need none. */
export type NoBody = Record<string, unknown>;

/** Reply of `GET /conversations/{conversationId}`. */
export interface OneConversationView {
  conversation: ConversationView;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of the routes of one session. */
export type OneSessionView = SessionView & {
  /** Always `true`. */
  ok: boolean;
};

/** Reply of the routes that show one thread. */
export interface OneThreadView {
  /** Always `true`. */
  ok: boolean;
  thread: ThreadView;
  /** What was done differently from what was asked. */
  warnings?: Array<string>;
}

/** Body of `POST /conversations/{conversationId}/open`. */
export interface OpenBody {
  /** Milliseconds until the editor must show it. Default: setting `tabTimeoutMs`. */
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

/** A process that started another. */
export interface ParentView {
  pid: number;
  program: string;
}

/** Why nothing is sent to a receiver. */
export type PausedReason = "keeps_failing" | "gone";

/** Personalities that the API takes. */
export type PersonalityName = "none" | "friendly" | "pragmatic";

/** Where a lane's conversation should be. */
export type PreferredSurface = "mac-app" | "cli" | "vscode" | "any";

/** Body of `POST /webhooks/preview`. */
export interface PreviewBody {
  /** Event types, `*` standing for anything. */
  events: Array<string>;
  /** Which of them; all where it is left out. */
  scope?: ScopeBody | null;
}

/** Reply of `POST /webhooks/preview`. */
export interface PreviewView {
  /** The newest of them, newest first. */
  events: Array<PreviewedEvent>;
  /** How many of the newest recorded events were looked at. */
  lookedAt: number;
  /** How many of these would have been sent. */
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
  /** `bridge`, or `app-server`. */
  kind: string;
  /** Bytes of memory that it holds (resident). */
  memoryBytes: number;
  /** Process id. */
  pid: number;
  /** The name of its program. */
  program: string;
}

/** A Codex process. */
export interface ProcessView {
  /** Where it keeps its threads. */
  codexHome?: string | null;
  cwd?: string | null;
  /** `app-server`, `cli` (the terminal program), `exec`, `mcp-server` or `other`. */
  kind: string;
  /** Whether it is the app-server of this bridge. */
  own: boolean;
  /** Who started it. */
  parent?: ParentView | null;
  pid: number;
  /** What it is, for example `codex app-server`. */
  program: string;
  startedAt?: Timestamp | null;
  /** The threads that it has: nobody else can write them meanwhile. */
  threadIds: Array<string>;
}

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

/** Reply of `POST /lanes/{laneId}/prompt`. */
export interface PromptedView {
  /** The turn, as a job. */
  job: Job;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
  turnId?: string | null;
}

/** Reply of `GET /conversations/{conversationId}/queue`. */
export interface QueueView {
  /** The conversation; the copy where one replaced it. */
  conversationId: string;
  /** The jobs that wait in the queue of the process that has the conversation. */
  handedOver: Array<Job>;
  /** The jobs that wait in this bridge, in the order in which they will run. */
  jobs: Array<Job>;
  /** Always `true`. */
  ok: boolean;
}

/** Reply of the routes of one job that waits. */
export interface QueuedView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
}

/** What happens when a thread that is taken over cannot be loaded yet. */
export type ReadinessMode = "strict" | "lenient";

/** Body of `POST /debug/reconcile-stale`. */
export interface ReconcileBody {
  /** Lanes whose turn has ended or was never sent, and nobody follows it. Default: `true`. */
  clearOrphanedActiveTurns?: boolean | null;
  /** Lanes that `/debug` made active, and nothing runs. Default: `true`. */
  clearSyntheticRunningLanes?: boolean | null;
}

/** Reply of `POST /debug/reconcile-stale`: ids of lanes. */
export interface ReconciledView {
  /** Lanes whose turn was gone; they tell now what became of it. */
  clearedOrphanedActiveTurns: Array<string>;
  /** Lanes that `/debug` had made active; they are `interrupted` now. */
  clearedSyntheticRunningLanes: Array<string>;
  /** Always `true`. */
  ok: boolean;
}

/** Body of `POST /conversations/{conversationId}/rename`. */
export interface RenameBody {
  /** The new title. */
  title: string;
}

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

/** Body of `POST /conversations/{conversationId}/rollback`. Give one of the two. */
export interface RollBackBody {
  /** Take back this turn and all that follow it. */
  turnId?: string | null;
  /** Take back so many turns from the end. */
  turns?: number | null;
}

/** Body of `POST /codex/threads/{threadId}/rollback`. Give one of `numTurns`, `turns` and `turnId`. */
export interface RollBackThreadBody {
  /** Take back so many turns from the end. */
  numTurns?: number | null;
  /** Take back this turn and all that follow it. */
  turnId?: string | null;
  /** The same as `numTurns`. */
  turns?: number | null;
}

/** Body of `POST /codex/rpc`. */
export interface RpcBody {
  /** A method of `codex app-server`. */
  method: string;
  /** Its parameters. Default: none. */
  params?: Record<string, unknown> | null;
}

/** Reply of `POST /codex/rpc`. */
export interface RpcView {
  method: string;
  /** Always `true`. */
  ok: boolean;
  /** What Codex answered. */
  result: Record<string, unknown>;
}

/** Reply of `GET /codex/running`. */
export interface RunningView {
  /** `processes`: from the process and lock tables of the operating system, all of it. `inferred`: that hides some or all (another system than Linux, another container), so `threads` has those that changed lately. */
  mode: string;
  /** Always `true`. */
  ok: boolean;
  /** The Codex processes of this user that the operating system shows. */
  processes: Array<ProcessView>;
  /** What somebody seems to use; only with the mode `inferred`. */
  threads: Array<ActiveThreadView>;
}

/** Sandboxes that the API takes. */
export type SandboxName = "read-only" | "workspace-write" | "danger-full-access";

/** Which lanes, threads and sessions are of interest. A dimension that names nothing lets everything pass; what is named must match in every dimension. */
export interface Scope {
  /** Events of these lanes. */
  laneIds: Array<string>;
  /** Events of these sessions. */
  sessionIds: Array<string>;
  /** Events of these threads, which are the conversations. */
  threadIds: Array<string>;
}

/** Which events a webhook wants beyond their type. What is named must match, in every dimension. */
export interface ScopeBody {
  /** Events of this lane. */
  laneId?: string | null;
  /** Events of one of these lanes. */
  laneIds?: Array<string> | null;
  /** Events of this session. */
  sessionId?: string | null;
  /** Events of one of these sessions. */
  sessionIds?: Array<string> | null;
  /** Events of this thread, which is the conversation. */
  threadId?: string | null;
  /** Events of one of these threads. */
  threadIds?: Array<string> | null;
}

/** What a scope narrows. */
export type ScopeKind = "global" | "lane" | "thread" | "session";

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

/** How a lane's session stands. */
export interface SessionView {
  /** The turn that runs. */
  activeTurnId?: string | null;
  /** In which process its turns run. */
  isolation: SessionIsolation;
  /** The lane; a session has the id of its lane. */
  laneId: string;
  /** Approvals that Codex waits for. */
  pendingRequests: number;
  /** Process id of its app-server. */
  pid?: number | null;
  /** Whether its thread could not be loaded yet. */
  readinessDeferred: boolean;
  /** What happens when its thread cannot be loaded yet. */
  readinessMode: ReadinessMode;
  /** Why not. */
  readinessReason?: string | null;
  /** Whether it runs. */
  running: boolean;
  /** When it started. */
  startedAt?: Timestamp | null;
  /** The lane's thread. */
  threadId?: string | null;
}

/** Reply of `GET /lanes/sessions`. */
export interface SessionsView {
  /** Always `true`. */
  ok: boolean;
  /** Sessions of this bridge that run. */
  sessions: Array<SessionView>;
}

/** A setting in force. */
export interface SettingView {
  /** The name as in VS Code's settings, without the prefix `codexBridge.`. */
  name: string;
  /** The value as a string; `set` or `not set` for a secret. */
  value: string;
}

/** Body of `POST /dashboard/session`. */
export interface SignInBody {
  /** What stands after the `#` of a sign-in link. */
  code: string;
  /** The path that the bridge has in this browser, ending with `/`. Default: `/`. It is another one where a server passes requests on from a path of its own; the cookie is for what is below it. */
  path?: string | null;
}

/** Body of `POST /codex/threads/start`. */
export interface StartThreadBody {
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Replaces Codex's own system instructions. */
  baseInstructions?: string | null;
  /** Overrides of Codex's `config.toml`. Codex does not keep them until the first turn; give them with that. */
  config?: ConfigOverrides | null;
  /** Absolute working folder. Default: as for new conversations. */
  cwd?: string | null;
  /** Added as the developer's instructions. */
  developerInstructions?: string | null;
  /** Model id. */
  model?: string | null;
  /** Provider id, as in `model_providers` of `config.toml`. */
  modelProvider?: string | null;
  /** What commands may touch. Codex does not keep it until the first turn; give it with that. */
  sandbox?: SandboxName | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** What it is called. Default: `New thread`. */
  title?: string | null;
}

/** Body of `POST /codex/threads/{threadId}/turns/start`. */
export interface StartTurnBody {
  /** When Codex asks for approval. */
  approvalPolicy?: ApprovalPolicyName | null;
  /** Milliseconds until an approval that nobody answers is denied. Default: setting `approvalTimeoutMs`. */
  approvalTimeoutMs?: number | null;
  /** Overrides of Codex's `config.toml`. */
  config?: ConfigOverrides | null;
  /** Absolute working folder. Default: the thread's. */
  cwd?: string | null;
  /** How it shall reach the thread. */
  delivery?: DeliveryMode;
  /** Added as the developer's instructions. */
  developerInstructions?: string | null;
  /** Only if this turn runs or, where none does, is the thread's newest: otherwise 409 `turn_conflict`, with how it is in `details`. */
  expectedTurnId?: string | null;
  /** What Codex shall do. */
  input: Input;
  /** Model id. */
  model?: string | null;
  /** What commands may touch. */
  sandbox?: SandboxName | null;
  /** Milliseconds until the turn must have begun. Default: setting `requestTimeoutMs`. */
  sendTimeoutMs?: number | null;
  /** Service tier id. */
  serviceTier?: string | null;
  /** Milliseconds that the turn may take; it is interrupted then. Default: no limit. */
  turnTimeoutMs?: number | null;
}

/** Body of `POST /codex/workflows/start-visible`: a lane, and its first instruction. */
export type StartVisibleBody = LaneBody & {
  /** The first instruction. */
  kickoffPrompt?: string | null;
};

/** Reply of `POST /codex/workflows/start-visible`. */
export interface StartedView {
  /** Whether the lane was there before; nothing was repeated then. */
  existed: boolean;
  /** That turn as a job. */
  job?: Job | null;
  /** Whether the first instruction was left out, because the thread cannot be loaded yet. */
  kickoffSkipped: boolean;
  lane: Lane;
  /** Always `true`. */
  ok: boolean;
  session: SessionView;
  /** The thread. */
  threadId?: string | null;
  /** The turn of the first instruction. */
  turnId?: string | null;
}

/** The bridge in numbers. */
export interface StatusView {
  /** The conversation whose tab has the focus. */
  currentConversationId?: string | null;
  jobs: JobCountsView;
  running: boolean;
  url: string;
}

/** Body of `POST /jobs/{jobId}/steer`. */
export interface SteerBody {
  /** Pictures, as in a message. */
  images?: Array<string>;
  /** What the running turn shall hear. */
  message: string;
}

/** Body of `POST /codex/threads/{threadId}/turns/steer`. */
export interface SteerTurnBody {
  /** Only if this turn runs: otherwise 409 `turn_conflict`, with the one that does in `details`. */
  expectedTurnId?: string | null;
  /** What the running turn shall hear. */
  input: Input;
  /** The same as `expectedTurnId`. */
  turnId?: string | null;
}

/** Reply of `POST /jobs/{jobId}/steer`. */
export interface SteeredView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
  /** The turn that the words joined. */
  turnId: string;
}

/** A sub-agent. */
export interface SubAgentView {
  /** `review`, `compact`, `thread_spawn`, … */
  kind: string;
  nickname?: string | null;
  role?: string | null;
}

/** The program in which a thread began, as far as its person is concerned. */
export type Surface = "mac-app" | "cli" | "vscode" | "unknown";

/** Reply of `GET /system`. */
export interface SystemView {
  /** What is right and what is not, with what to do. */
  checks: Array<Check>;
  /** The folder of the database, which bridges may share. */
  dataFolder: string;
  /** Always `true`. */
  ok: boolean;
  /** For example `linux-x86_64`. */
  platform: string;
  /** The bridge itself, then the app-servers that it started. */
  processes: Array<ProcessMemory>;
  /** The settings in force. Of secrets only whether they are set. */
  settings: Array<SettingView>;
  startedAt: Timestamp;
  /** Version of Codex Bridge. */
  version: string;
}

/** A thread of Codex. */
export interface ThreadView {
  /** The job of that turn. */
  activeJobId?: string | null;
  /** The turn of this bridge that runs on it. */
  activeTurnId?: string | null;
  createdAt?: Timestamp | null;
  cwd?: string | null;
  id: string;
  /** The lane that works on it. */
  laneId?: string | null;
  lineage: LineageView;
  model?: string | null;
  modelProvider?: string | null;
  /** The program that began it, in its own words; older binaries do not tell. */
  originator?: string | null;
  owner: OwnerView;
  /** Usually its first message. */
  preview?: string | null;
  /** Where it came from, for example `vscode`, `cli`, `exec`, `subAgent`, or the name that a client gave itself. */
  source: string;
  /** The same as one of the kinds that `sourceKinds` takes. */
  sourceKind: string;
  /** What it does in the bridge's app-server: `active` (a turn runs), `idle`, `notLoaded` (another process may have it, see `owner`), `systemError` or `unknown`. */
  status: string;
  surface: Surface;
  /** What it is called, where somebody named it. */
  title?: string | null;
  updatedAt?: Timestamp | null;
}

/** Reply of `GET /codex/threads`. */
export interface ThreadsView {
  /** Asks for the next page; `null` on the last one. */
  nextCursor?: string | null;
  /** Always `true`. */
  ok: boolean;
  /** Newest first. */
  threads: Array<ThreadView>;
}

/** What one look found. */
export interface Tick {
  /** Lanes that were looked at. */
  lookedAt: number;
  /** Lanes that are followed again, or whose workflow goes on. */
  resumed: Array<string>;
}

/** Reply of `POST /watch/tick`. */
export interface TickView {
  /** Always `true`. */
  ok: boolean;
  tick: Tick;
}

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

/** Why a tool has no result. */
export interface ToolError {
  /** `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`. */
  error_code: string;
  error_message: string;
  request_id: string;
  tool_name: string;
}

/** Reply of `POST /tools/invoke`. */
export interface ToolExecutionResult {
  /** Why there is none. */
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
  /** What the tool takes. */
  arguments?: Record<string, unknown> | null;
  /** Comes back with the result; made where there is none. */
  request_id?: string | null;
  /** One of `GET /tools/list`. */
  tool_name: string;
}

/** How Codex is reached. */
export type Transport = "app-server" | "cli";

/** Reply of the routes that change a running turn. */
export interface TurnChangedView {
  job: Job;
  /** Always `true`. */
  ok: boolean;
  threadId: string;
  turnId?: string | null;
}

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

/** Body of `POST /watch/start`. */
export interface WatchBody {
  /** Seconds between two looks, 1 to 86400. Default: as it is. */
  intervalSec?: number | null;
}

/** Reply of the watch routes. */
export interface WatchStatusView {
  /** Always `true`. */
  ok: boolean;
  watch: WatchView;
}

/** How the watcher stands. */
export interface WatchView {
  /** Seconds between two looks. */
  intervalSec: number;
  /** What went wrong with the last one. */
  lastError?: string | null;
  /** When it last looked. */
  lastTickAt?: Timestamp | null;
  /** Whether it looks by itself. */
  running: boolean;
  /** Looks since the bridge started. */
  ticks: number;
}

/** A webhook. Its secret is never shown. */
export interface Webhook {
  createdAt: Timestamp;
  /** Whether its owner wants events. While it is paused, they wait. */
  enabled: boolean;
  /** Which types it wants; `*` stands for anything. */
  events: Array<EventPattern>;
  /** Whether deliveries are signed. */
  hasSecret: boolean;
  /** `wh_…` */
  id: string;
  /** When a delivery last arrived. */
  lastDeliveryAt?: Timestamp | null;
  /** Why the last attempt failed; `null` once one succeeded. */
  lastError?: string | null;
  /** Since when nothing is sent although it is wanted; PATCH `enabled: true` goes on. */
  pausedAt?: Timestamp | null;
  /** Why: nothing arrived for a day (`keeps_failing`), or the receiver replied 410 (`gone`), which also disables. */
  pausedReason?: PausedReason | null;
  /** Which events it wants beyond their type. An empty list lets everything pass; all three must match. */
  scope: Scope;
  /** What the scope narrows; `global` for nothing. */
  scopeKinds: Array<ScopeKind>;
  /** When its owner changed it last. */
  updatedAt: Timestamp;
  /** Where its events are sent. */
  url: string;
}

/** Body of `POST /webhooks` (`url` and `events` are required) and of `PATCH /webhooks/{id}` (what is left out stays). */
export interface WebhookBody {
  /** Default of a new one: `true`. `true` also ends a pause. */
  enabled?: boolean | null;
  /** Event types, `*` standing for anything. */
  events?: Array<string> | null;
  /** Replaces the scope as a whole; `null` for all events. */
  scope?: ScopeBody | null;
  /** What deliveries are signed with, after Standard Webhooks: `whsec_` and the key as base64, or any text, whose bytes are the key then. `null` for none. Never shown again. */
  secret?: string | null;
  /** Where events are sent: https or http, without a user name. The address is checked whenever it is connected to: this machine and public addresses are allowed, private networks by the setting `codexBridge.webhooks.allowPrivateNetworks`, link-local ones never. */
  url?: string | null;
}

/** Reply of `DELETE /webhooks/{webhookId}`. */
export interface WebhookDeletedView {
  /** The webhook that was. */
  id: string;
  /** Always `true`. */
  ok: boolean;
}

/** One event on its way to one webhook. */
export interface WebhookDelivery {
  /** All attempts there were. */
  attemptCount: number;
  /** The last of them, oldest first. */
  attempts: Array<Attempt>;
  /** When it was made. */
  createdAt: Timestamp;
  /** `dlv_…`; also the `webhook-id` of every attempt. */
  deliveryId: string;
  /** When it arrived or was given up. */
  endedAt?: Timestamp | null;
  /** Why it was given up. */
  error?: string | null;
  /** The event. */
  eventId: number;
  /** `subscriptionId:eventId`. */
  eventKey: string;
  /** The event's type. */
  eventType: string;
  /** Failed attempts since it was made, or asked for again. */
  failures: number;
  /** Until when it is tried. */
  giveUpAt: Timestamp;
  /** When it is tried next; `null` when it is not. */
  nextAttemptAt?: Timestamp | null;
  /** Where it stands. */
  status: DeliveryStatus;
  /** The webhook. */
  subscriptionId: string;
}

/** A reply with one webhook. */
export interface WebhookReplyView {
  /** Always `true`. */
  ok: boolean;
  webhook: Webhook;
}

/** Reply of `POST /webhooks/{webhookId}/test`. */
export interface WebhookTestView {
  /** The event `webhook.test`; `GET /webhooks/{webhookId}/deliveries?eventId=` tells what becomes of it. */
  eventId: number;
  /** The `eventKey` in what the receiver gets. */
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

/** What is left to do of a workflow. */
export interface Workflow {
  /** The job that the kickoff becomes: chosen in advance, so that it is sent once. */
  kickoffJobId: string;
  /** The first instruction. */
  kickoffPrompt?: string | null;
}

/** What each operation takes and replies. */
export interface Operations {
  /** What the code context is and answers. */
  "GET /": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** Lists what Codex asked, newest first. */
  "GET /approvals": {
    path: {
    };
    query: {
      /** Only those older than this one: the last `approvalId` of the page before. */
      before?: string;
      /** Only those of this conversation. */
      conversationId?: string;
      /** Only those of this job. */
      jobId?: string;
      /** Only those of this lane. */
      laneId?: string;
      /** At most so many, 1 to 500. Default: 100. */
      limit?: number;
      /** Only those that stand so. `pending` ones wait for an answer. */
      status?: ApprovalStatus;
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** One approval. */
  "GET /approvals/{approvalId}": {
    path: {
      approvalId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalView;
  };
  /** Answers what Codex asked. Who answers first wins. */
  "POST /approvals/{approvalId}": {
    path: {
      approvalId: string;
    };
    query: {
    };
    body: ResolveBody;
    reply: ApprovalView;
  };
  /** The same as `GET /`. */
  "GET /capabilities": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** The threads that changed lately, with who has them. */
  "GET /codex/active": {
    path: {
    };
    query: {
      /** Only those that this program began, for example `Codex Desktop`. */
      originator?: string;
      /** Those that this program began come first. */
      preferOriginator?: string;
      /** Those of this surface come first: `mac-app`, `vscode`, `cli` or `any`. */
      preferredSurface?: string;
      /** Only those of this source, for example `vscode`, `cli`, `exec`. */
      source?: string;
      /** Only those of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: those that people began. */
      sourceKinds?: string;
      /** Only those of this surface: `mac-app`, `cli`, `vscode` or `unknown`. */
      surface?: string;
      /** How many seconds ago a thread may have changed last, at most 2592000 (30 days). Default: 900. */
      windowSec?: number;
    };
    body: undefined;
    reply: ActiveThreadsView;
  };
  /** The apps (connectors) that Codex can use. */
  "GET /codex/app/list": {
    path: {
    };
    query: {
      /** `nextCursor` of the page before. */
      cursor?: string;
      /** Ask the sources anew. */
      forceRefetch?: boolean;
      /** At most so many. */
      limit?: number;
      /** As this thread's configuration has them. */
      threadId?: string;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** The models that Codex offers. */
  "GET /codex/model/list": {
    path: {
    };
    query: {
      /** `nextCursor` of the page before. */
      cursor?: string;
      /** Also those that are not offered by default. */
      includeHidden?: boolean;
      /** At most so many. */
      limit?: number;
      /** Those of this provider. */
      modelProvider?: string;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** Calls a method of Codex as it is, as far as the setting `codexBridge.rpc` allows. */
  "POST /codex/rpc": {
    path: {
    };
    query: {
    };
    body: RpcBody;
    reply: RpcView;
  };
  /** The Codex processes of this user and the threads that each has. Nothing is signalled or ended by that. */
  "GET /codex/running": {
    path: {
    };
    query: {
      /** Where processes are hidden: how many seconds ago a thread may have changed last. Default: 900. */
      windowSec?: number;
    };
    body: undefined;
    reply: RunningView;
  };
  /** The skills that Codex finds. */
  "GET /codex/skills/list": {
    path: {
    };
    query: {
      /** The skills of these folders, separated by commas. Default: those of the bridge's working folder. */
      cwds?: string;
      /** Look at the disk anew. */
      forceReload?: boolean;
    };
    body: undefined;
    reply: CodexListView;
  };
  /** Lists Codex's threads, newest first. A thread without any message is not listed, but shown by its id. */
  "GET /codex/threads": {
    path: {
    };
    query: {
      /** Only those that were put away (`true`), or only the others (`false`, the default). */
      archived?: boolean;
      /** `nextCursor` of the page before. */
      cursor?: string;
      /** Only those of this working folder. */
      cwd?: string;
      /** At most so many, 1 to 200. Default: 50. */
      limit?: number;
      /** Only the sub-agents of this thread; with `sourceKinds=subAgent`. */
      parentThreadId?: string;
      /** Only those whose title has this in it. */
      search?: string;
      /** Only those of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: those that people began. */
      sourceKinds?: string;
    };
    body: undefined;
    reply: ThreadsView;
  };
  /** The threads that the bridge has loaded. */
  "GET /codex/threads/loaded": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: LoadedThreadsView;
  };
  /** Makes a thread that has a title and no turn yet. It is stored, and nobody holds it. */
  "POST /codex/threads/start": {
    path: {
    };
    query: {
    };
    body: StartThreadBody;
    reply: OneThreadView;
  };
  /** One thread. */
  "GET /codex/threads/{threadId}": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneThreadView;
  };
  /** Puts a thread away: lists no longer have it. */
  "POST /codex/threads/{threadId}/archive": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Replaces what the model sees of the history by a summary; replies when that is done. */
  "POST /codex/threads/{threadId}/compact": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** The same as `compact`, under Codex's own name. */
  "POST /codex/threads/{threadId}/compact/start": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Makes a copy of a thread, which goes its own way. Possible at any time, whoever owns the original. */
  "POST /codex/threads/{threadId}/fork": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: ForkThreadBody;
    reply: OneThreadView;
  };
  /** Takes turns back from the end of a thread. Files stay as they are. */
  "POST /codex/threads/{threadId}/rollback": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: RollBackThreadBody;
    reply: ChangedThreadView;
  };
  /** Ends the turn that runs. Its job fails with the code `cancelled`. */
  "POST /codex/threads/{threadId}/turns/interrupt": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: InterruptTurnBody;
    reply: TurnChangedView;
  };
  /** Starts a turn, as a job: at once, behind the turn that runs, or in the process that owns the thread. */
  "POST /codex/threads/{threadId}/turns/start": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: StartTurnBody;
    reply: SentView;
  };
  /** Adds words to the turn that runs. */
  "POST /codex/threads/{threadId}/turns/steer": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: SteerTurnBody;
    reply: TurnChangedView;
  };
  /** Takes a thread back out. */
  "POST /codex/threads/{threadId}/unarchive": {
    path: {
      threadId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedThreadView;
  };
  /** Makes or takes over a lane, starts its session, makes its thread, and sends the first instruction. */
  "POST /codex/workflows/start-visible": {
    path: {
    };
    query: {
    };
    body: StartVisibleBody;
    reply: StartedView;
  };
  /** Lists Codex's history, newest first, with who holds each conversation. */
  "GET /conversations": {
    path: {
    };
    query: {
      /** Only those that were put away (`true`), or only the others (`false`, the default). */
      archived?: boolean;
      /** `nextCursor` of the page before. */
      cursor?: string;
      /** Only those of this working folder. */
      cwd?: string;
      /** At most so many, 1 to 100. Default: 50. */
      limit?: number;
      /** Only those whose title has this in it. */
      search?: string;
      /** Only those of these sources, for example `vscode,cli,exec`. Default: those that people see. */
      source?: string;
    };
    body: undefined;
    reply: ConversationsView;
  };
  /** Starts a conversation with a first message, or opens a blank draft. */
  "POST /conversations": {
    path: {
    };
    query: {
    };
    body: MessageBody;
    reply: CreatedView;
  };
  /** The conversation whose tab has the focus. */
  "GET /conversations/current": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: CurrentConversationView;
  };
  /** Sends a message to the conversation whose tab has the focus. */
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
  /** One conversation with its turns and their items. */
  "GET /conversations/{conversationId}": {
    path: {
      conversationId: string;
    };
    query: {
      /** Whether the turns with their items come along. Default: yes. */
      turns?: boolean;
    };
    body: undefined;
    reply: OneConversationView;
  };
  /** Puts a conversation away: the history no longer lists it. */
  "POST /conversations/{conversationId}/archive": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Replaces what the model sees of the history by a summary; replies when that is done. */
  "POST /conversations/{conversationId}/compact": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Makes a copy of a conversation, which goes its own way. Possible at any time, whoever owns the original. */
  "POST /conversations/{conversationId}/fork": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: ForkBody;
    reply: ForkedView;
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
  /** Shows a conversation in the editor. */
  "POST /conversations/{conversationId}/open": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: OpenBody;
    reply: OpenedView;
  };
  /** Lists the messages that wait: behind a running turn of the bridge, and with the process that has the conversation. */
  "GET /conversations/{conversationId}/queue": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: undefined;
    reply: QueueView;
  };
  /** Takes a message that waits out of the queue. Its job fails with the code `cancelled`. */
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
  /** Replaces the words of a message that waits. */
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
  /** Makes sure that the bridge does not hold a conversation, so that others can open it. It holds none while no turn of it runs. */
  "POST /conversations/{conversationId}/release": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Gives a conversation a title. */
  "POST /conversations/{conversationId}/rename": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: RenameBody;
    reply: ChangedView;
  };
  /** Takes turns back from the end of a conversation. Files stay as they are. */
  "POST /conversations/{conversationId}/rollback": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: RollBackBody;
    reply: ChangedView;
  };
  /** Takes a conversation back out. */
  "POST /conversations/{conversationId}/unarchive": {
    path: {
      conversationId: string;
    };
    query: {
    };
    body: NoBody;
    reply: ChangedView;
  };
  /** Makes a link that opens the dashboard and signs the browser in, once, within a few minutes. */
  "POST /dashboard/links": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: DashboardLinkView;
  };
  /** Signs this browser out. Streams that it listens to end. */
  "DELETE /dashboard/session": {
    path: {
    };
    query: {
      /** The path that the browser was signed in with. Default: `/`. */
      path?: string;
    };
    body: undefined;
    reply: BrowserSessionView;
  };
  /** Tells whether this browser is signed in. */
  "GET /dashboard/session": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: BrowserSessionView;
  };
  /** Signs a browser in with the code of a link: the reply sets a cookie that scripts cannot read. */
  "POST /dashboard/session": {
    path: {
    };
    query: {
    };
    body: SignInBody;
    reply: BrowserSessionView;
  };
  /** Makes up the good end of a lane's work, with the events of one. */
  "POST /debug/complete": {
    path: {
    };
    query: {
    };
    body: MadeUpEndBody;
    reply: MadeUpEndView;
  };
  /** Clears lanes that say that they work although nothing does. */
  "POST /debug/reconcile-stale": {
    path: {
    };
    query: {
    };
    body: ReconcileBody;
    reply: ReconciledView;
  };
  /** Makes up an approval for a lane, which is recorded, shown and answered as if Codex had asked. */
  "POST /debug/request-approval": {
    path: {
    };
    query: {
    };
    body: MadeUpApprovalBody;
    reply: MadeUpApprovalView;
  };
  /** Whether the bridge runs, what it works with, and how many jobs there are. */
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
      /** Only jobs older than this one: the last `jobId` of the page before. */
      before?: string;
      /** Only jobs of this conversation. */
      conversationId?: string;
      /** Only jobs of this lane. */
      laneId?: string;
      /** At most so many, 1 to 1000. Default: 1000. */
      limit?: number;
      /** Only jobs with this in their message, their folder or one of their ids; ASCII letters in either case. */
      search?: string;
      /** Only jobs in this state. */
      status?: JobStatus;
    };
    body: undefined;
    reply: JobsView;
  };
  /** How many jobs there were in each of 48 periods, and the tokens of their turns. */
  "GET /jobs/statistics": {
    path: {
    };
    query: {
      /** How far back, 1 to 720. Default: 24. */
      hours?: number;
    };
    body: undefined;
    reply: JobStatisticsView;
  };
  /** One job; with `waitMs` as soon as it has ended. */
  "GET /jobs/{jobId}": {
    path: {
      jobId: string;
    };
    query: {
      /** Hold the reply until the job ends, for at most so many milliseconds (up to 55000). */
      waitMs?: number;
    };
    body: undefined;
    reply: JobView;
  };
  /** Lists what Codex asked for a job, newest first. */
  "GET /jobs/{jobId}/approvals": {
    path: {
      jobId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** Ends a job: takes it out of its queue, or interrupts its turn. It fails with the code `cancelled`. */
  "POST /jobs/{jobId}/cancel": {
    path: {
      jobId: string;
    };
    query: {
    };
    body: undefined;
    reply: JobView;
  };
  /** Adds words to the running turn of a job. */
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
      /** At most so many, 1 to 1000. Default: 1000. */
      limit?: number;
      /** Only lanes of this project. */
      projectId?: string;
      /** Only lanes that stand so. */
      status?: LaneStatus;
      /** Only the lane of this thread. */
      threadId?: string;
    };
    body: undefined;
    reply: LanesView;
  };
  /** Makes a lane. Nothing of Codex is started by that. */
  "POST /lanes": {
    path: {
    };
    query: {
    };
    body: LaneBody;
    reply: LaneView;
  };
  /** Makes a lane for a thread that exists. */
  "POST /lanes/attach": {
    path: {
    };
    query: {
    };
    body: LaneBody;
    reply: LaneView;
  };
  /** Deletes many lanes at once. */
  "POST /lanes/cleanup": {
    path: {
    };
    query: {
    };
    body: CleanupBody;
    reply: CleanedUpView;
  };
  /** Lists the sessions that run. */
  "GET /lanes/sessions": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: SessionsView;
  };
  /** Forgets a lane: ends its session, and removes its worktree unless that holds work. Its thread stays with Codex. */
  "DELETE /lanes/{laneId}": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: DeletedView;
  };
  /** One lane. */
  "GET /lanes/{laneId}": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: LaneView;
  };
  /** Lists what Codex asked for a lane, newest first. */
  "GET /lanes/{laneId}/approvals": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: ApprovalsView;
  };
  /** Approves what Codex asked for a lane, this once. */
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
  /** Denies what Codex asked for a lane. */
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
  /** A lane's events from its beginning, and then as they happen. */
  "GET /lanes/{laneId}/events": {
    path: {
      laneId: string;
    };
    query: {
      /** Only what came after this `eventId`. Default: 0, everything. The header `Last-Event-ID` goes first. */
      after?: number;
      /** Only these types: a list with commas, `*` standing for anything. */
      type?: string;
    };
    body: undefined;
    reply: EventPageView;
  };
  /** Interrupts a lane's turn. */
  "POST /lanes/{laneId}/interrupt": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: LaneView;
  };
  /** Sends an instruction to a lane, as a turn of its own. Starts its session, and makes its thread, where there is none. */
  "POST /lanes/{laneId}/prompt": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: InputBody;
    reply: PromptedView;
  };
  /** Starts a lane's session, and loads its thread there. One that runs stays as it is. */
  "POST /lanes/{laneId}/session/start": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** How a lane's session stands. */
  "GET /lanes/{laneId}/session/status": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** Ends a lane's session; interrupts its turn first. */
  "POST /lanes/{laneId}/session/stop": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: undefined;
    reply: OneSessionView;
  };
  /** Adds words to a lane's running turn. */
  "POST /lanes/{laneId}/steer": {
    path: {
      laneId: string;
    };
    query: {
    };
    body: InputBody;
    reply: LaneSteeredView;
  };
  /** Brings a lane up to date with its thread. */
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
  /** Who said that they are there. */
  "GET /sessions": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: CallersView;
  };
  /** Says that somebody goes: `{session_id}`. */
  "POST /sessions/close": {
    path: {
    };
    query: {
    };
    body: Record<string, unknown>;
    reply: ClosedView;
  };
  /** What the bridge is made of, how it is, and the settings in force. */
  "GET /system": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: SystemView;
  };
  /** The last lines of this process's log. */
  "GET /system/log": {
    path: {
    };
    query: {
      /** Only lines after the one of this number. */
      after?: number;
      /** At most so many, 1 to 1000, the newest ones. Default: 200. */
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
  /** The tools with what they take. */
  "GET /tools/list": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: Record<string, unknown>;
  };
  /** Lets the watcher look by itself. */
  "POST /watch/start": {
    path: {
    };
    query: {
    };
    body: WatchBody;
    reply: WatchStatusView;
  };
  /** How the watcher stands. */
  "GET /watch/status": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WatchStatusView;
  };
  /** Lets the watcher look no longer by itself. */
  "POST /watch/stop": {
    path: {
    };
    query: {
    };
    body: undefined;
    reply: WatchStatusView;
  };
  /** Looks at all lanes now. */
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
  /** Adds a webhook: every recorded event from now on that it wants is sent to it, at least once. */
  "POST /webhooks": {
    path: {
    };
    query: {
    };
    body: WebhookBody;
    reply: WebhookReplyView;
  };
  /** Tells which of the newest recorded events a webhook of these events and this scope would have been sent. Changes nothing. */
  "POST /webhooks/preview": {
    path: {
    };
    query: {
    };
    body: PreviewBody;
    reply: PreviewView;
  };
  /** Removes a webhook, with what is on its way to it. */
  "DELETE /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: WebhookDeletedView;
  };
  /** One webhook. */
  "GET /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: undefined;
    reply: WebhookReplyView;
  };
  /** Changes a webhook. What is left out stays. */
  "PATCH /webhooks/{webhookId}": {
    path: {
      webhookId: string;
    };
    query: {
    };
    body: WebhookBody;
    reply: WebhookReplyView;
  };
  /** Lists what was sent to a webhook and what waits, with all attempts, newest event first. */
  "GET /webhooks/{webhookId}/deliveries": {
    path: {
      webhookId: string;
    };
    query: {
      /** Only those older than this one: the last `deliveryId` of the page before. */
      before?: string;
      /** Only that of this event. */
      eventId?: number;
      /** At most so many, 1 to 500. Default: 100. */
      limit?: number;
      /** Only those that stand so. */
      status?: DeliveryStatus;
    };
    body: undefined;
    reply: DeliveriesView;
  };
  /** Sends a delivery again, whatever became of it, for another day. */
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
  /** Sends an event `webhook.test` the way that all events go, to this webhook only. */
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
