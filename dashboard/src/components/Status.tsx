import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  CircleX,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";

type Tone = "good" | "bad" | "warning" | "active" | "neutral";

/** Every status of the API with its tone, icon and label. Color alone never conveys a status. */
const appearances: Record<string, [Tone, LucideIcon, string]> = {
  starting: ["active", LoaderCircle, "starting"],
  queued: ["neutral", CircleDashed, "queued"],
  running: ["active", LoaderCircle, "running"],
  verifying: ["active", LoaderCircle, "verifying"],
  inProgress: ["active", LoaderCircle, "in progress"],
  in_progress: ["active", LoaderCircle, "in progress"],
  needs_approval: ["warning", CirclePause, "needs approval"],
  pending: ["warning", CirclePause, "pending"],
  completed: ["good", CircleCheck, "completed"],
  done: ["good", CircleCheck, "done"],
  delivered: ["good", CircleCheck, "delivered"],
  approved: ["good", CircleCheck, "approved"],
  answered: ["good", CircleCheck, "answered"],
  good: ["good", CircleCheck, "OK"],
  ready: ["good", CircleCheck, "ready"],
  warning: ["warning", CircleHelp, "warning"],
  blocked: ["warning", CirclePause, "blocked"],
  paused: ["warning", CirclePause, "paused"],
  failed: ["bad", CircleX, "failed"],
  bad: ["bad", CircleX, "error"],
  denied: ["bad", Ban, "denied"],
  declined: ["bad", Ban, "declined"],
  cancelled: ["neutral", Ban, "cancelled"],
  interrupted: ["neutral", Ban, "interrupted"],
  timed_out: ["bad", CircleX, "timed out"],
  expired: ["neutral", Ban, "expired"],
  idle: ["neutral", CircleDashed, "idle"],
  disabled: ["neutral", Ban, "disabled"],
  stopped: ["neutral", CircleDashed, "stopped"],
  pending_step: ["neutral", CircleDashed, "to do"],
};

export function Status({ status, label }: { status: string; label?: string }) {
  const [tone, Icon, usualLabel] = appearances[status] ?? ["neutral", CircleHelp, status];
  return (
    <span className={`status ${tone}`}>
      <Icon aria-hidden className={tone === "active" ? "spins" : undefined} />
      {label ?? usualLabel}
    </span>
  );
}
