import { Status } from "../../components/Status";

/**
 * Renders an agent's plan in the form that Codex sends: `{explanation, plan: [{step, status}]}`. After its
 * turn, a step that is not completed is not in progress either.
 */
export function Plan({ plan, isOver }: { plan: Record<string, unknown>; isOver: boolean }) {
  const steps = Array.isArray(plan["plan"]) ? plan["plan"] : [];
  return (
    <div className="stack">
      {typeof plan["explanation"] === "string" && <p>{plan["explanation"]}</p>}
      <ol className="plan">
        {steps.map((step, index) => {
          const status = String(step?.status ?? "pending");
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step has no other identity.
            <li key={index}>
              {isOver && status !== "completed" ? (
                <Status status="stopped" label="not completed" />
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
