/** Plays a case: in each round every contender takes its turn on a database of its own, a copy of the one that its subject prepared; who
 *  begins changes from round to round, of which a case may want fewer than asked for. A contender that fails is told of and left out from then on.
 *  @returns of each round, the figures of each contender; the costs likewise; and what was not measured, and why. */
export async function play(one, bench, templates) {
  const contenders = Object.entries(one.contenders).map(([name, contender]) => ({ name, ...contender }));
  const missing = {};
  const rounds = [];
  const costs = {};
  for (let round = 0; round < Math.min(bench.rounds, one.rounds ?? Infinity); round++) {
    rounds.push({});
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const { name, subject } = contender;
      if (missing[name] !== undefined) continue;
      if (subject?.needsPeers === true && bench.noPeers !== undefined) {
        missing[name] = bench.noPeers;
        continue;
      }
      bench.log(`${one.name}, round ${round + 1}: ${name}`);
      try {
        const { figures, cost } = await turnOf(contender, bench, templates);
        rounds.at(-1)[name] = figures;
        if (cost !== undefined) (costs[name] ??= []).push(cost);
      } catch (error) {
        if (bench.stopping.aborted) throw error;
        const why = shortened(error);
        bench.log(`${name} failed: ${why}`);
        missing[name] = `failed: ${why}`;
      }
    }
  }
  return { rounds, costs, missing };
}

async function turnOf({ subject, turn }, bench, templates) {
  if (subject === undefined) return turn({ bench });
  const url = await templates.copy(subject);
  try {
    return await turn({ url, bench, subject });
  } finally {
    await bench.server.drop(url);
  }
}

/** The databases that subjects prepare, each made when it is first needed. */
export function openTemplates(bench) {
  const made = new Map();
  const make = async (subject) => {
    const url = await bench.server.create();
    await subject.prepare({ url, bench });
    return bench.server.nameOf(url);
  };
  return {
    async copy(subject) {
      if (!made.has(subject.name)) made.set(subject.name, make(subject));
      return bench.server.create(await made.get(subject.name));
    },
  };
}

/** What went wrong on one line; of a long message, such as the output of a process that ended, the beginning and the end. */
function shortened(error) {
  const text = String(error.message ?? error)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' / ');
  return text.length <= 500 ? text : `${text.slice(0, 200)} ... ${text.slice(-300)}`;
}
