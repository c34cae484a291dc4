/** Each scenario: a title, the graphs of its workflows by name (`main` is started), the parameters, how many executions are claimed at
 *  a time, and how many transitions there are. `scale` is the part of the full size. */
export const scenarios = {
  parallel: {
    title: (scale) => `${sized(500, scale)} parallel tasks into one join`,
    flows: (scale) => {
      const names = Array.from({ length: sized(500, scale) }, (_, n) => `branch_${n}`);
      return {
        main: flow([
          ...names.map((name) => ({ name, action: 'growth.do', next: [{ do: ['merge'] }] })),
          { name: 'merge', action: 'growth.do', join: 'all' },
        ]),
      };
    },
    atOnce: 50,
  },
  sequential: {
    title: (scale) => `${sized(1_000, scale)} tasks one after another, each reading the one before it`,
    flows: (scale) => {
      const size = sized(1_000, scale);
      return {
        main: flow(
          Array.from({ length: size }, (_, n) => ({
            name: `task_${n}`,
            action: 'growth.do',
            input: n === 0 ? {} : { before: `{{ task.task_${n - 1}.n }}` },
            next: n + 1 === size ? [] : [{ when: 'succeeded()', publish: [{ last: n }], do: [`task_${n + 1}`] }],
          })),
        ),
      };
    },
    atOnce: 1,
  },
  items: {
    title: (scale) => `${sized(10_000, scale)} items of one task, 50 at a time`,
    flows: () => ({ main: itemsFlow(50) }),
    parameters: (scale) => ({ hosts: hosts(sized(10_000, scale)) }),
    atOnce: 50,
  },
  'many-items': {
    title: (scale) => `${sized(100_000, scale)} items of one task, 100 at a time`,
    flows: () => ({ main: itemsFlow(100) }),
    parameters: (scale) => ({ hosts: hosts(sized(100_000, scale)) }),
    atOnce: 100,
  },
  loop: {
    title: (scale) => `a loop of ${sized(1_000, scale)} visits`,
    flows: (scale) => ({
      main: flow(
        [
          {
            name: 'probe',
            action: 'growth.do',
            input: { tries: '{{ tries }}' },
            next: [
              { when: `tries < ${sized(1_000, scale) - 1}`, publish: [{ tries: '{{ tries + 1 }}' }], do: ['nap'] },
            ],
          },
          { name: 'nap', action: 'growth.do', input: { before: '{{ task.probe.n }}' }, next: [{ do: ['probe'] }] },
        ],
        { vars: { tries: 0 }, max_visits: 1_000 },
      ),
    }),
    atOnce: 1,
  },
  nesting: {
    title: (scale) => `workflows nested 10 deep, ${sized(20, scale)} tasks at each depth`,
    flows: (scale) => {
      const size = sized(20, scale);
      const names = Array.from({ length: 10 }, (_, depth) => (depth === 0 ? 'main' : `depth_${depth}`));
      const levels = names.map((name, depth) => {
        const tasks = Array.from({ length: size }, (_, n) => ({
          name: `task_${n}`,
          action: 'growth.do',
          next: [{ do: [n + 1 < size ? `task_${n + 1}` : 'below'] }],
        }));
        const below = { name: 'below', action: depth === 9 ? 'growth.do' : `growth.depth_${depth + 1}` };
        return [name, flow([...tasks, below])];
      });
      return Object.fromEntries(levels);
    },
    atOnce: 1,
  },
};

const sized = (full, scale) => Math.max(2, Math.round(full * scale));

const hosts = (count) => Array.from({ length: count }, (_, n) => `host-${n}.example.org`);

const flow = (tasks, more = {}) => JSON.stringify({ version: '1.0.0', ...more, tasks });

const itemsFlow = (concurrency) =>
  flow([
    {
      name: 'patch',
      action: 'growth.do',
      with_items: '{{ parameters.hosts }}',
      concurrency,
      input: { host: '{{ item }}', slot: '{{ index }}' },
      next: [{ when: 'succeeded()', do: ['report'] }],
    },
    { name: 'report', action: 'growth.do' },
  ]);
