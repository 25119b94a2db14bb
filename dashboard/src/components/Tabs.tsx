import { Tabs as BaseTabs } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

/** Renders several views of one object, one at a time. */
export function Tabs(props: {
  label: string;
  tabs: { value: string; label: string; content: () => ReactNode }[];
  className?: string;
}) {
  return (
    <BaseTabs.Root defaultValue={props.tabs[0]?.value ?? ""} className={`tab-root ${props.className ?? ""}`}>
      <BaseTabs.List className="tabs" aria-label={props.label}>
        {props.tabs.map(({ value, label }) => (
          <BaseTabs.Tab key={value} value={value} className="tab">
            {label}
          </BaseTabs.Tab>
        ))}
      </BaseTabs.List>
      {props.tabs.map(({ value, content }) => (
        <BaseTabs.Panel key={value} value={value} className="tab-panel">
          {content()}
        </BaseTabs.Panel>
      ))}
    </BaseTabs.Root>
  );
}
