// Buttons that call the bridge and show its reply next to them.

import { Dialog } from "@base-ui/react/dialog";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ErrorNote } from "./ErrorNote";

interface Confirmation {
  /** Names the action in full, such as "Delete webhook". The dialog's title and its confirming button. */
  action: string;
  /** What happens when the user confirms. */
  consequence: string;
  /** The button that closes the dialog, where "Cancel" would be ambiguous. */
  dismiss?: string;
}

interface ActionProps {
  label: string;
  /** A promise that resolves with a string has that string shown next to the buttons. */
  run: () => Promise<unknown>;
  className?: string;
  disabled?: boolean;
  /** The dialog to show before the action runs. */
  confirm?: Confirmation;
  title?: string;
}

/** Renders a group of actions. The result of the last one appears below the buttons. */
export function Actions({ actions }: { actions: ActionProps[] }) {
  const [unconfirmed, setUnconfirmed] = useState<ActionProps>();
  const mutation = useMutation({ mutationFn: (action: ActionProps) => action.run() });
  const start = (action: ActionProps) =>
    action.confirm === undefined ? mutation.mutate(action) : setUnconfirmed(action);
  const confirm = unconfirmed?.confirm;
  return (
    <div className="action-group">
      <div className="actions">
        {actions.map((action) => (
          <button
            key={action.label}
            type="button"
            className={`button ${action.className ?? ""}`}
            disabled={(action.disabled ?? false) || mutation.isPending}
            title={action.title}
            onClick={() => start(action)}
          >
            {action.label}
          </button>
        ))}
      </div>
      <ErrorNote error={mutation.error} />
      <span className="small muted" role="status">
        {typeof mutation.data === "string" ? mutation.data : ""}
      </span>
      <Dialog.Root
        open={unconfirmed !== undefined}
        onOpenChange={(open) => !open && setUnconfirmed(undefined)}
      >
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog">
            <Dialog.Title>{confirm?.action}?</Dialog.Title>
            <Dialog.Description>{confirm?.consequence}</Dialog.Description>
            <div className="actions">
              <button
                type="button"
                className="button primary"
                onClick={() => {
                  setUnconfirmed(undefined);
                  if (unconfirmed !== undefined) {
                    mutation.mutate(unconfirmed);
                  }
                }}
              >
                {confirm?.action}
              </button>
              <Dialog.Close className="button">{confirm?.dismiss ?? "Cancel"}</Dialog.Close>
            </div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  );
}
