import { Cup, Tea } from "./price";

/** What ä customer wants to buy. */
export function total(): number {
  const pick = { tea: new Tea(), cups: [new Cup()] };
  /* ä */ const first = pick.cups[0]!.price();
  return first + pick.tea.price();
}
