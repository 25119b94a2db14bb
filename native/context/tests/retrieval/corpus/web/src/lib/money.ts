/** An amount of cents as a price with its currency. */
export function formatPrice(cents: number, currency = "EUR"): string {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(cents / 100);
}
