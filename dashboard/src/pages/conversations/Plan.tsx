import { Status } from "../../components/Status";

/** An agent's plan, as Codex sends it: `{explanation, plan: [{step, status}]}`. */
export function Plan({ plan }: { plan: Record<string, unknown> }) {
  const steps = Array.isArray(plan["plan"]) ? plan["plan"] : [];
  return (
    <div className="stack">
      {typeof plan["explanation"] === "string" && <p>{plan["explanation"]}</p>}
      <ol className="plan">
        {steps.map((step, index) => {
          const status = String(step?.status ?? "pending");
          return (
            <li key={index}>
              <Status status={status === "pending" ? "pending_step" : status} />
              <span>{String(step?.step ?? "")}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
