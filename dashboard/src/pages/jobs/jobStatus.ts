import type { Job, Outcome } from "../../api/schemas";

/** How a job ended, or its status until then. */
export type JobState = "starting" | "running" | Outcome;

export function jobState(job: Job): JobState {
  return job.outcome ?? (job.status === "starting" ? "starting" : "running");
}

export function isActive({ status }: Job): boolean {
  return status === "running" || status === "starting";
}

/**
 * Returns the status to show. An active job that waits for an approval or in a queue is not shown as running.
 */
export function jobStatus(job: Job): string {
  if (isActive(job) && (job.waitingOn?.length ?? 0) > 0) {
    return "needs_approval";
  }
  return job.status === "starting" && job.delivery === "queued" ? "queued" : jobState(job);
}
