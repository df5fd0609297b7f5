/** A bar chart over time, with a table for screen readers. */

export interface Bar {
  readonly label: string;
  /** The full label. */
  readonly name: string;
  readonly value: number;
  /** The formatted value. */
  readonly text: string;
}

const HEIGHT = 120;

export function BarChart({ title, bars, every = 1 }: { title: string; bars: readonly Bar[]; /** Which labels are shown. */ every?: number }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <figure>
      <figcaption className="mb-2 text-sm font-medium">{title}</figcaption>
      <div aria-hidden className="flex items-end gap-px" style={{ height: HEIGHT }}>
        {bars.map((bar) => (
          <div key={bar.name} title={`${bar.name}: ${bar.text}`} className="group flex h-full flex-1 items-end">
            <div
              className="w-full rounded-t-sm bg-accent/80 group-hover:bg-accent"
              style={{ height: bar.value === 0 ? 1 : `${Math.max(2, (100 * bar.value) / most)}%`, opacity: bar.value === 0 ? 0.3 : 1 }}
            />
          </div>
        ))}
      </div>
      <div aria-hidden className="mt-1 flex gap-px text-[0.6875rem] text-muted">
        {bars.map((bar, i) => (
          <span key={bar.name} className="flex-1 overflow-visible whitespace-nowrap">
            {i % every === 0 ? bar.label : ""}
          </span>
        ))}
      </div>
      <table className="sr-only">
        <caption>{title}</caption>
        <tbody>
          {bars
            .filter((bar) => bar.value > 0)
            .map((bar) => (
              <tr key={bar.name}>
                <th scope="row">{bar.name}</th>
                <td>{bar.text}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}
