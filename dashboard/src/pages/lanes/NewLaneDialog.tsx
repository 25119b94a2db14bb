import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { call, type Body } from "../../api/client";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";

const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

/** Makes a lane; with a first instruction it begins at once. */
export function NewLaneDialog({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [form, setForm] = useState({ title: "", laneId: "", repoRoot: "", kickoffPrompt: "", criteria: "", checks: "" });
  const [worktree, setWorktree] = useState(false);
  const create = useMutation({
    mutationFn: () => {
      const body: Body<"POST /lanes"> = {
        ...(form.title && { title: form.title }),
        ...(form.laneId && { laneId: form.laneId }),
        ...(form.repoRoot && { repoRoot: form.repoRoot }),
        worktree,
        acceptanceCriteria: lines(form.criteria),
        verificationCommands: lines(form.checks),
      };
      return form.kickoffPrompt === ""
        ? call("POST /lanes", { body })
        : call("POST /codex/workflows/start-visible", { body: { ...body, kickoffPrompt: form.kickoffPrompt } });
    },
    onSuccess: async ({ lane }) => {
      await queries.invalidateQueries({ queryKey: ["lanes"] });
      close();
      await navigate({ to: "/lanes/$laneId", params: { laneId: lane.laneId } });
    },
  });
  const set = (field: keyof typeof form) => (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" render={<form onSubmit={submit} />}>
          <Dialog.Title>New lane</Dialog.Title>
          <Field label="Title">
            <input className="input" value={form.title} onChange={set("title")} />
          </Field>
          <Field label="Id" hint="Letters, digits, dots, _ and -. Left out: one is made.">
            <input className="input mono" value={form.laneId} onChange={set("laneId")} />
          </Field>
          <Field label="Folder" hint="An absolute path. Left out: the folder of the bridge.">
            <input className="input mono" value={form.repoRoot} onChange={set("repoRoot")} />
          </Field>
          <label className="checkbox">
            <input type="checkbox" checked={worktree} onChange={(event) => setWorktree(event.target.checked)} /> A git worktree of its own
          </label>
          <Field label="First instruction" hint="Left out: the lane waits for one.">
            <textarea rows={3} value={form.kickoffPrompt} onChange={set("kickoffPrompt")} />
          </Field>
          <Field label="Acceptance criteria" hint="One a line; part of each instruction.">
            <textarea rows={2} value={form.criteria} onChange={set("criteria")} />
          </Field>
          <Field label="Verification commands" hint="One a line; each must exit with 0 after each turn.">
            <textarea rows={2} className="mono" value={form.checks} onChange={set("checks")} />
          </Field>
          <ErrorNote error={create.error} />
          <div className="actions">
            <button type="submit" className="button primary" disabled={create.isPending}>
              Create
            </button>
            <Dialog.Close className="button">Discard</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
