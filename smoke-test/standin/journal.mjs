import { appendFileSync } from "node:fs";

/**
 * What the stand-in did with conversations, as JSON lines in the file that `CHATGPT_STANDIN_JOURNAL` names: the tests read
 * there whether two processes wanted the same conversation.
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
