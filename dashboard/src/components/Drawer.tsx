import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

/** Renders details in a panel beside the page. Escape closes it. */
export function Drawer({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog.Root open modal={false} onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Popup className="drawer">
          <header className="section-head">
            <Dialog.Title className="wrap-anywhere">{title}</Dialog.Title>
            <Dialog.Close className="button">Close</Dialog.Close>
          </header>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
