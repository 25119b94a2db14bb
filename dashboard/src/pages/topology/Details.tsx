import { Link } from "@tanstack/react-router";
import { Fragment } from "react";

import { Drawer } from "../../components/Drawer";
import { Status } from "../../components/Status";
import type { Thing } from "./graph";

export function Details({ thing, close }: { thing: Thing; close: () => void }) {
  return (
    <Drawer title={`${thing.kind}: ${thing.label}`} close={close}>
      {thing.status && <Status status={thing.status} />}
      <dl className="facts">
        {thing.facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </Fragment>
          ))}
      </dl>
      {thing.page && <Open page={thing.page} />}
    </Drawer>
  );
}

function Open({ page: { to, id } }: { page: NonNullable<Thing["page"]> }) {
  switch (to) {
    case "/lanes/$laneId":
      return (
        <Link className="button" to={to} params={{ laneId: id }}>
          Open the lane
        </Link>
      );
    case "/conversations/$conversationId":
      return (
        <Link className="button" to={to} params={{ conversationId: id }}>
          Open the conversation
        </Link>
      );
    default:
      return (
        <Link className="button" to={to} params={{ webhookId: id }}>
          Open the webhook
        </Link>
      );
  }
}
