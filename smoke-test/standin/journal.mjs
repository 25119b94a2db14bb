import { appendFileSync } from "node:fs";

/**
 * Records the actions of the stand-in on conversations as JSON lines in the file that
 * `CHATGPT_STANDIN_JOURNAL` names. The tests read there whether two processes tried to own the same
 * conversation.
 */
export class Journal {
  #file = process.env["CHATGPT_STANDIN_JOURNAL"];

  /** @param {{ event: "resumed" | "refused" | "closed", conversationId: string, reason?: string }} entry */
  write(entry) {
    if (this.#file !== undefined) {
      appendFileSync(this.#file, `${JSON.stringify({ at: Date.now(), hostPid: process.pid, ...entry })}\n`);
    }
  }
}
