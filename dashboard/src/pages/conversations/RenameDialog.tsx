import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { call } from "../../api/client";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";

export function RenameDialog(props: { conversationId: string; title: string; close: () => void }) {
  const queries = useQueryClient();
  const [title, setTitle] = useState(props.title);
  const rename = useMutation({
    mutationFn: () =>
      call("POST /conversations/{conversationId}/rename", { path: { conversationId: props.conversationId }, body: { title } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["conversation", props.conversationId] });
      props.close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && props.close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" render={<form onSubmit={submit} />}>
          <Dialog.Title>Rename the conversation</Dialog.Title>
          <Field label="Title">
            <input className="input" value={title} onChange={(event) => setTitle(event.target.value)} />
          </Field>
          <ErrorNote error={rename.error} />
          <div className="actions">
            <button type="submit" className="button primary" disabled={rename.isPending}>
              Rename
            </button>
            <Dialog.Close className="button">Keep as it is</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
