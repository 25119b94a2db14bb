import type * as vscode from "vscode";

import type { HostCallbacks } from "./addon";
import type { Approvals } from "./approvals";
import { currentConversation, openConversations, openDraft, revealConversation } from "./conversationTabs";
import type { IndexingStatus } from "./indexing";
import * as languageServers from "./languageServers";
import { unsavedTexts } from "./unsavedTexts";

/** Returns the functions of this window that the native core calls. */
export function hostCallbacks(
  log: vscode.LogOutputChannel,
  approvals: Approvals,
  indexingStatus: IndexingStatus,
  runningJobsChanged: (running: number) => void,
): HostCallbacks {
  return {
    openConversations: () => Promise.resolve(openConversations()),
    currentConversation: () => Promise.resolve(currentConversation()),
    revealConversation,
    openDraft,
    askApproval: (request) => approvals.ask(request),
    approvalResolved: (approval) => Promise.resolve(approvals.resolved(approval)),
    log: ({ level, message }) => log[level](message),
    runningJobsChanged,
    indexProgressChanged: (progress) => indexingStatus.show(progress),
    code: { ...languageServers, unsaved: unsavedTexts },
  };
}
