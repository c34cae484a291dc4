/** Values of a metric's labels, in the order in which they were declared. */
type Labels = readonly string[];

export interface Counter {
  add(by?: number, ...labels: string[]): void;
}

export interface Histogram {
  /** Adds what was observed: `bucket` is an index into the buckets, or one more for what is beyond the last. */
  add(observed: { bucket: number; count: number; sum: number }, ...labels: string[]): void;
}

/** What is read at the moment it is asked for. */
export type Reading = readonly (readonly [value: number, ...labels: string[]])[];

export interface MetricAbout {
  /** What it counts, with its unit; docs/metrics.md prints it. */
  help: string;
  labels?: Labels;
}

/** The metrics of one process. What a service has to tell it registers when it starts. Names begin with `attune_`; labels take few
 *  values: never an id. */
export interface Metrics {
  counter(name: string, about: MetricAbout): Counter;
  histogram(name: string, about: MetricAbout & { buckets: readonly number[] }): Histogram;
  /** A metric whose values are read when they are asked for. */
  read(name: string, about: MetricAbout & { type: 'counter' | 'gauge' }, read: () => Reading | Promise<Reading>): void;
  /** All of them in Prometheus' text format. What cannot be read is left out and counted. */
  render(): Promise<string>;
}

interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  lines: () => string[] | Promise<string[]>;
}

export function createMetrics(): Metrics {
  const all = new Map<string, Metric>();
  let unread = 0;
  const register = (metric: Metric) => {
    if (all.has(metric.name)) throw new Error(`The metric ${metric.name} is registered twice`);
    all.set(metric.name, metric);
  };

  const metrics: Metrics = {
    counter(name, { help, labels = [] }) {
      const values = new Map<string, number>(labels.length === 0 ? [['', 0]] : []);
      register({
        name,
        type: 'counter',
        help,
        lines: () => [...values].map(([at, value]) => line(name, at, value)),
      });
      return {
        add(by = 1, ...given) {
          const at = labelText(labels, given);
          values.set(at, (values.get(at) ?? 0) + by);
        },
      };
    },
    histogram(name, { help, labels = [], buckets }) {
      const series = new Map<string, { counts: number[]; sum: number; labels: Labels }>();
      register({ name, type: 'histogram', help, lines: () => [...series.values()].flatMap(linesOf) });
      const linesOf = (one: { counts: number[]; sum: number; labels: Labels }) => {
        let below = 0;
        const lines = [...buckets, Infinity].map((bound, index) => {
          below += one.counts[index] ?? 0;
          const le = bound === Infinity ? '+Inf' : String(bound);
          return line(`${name}_bucket`, labelText([...labels, 'le'], [...one.labels, le]), below);
        });
        const at = labelText(labels, one.labels);
        return [...lines, line(`${name}_sum`, at, one.sum), line(`${name}_count`, at, below)];
      };
      return {
        add({ bucket, count, sum }, ...given) {
          const at = given.join('\u0000');
          const one = series.get(at) ?? { counts: buckets.map(() => 0).concat(0), sum: 0, labels: given };
          series.set(at, one);
          one.counts[bucket] = (one.counts[bucket] ?? 0) + count;
          one.sum += sum;
        },
      };
    },
    read(name, { type, help, labels = [] }, read) {
      const lines = async () => (await read()).map(([value, ...given]) => line(name, labelText(labels, given), value));
      register({ name, type, help, lines });
    },
    async render() {
      const texts = await Promise.all(
        [...all.values()].map(async ({ name, type, help, lines }) => {
          try {
            return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${(await lines()).join('')}`;
          } catch {
            unread += 1;
            return '';
          }
        }),
      );
      return texts.join('');
    },
  };
  metrics.read(
    'attune_metrics_unread_total',
    { type: 'counter', help: 'Metrics that could not be read when they were asked for, as when the database is away' },
    () => [[unread]],
  );
  return metrics;
}

const line = (name: string, labels: string, value: number): string =>
  `${name}${labels} ${Number.isFinite(value) ? value : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'}\n`;

const labelText = (names: Labels, values: Labels): string =>
  names.length === 0
    ? ''
    : `{${names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')}}`;

const escapeLabel = (text: string): string => text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

const escapeHelp = (text: string): string => text.replace(/[\\\n]/g, (char) => (char === '\n' ? '\\n' : '\\\\'));
