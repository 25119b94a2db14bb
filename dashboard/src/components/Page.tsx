import type { ReactNode } from "react";

/** A page with its heading and what can be done with all of it. */
export function Page(props: {
  title: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
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
