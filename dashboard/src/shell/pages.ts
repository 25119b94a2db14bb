// The pages that the navigation and the command menu list.

import {
  Activity,
  Boxes,
  Code,
  GitBranch,
  LayoutDashboard,
  type LucideIcon,
  MessagesSquare,
  Network,
  Settings2,
  Webhook,
} from "lucide-react";

export interface PageLink {
  to:
    | "/"
    | "/jobs"
    | "/conversations"
    | "/lanes"
    | "/threads"
    | "/webhooks"
    | "/topology"
    | "/context"
    | "/system";
  label: string;
  icon: LucideIcon;
  /** The key that opens the page when pressed after `g`. */
  key: string;
}

export const pages: PageLink[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard, key: "o" },
  { to: "/jobs", label: "Jobs", icon: Activity, key: "j" },
  { to: "/conversations", label: "Conversations", icon: MessagesSquare, key: "c" },
  { to: "/lanes", label: "Lanes", icon: Boxes, key: "l" },
  { to: "/threads", label: "Threads", icon: GitBranch, key: "t" },
  { to: "/webhooks", label: "Webhooks", icon: Webhook, key: "w" },
  { to: "/topology", label: "Topology", icon: Network, key: "y" },
  { to: "/context", label: "Context", icon: Code, key: "x" },
  { to: "/system", label: "System", icon: Settings2, key: "s" },
];
