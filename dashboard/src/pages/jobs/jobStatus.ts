import type { Job } from "../../api/schemas";

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
  return job.status === "starting" && job.delivery === "queued" ? "queued" : job.status;
}
