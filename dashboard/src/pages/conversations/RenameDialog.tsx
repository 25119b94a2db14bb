import { Dialog } from "@base-ui/react/dialog";
import { useQueryClient } from "@tanstack/react-query";

import { call } from "../../api/client";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { useForm } from "../../components/useForm";

export function RenameDialog(props: { conversationId: string; title: string; close: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ title: props.title }, async (body) => {
    await call("POST /conversations/{conversationId}/rename", {
      path: { conversationId: props.conversationId },
      body,
    });
    await queries.invalidateQueries({ queryKey: ["conversation", props.conversationId] });
    props.close();
  });
  return (
    <Dialog.Root open onOpenChange={(open) => !open && props.close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" render={<form onSubmit={form.submit} />}>
          <Dialog.Title>Rename conversation</Dialog.Title>
          <Field label="Title">
            <input className="input" {...form.field("title")} />
          </Field>
          <ErrorNote error={form.error} />
          <div className="actions">
            <button type="submit" className="button primary" disabled={form.isPending}>
              Rename
            </button>
            <Dialog.Close className="button">Cancel</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
