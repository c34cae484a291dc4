import { judged, summary } from './statistics.mjs';

/** What a case's rounds come to: of each contender its figures and costs, and each bar with what was reached. */
export function resultOf(one, { rounds, costs, missing }, setting) {
  const contenders = {};
  for (const name of Object.keys(one.contenders)) {
    const figures = summaries(rounds.flatMap((round) => (round[name] === undefined ? [] : [round[name]])));
    if (Object.keys(figures).length === 0) continue;
    contenders[name] = { figures };
    if (costs[name] !== undefined) contenders[name].cost = summaries(costs[name]);
  }
  const bars = one.bars.map((bar) => ({
    ...bar,
    reached: judged(bar, rounds),
    processor: processorRatio(bar, contenders),
  }));
  return { name: one.name, about: one.about, unit: one.unit, setting, contenders, bars, missing };
}

/** The same ratio by processor time per unit of work, which a busy machine changes less; undefined where it is not known of both. */
function processorRatio({ of, against, better }, contenders) {
  const [ours, theirs] = [of, against].map((name) => processorTime(contenders[name]?.cost));
  if (!(ours > 0 && theirs > 0)) return undefined;
  return better === 'higher' ? theirs / ours : ours / theirs;
}

const processorTime = (cost) => cost && cost.postgresql_us.median + cost.processes_us.median;

function summaries(list) {
  const names = [...new Set(list.flatMap(Object.keys))];
  return Object.fromEntries(
    names.map((name) => [name, summary(list.flatMap((one) => (one[name] === undefined ? [] : [one[name]])))]),
  );
}
