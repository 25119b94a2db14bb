import { useReducer } from "react";
import { formatPrice } from "../lib/money";

type Action = { type: "add"; id: string } | { type: "remove"; id: string };

function cartReducer(items: string[], action: Action): string[] {
  return action.type === "add" ? [...items, action.id] : items.filter((id) => id !== action.id);
}

/** The shopping cart with its lines and a button to pay. */
export function CartView({ onPay }: { onPay: () => void }) {
  const [items, dispatch] = useReducer(cartReducer, []);
  return (
    <section>
      {items.map((id) => (
        <button key={id} onClick={() => dispatch({ type: "remove", id })}>{id}</button>
      ))}
      <button onClick={onPay}>{formatPrice(items.length)}</button>
    </section>
  );
}
