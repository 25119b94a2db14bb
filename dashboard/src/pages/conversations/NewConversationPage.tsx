import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { type Body, call } from "../../api/client";
import type { ApprovalPolicyName, SandboxName } from "../../api/schemas";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { Page } from "../../components/Page";
import { useForm } from "../../components/useForm";

const sandboxes: SandboxName[] = ["read-only", "workspace-write", "danger-full-access"];
const policies: ApprovalPolicyName[] = ["untrusted", "on-request", "never"];

export function NewConversationPage() {
  const navigate = useNavigate();
  const models = useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => call("GET /codex/model/list", { signal }),
  });
  const empty = { message: "", cwd: "", model: "", sandbox: "", approvalPolicy: "", title: "" };
  const form = useForm(empty, async (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
    const reply = await call("POST /conversations", { body: given as Body<"POST /conversations"> });
    const id = "conversationId" in reply ? reply.conversationId : undefined;
    await (id
      ? navigate({ to: "/conversations/$conversationId", params: { conversationId: id } })
      : navigate({ to: "/conversations" }));
  });
  return (
    <Page above={<Link to="/conversations">Conversations</Link>} title="New conversation">
      <form className="stack form" onSubmit={form.submit}>
        <Field label="Message" hint="What should Codex do?">
          {/* biome-ignore lint/a11y/noAutofocus: writing this message is the purpose of the page. */}
          <textarea rows={6} autoFocus {...form.field("message")} />
        </Field>
        <Field
          label="Directory"
          hint="The working directory, as an absolute path. Default: the bridge’s directory."
        >
          <input className="input mono" {...form.field("cwd")} />
        </Field>
        <div className="field-row">
          <Field label="Sandbox" hint="What Codex’s commands may access.">
            <select {...form.field("sandbox")}>
              <option value="">Default</option>
              {sandboxes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field label="Approvals" hint="When Codex asks for your approval.">
            <select {...form.field("approvalPolicy")}>
              <option value="">Default</option>
              {policies.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field
            label="Model"
            hint={models.isError ? models.error.message : "Default: the model in Codex’s configuration."}
          >
            <input className="input" list="models" {...form.field("model")} />
          </Field>
        </div>
        <datalist id="models">
          {modelsOf(models.data).map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Field label="Title" hint="Shown in lists. Default: the beginning of the message.">
          <input className="input" {...form.field("title")} />
        </Field>
        <ErrorNote error={form.error} />
        <div className="actions">
          <button
            type="submit"
            className="button primary"
            disabled={form.isPending || form.values.message.trim() === ""}
          >
            Start conversation
          </button>
        </div>
      </form>
    </Page>
  );
}

/** Returns the names in Codex's list of models. */
function modelsOf(reply: unknown): string[] {
  const list = (reply as { data?: unknown } | undefined)?.data;
  return Array.isArray(list)
    ? list.flatMap((model) =>
        typeof model?.model === "string" ? [model.model] : typeof model?.id === "string" ? [model.id] : [],
      )
    : [];
}
