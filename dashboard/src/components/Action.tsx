// Buttons that ask the bridge for something, and say beside themselves what it answered.

import { Dialog } from "@base-ui/react/dialog";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { ErrorNote } from "./ErrorNote";

interface ActionProps {
  label: ReactNode;
  /** Where it resolves with a text, that is said beside the buttons. */
  run: () => Promise<unknown>;
  className?: string;
  disabled?: boolean;
  /** Asked before; what will happen. */
  confirm?: string;
  title?: string;
}

/** Several of them; what became of the last one is said below all. */
export function Actions({ actions }: { actions: ActionProps[] }) {
  const [asked, setAsked] = useState<ActionProps>();
  const mutation = useMutation({ mutationFn: (action: ActionProps) => action.run() });
  const start = (action: ActionProps) =>
    action.confirm === undefined ? mutation.mutate(action) : setAsked(action);
  return (
    <div className="action-group">
      <div className="actions">
        {actions.map((action, index) => (
          <button
            key={index}
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
      <Dialog.Root open={asked !== undefined} onOpenChange={(open) => !open && setAsked(undefined)}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog">
            <Dialog.Title>{asked?.label}?</Dialog.Title>
            <Dialog.Description>{asked?.confirm}</Dialog.Description>
            <div className="actions">
              <button
                type="button"
                className="button primary"
                onClick={() => {
                  setAsked(undefined);
                  if (asked !== undefined) {
                    mutation.mutate(asked);
                  }
                }}
              >
                {asked?.label}
              </button>
              <Dialog.Close className="button">Keep as it is</Dialog.Close>
            </div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  );
}
