import { Dialog } from "@base-ui/react/dialog";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { type Body, call } from "../../api/client";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { useForm } from "../../components/useForm";

const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

/** Renders the form that creates a lane. A lane with a first prompt starts immediately. */
export function NewLaneDialog({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const empty = {
    title: "",
    laneId: "",
    repoRoot: "",
    worktree: false,
    kickoffPrompt: "",
    criteria: "",
    checks: "",
  };
  const form = useForm(
    empty,
    async ({ title, laneId, repoRoot, worktree, kickoffPrompt, criteria, checks }) => {
      const body: Body<"POST /lanes"> = {
        ...(title && { title }),
        ...(laneId && { laneId }),
        ...(repoRoot && { repoRoot }),
        worktree,
        acceptanceCriteria: lines(criteria),
        verificationCommands: lines(checks),
      };
      const { lane } = await (kickoffPrompt === ""
        ? call("POST /lanes", { body })
        : call("POST /codex/workflows/start-visible", { body: { ...body, kickoffPrompt } }));
      await queries.invalidateQueries({ queryKey: ["lanes"] });
      close();
      await navigate({ to: "/lanes/$laneId", params: { laneId: lane.laneId } });
    },
  );
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" render={<form onSubmit={form.submit} />}>
          <Dialog.Title>New lane</Dialog.Title>
          <Field label="Title">
            <input className="input" {...form.field("title")} />
          </Field>
          <Field label="ID" hint="Letters, digits, dots, underscores, and hyphens. Default: a generated ID.">
            <input className="input mono" {...form.field("laneId")} />
          </Field>
          <Field label="Directory" hint="An absolute path. Default: the bridge’s directory.">
            <input className="input mono" {...form.field("repoRoot")} />
          </Field>
          <label className="checkbox">
            <input
              type="checkbox"
              checked={form.values.worktree}
              onChange={(event) => form.set({ worktree: event.target.checked })}
            />{" "}
            Create a git worktree for the lane
          </label>
          <Field label="First prompt" hint="Without one, the lane stays idle.">
            <textarea rows={3} {...form.field("kickoffPrompt")} />
          </Field>
          <Field label="Acceptance criteria" hint="One per line. Sent with each prompt.">
            <textarea rows={2} {...form.field("criteria")} />
          </Field>
          <Field
            label="Verification commands"
            hint="One per line. They run after each turn and must exit with status 0."
          >
            <textarea rows={2} className="mono" {...form.field("checks")} />
          </Field>
          <ErrorNote error={form.error} />
          <div className="actions">
            <button type="submit" className="button primary" disabled={form.isPending}>
              Create lane
            </button>
            <Dialog.Close className="button">Cancel</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
