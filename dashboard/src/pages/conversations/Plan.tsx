import { Status } from "../../components/Status";

/** An agent's plan, as Codex sends it: `{explanation, plan: [{step, status}]}`. When its turn is over, nothing of it is in progress. */
export function Plan({ plan, isOver }: { plan: Record<string, unknown>; isOver: boolean }) {
  const steps = Array.isArray(plan["plan"]) ? plan["plan"] : [];
  return (
    <div className="stack">
      {typeof plan["explanation"] === "string" && <p>{plan["explanation"]}</p>}
      <ol className="plan">
        {steps.map((step, index) => {
          const status = String(step?.status ?? "pending");
          return (
            <li key={index}>
              {isOver && status !== "completed" ? (
                <Status status="stopped" words="left open" />
              ) : (
                <Status status={status === "pending" ? "pending_step" : status} />
              )}
              <span>{String(step?.step ?? "")}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
