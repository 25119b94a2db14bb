import { Link } from "@tanstack/react-router";

import { Drawer } from "../../components/Drawer";
import { Facts } from "../../components/Facts";
import { Status } from "../../components/Status";
import type { TopologyItem } from "./graph";

/** Renders the details of a node. */
export function Details({ item, close }: { item: TopologyItem; close: () => void }) {
  return (
    <Drawer title={`${item.kind}: ${item.label}`} close={close}>
      {item.status && <Status status={item.status} />}
      <Facts facts={item.facts.map(([name, value]) => ({ name, value, mono: true }))} />
      {item.page && <Open page={item.page} />}
    </Drawer>
  );
}

function Open({ page: { to, id } }: { page: NonNullable<TopologyItem["page"]> }) {
  switch (to) {
    case "/lanes/$laneId":
      return (
        <Link className="button" to={to} params={{ laneId: id }}>
          Open lane
        </Link>
      );
    case "/conversations/$conversationId":
      return (
        <Link className="button" to={to} params={{ conversationId: id }}>
          Open conversation
        </Link>
      );
    default:
      return (
        <Link className="button" to={to} params={{ webhookId: id }}>
          Open webhook
        </Link>
      );
  }
}
