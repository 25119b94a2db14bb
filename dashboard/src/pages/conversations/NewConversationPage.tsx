import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { call, type Body } from "../../api/client";
import type { ApprovalPolicyName, SandboxName } from "../../api/schemas";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { Page } from "../../components/Page";

const sandboxes: SandboxName[] = ["read-only", "workspace-write", "danger-full-access"];
const policies: ApprovalPolicyName[] = ["untrusted", "on-request", "never"];

export function NewConversationPage() {
  const navigate = useNavigate();
  const [form, setForm] = useState({ message: "", cwd: "", model: "", sandbox: "", approvalPolicy: "", title: "" });
  const models = useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => call("GET /codex/model/list", { signal }),
  });
  const start = useMutation({
    mutationFn: () => {
      const given = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ""));
      return call("POST /conversations", { body: given as Body<"POST /conversations"> });
    },
    onSuccess: async (reply) => {
      const id = "conversationId" in reply ? reply.conversationId : undefined;
      await (id ? navigate({ to: "/conversations/$conversationId", params: { conversationId: id } }) : navigate({ to: "/conversations" }));
    },
  });
  const set = (field: keyof typeof form) => (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <Page above={<Link to="/conversations">Conversations</Link>} title="New conversation">
      <form className="stack form" onSubmit={submit}>
        <Field label="Message" hint="What Codex shall do.">
          <textarea rows={6} autoFocus value={form.message} onChange={set("message")} />
        </Field>
        <Field label="Folder" hint="Where it works; an absolute path. Left out: the folder of the bridge.">
          <input className="input mono" value={form.cwd} onChange={set("cwd")} />
        </Field>
        <div className="field-row">
          <Field label="Sandbox" hint="What its commands may touch.">
            <select value={form.sandbox} onChange={set("sandbox")}>
              <option value="">as configured</option>
              {sandboxes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field label="Approvals" hint="When Codex asks you.">
            <select value={form.approvalPolicy} onChange={set("approvalPolicy")}>
              <option value="">as configured</option>
              {policies.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field label="Model" hint={models.isError ? models.error.message : "Left out: as configured."}>
            <input className="input" list="models" value={form.model} onChange={set("model")} />
          </Field>
        </div>
        <datalist id="models">
          {modelsOf(models.data).map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Field label="Title" hint="What it is called in lists. Left out: its first words.">
          <input className="input" value={form.title} onChange={set("title")} />
        </Field>
        <ErrorNote error={start.error} />
        <div className="actions">
          <button type="submit" className="button primary" disabled={start.isPending || form.message.trim() === ""}>
            Start
          </button>
        </div>
      </form>
    </Page>
  );
}

/** The names in Codex's list of models. */
function modelsOf(reply: unknown): string[] {
  const list = (reply as { data?: unknown } | undefined)?.data;
  return Array.isArray(list) ? list.flatMap((model) => (typeof model?.model === "string" ? [model.model] : typeof model?.id === "string" ? [model.id] : [])) : [];
}
