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

/** Every status that the API has, with its words: never told by colour alone. */
const looks: Record<string, [Tone, LucideIcon, string]> = {
  starting: ["active", LoaderCircle, "starting"],
  queued: ["neutral", CircleDashed, "queued"],
  running: ["active", LoaderCircle, "running"],
  verifying: ["active", LoaderCircle, "verifying"],
  inProgress: ["active", LoaderCircle, "in progress"],
  in_progress: ["active", LoaderCircle, "in progress"],
  needs_approval: ["warning", CirclePause, "waits for you"],
  pending: ["warning", CirclePause, "waits"],
  completed: ["good", CircleCheck, "completed"],
  done: ["good", CircleCheck, "done"],
  delivered: ["good", CircleCheck, "delivered"],
  approved: ["good", CircleCheck, "approved"],
  answered: ["good", CircleCheck, "answered"],
  good: ["good", CircleCheck, "good"],
  ready: ["good", CircleCheck, "ready"],
  warning: ["warning", CircleHelp, "look"],
  blocked: ["warning", CirclePause, "blocked"],
  paused: ["warning", CirclePause, "paused"],
  failed: ["bad", CircleX, "failed"],
  bad: ["bad", CircleX, "bad"],
  denied: ["bad", Ban, "denied"],
  declined: ["bad", Ban, "declined"],
  cancelled: ["neutral", Ban, "cancelled"],
  interrupted: ["neutral", Ban, "interrupted"],
  expired: ["neutral", Ban, "expired"],
  idle: ["neutral", CircleDashed, "idle"],
  disabled: ["neutral", Ban, "disabled"],
  stopped: ["neutral", CircleDashed, "stopped"],
  pending_step: ["neutral", CircleDashed, "to do"],
};

export function Status({ status, words }: { status: string; words?: string }) {
  const [tone, Icon, usual] = looks[status] ?? ["neutral", CircleHelp, status];
  return (
    <span className={`status ${tone}`}>
      <Icon aria-hidden className={tone === "active" ? "spins" : undefined} />
      {words ?? usual}
    </span>
  );
}
