/** One bar of a series. Its parts are stacked. */
export interface Bar {
  /** Identifies the bar within its series. */
  key: string;
  /** The tooltip. */
  label: string;
  parts: { className: string; value: number }[];
}

const width = 480;
const height = 96;

/** Renders a bar chart over time. `summary` states its totals in words. */
export function Bars({ bars, summary }: { bars: Bar[]; summary: string }) {
  const total = (bar: Bar) => bar.parts.reduce((sum, { value }) => sum + value, 0);
  const max = Math.max(1, ...bars.map(total));
  const step = width / Math.max(1, bars.length);
  return (
    <figure className="bars">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={summary}>
        <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} className="axis" />
        {bars.map((bar, index) => {
          let top = height - 1;
          return (
            <g key={bar.key}>
              <title>{bar.label}</title>
              <rect x={index * step} y="0" width={step} height={height} className="target" />
              {bar.parts.map(({ className, value }) => {
                const length = (value / max) * (height - 6);
                top -= length;
                return (
                  <rect
                    key={className}
                    className={className}
                    x={index * step + 1}
                    y={top}
                    width={Math.max(1, step - 2)}
                    height={length}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
      <figcaption className="small muted">{summary}</figcaption>
    </figure>
  );
}
