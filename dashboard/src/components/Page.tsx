import type { ReactNode } from "react";

/** Renders a page with its heading and the actions that apply to all of it. */
export function Page(props: {
  title: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Whether the page is exactly as high as the window, so that its content scrolls instead of the page. */
  fills?: boolean;
}) {
  return (
    <div className={props.fills ? "page fills" : "page"}>
      <header>
        <div className="page-title">
          {props.above !== undefined && <p className="small muted">{props.above}</p>}
          <h1>{props.title}</h1>
        </div>
        {props.actions}
      </header>
      {props.children}
    </div>
  );
}
