/** What the addon (crate native/addon, napi-rs 3) will export. Written by the Rust side; the extension is written against it. */
export interface BridgeOptions {
  host: string
  port: number                    // 0 = any free port
  authToken?: string
  requestTimeoutMs: number
  tabTimeoutMs: number
  allowedOrigins: string[]        // codexBridge.allowedOrigins
  historyDaysMax: number          // codexBridge.historyDaysMax (default 30)
  historyJobsMax: number          // codexBridge.historyJobsMax (default 10000)
  dataFolder: string              // context.globalStorageUri.fsPath
  codexPath?: string              // codexBridge.codexPath: explicit executable
  chatgptCliExecutable?: string   // chatgpt.cliExecutable, USER scope only (inspect().globalValue)
  chatgptExtensionFolder?: string // vscode.extensions.getExtension("openai.chatgpt")?.extensionPath
  workspaceFolders: string[]
  extensionVersion: string
}
export interface ConversationTab {
  conversationId: string
  title: string
  isActive: boolean
  viewColumn: number
  groupIndex: number
  tabIndex: number
  uri: string                     // openai-codex://route/local/<conversationId>
}
export interface HostCallbacks {
  /** All open conversation tabs. */
  openConversations: () => Promise<Array<ConversationTab>>
  /** The conversation tab that is active in the active group, or null. */
  currentConversation: () => Promise<ConversationTab | null>
  /** Opens or focuses the tab and resolves when it is there; rejects with a message a person can act on. */
  revealConversation: (request: { conversationId: string, timeoutMs: number }) => Promise<ConversationTab>
  /** Opens a blank draft (chatgpt.newCodexPanel); resolves when the command returned. */
  openDraft: () => Promise<void>
  /** One log line for the output channel. level: error | warn | info | debug | trace */
  log: (line: { level: string, message: string }) => void
  /** Number of unfinished jobs, sent when it changes. */
  runningJobsChanged: (running: number) => void
}
/** Starts the bridge; rejects with a message that says what to do. */
export declare function startBridge(options: BridgeOptions, host: HostCallbacks): Promise<Bridge>
export declare class Bridge {
  get url(): string
  /** The body of GET /health. */
  health(): Promise<any>
  setWorkspaceFolders(folders: string[]): void
  /** Ends every job truthfully, stops the app-server, frees the port; at most 4 s. Idempotent. */
  stop(): Promise<void>
}
