import type { JsonObject } from '../../json.ts';
import { differencesOf } from './differences.ts';
import { endKey } from './key.ts';
import { attemptIn, isSuccessor, type RecordedRun, type RecordedRunStep, type SuccessorRecord } from './recorded.ts';
import type { Departure, RunName, SimulatedStep, Simulation } from './simulation.ts';

/** Most differences of one step that are told. */
const mostDifferences = 20;

/** Where a simulation departs from what was recorded: of each run the first step that is another one. What follows from it is not
 *  compared. Empty where everything was decided in the same way. */
export function departuresFrom(record: RecordedRun, simulation: Pick<Simulation, 'steps'>): Departure[] {
  const simulated = new Map<string, SimulatedStep[]>();
  for (const step of simulation.steps) {
    const key = runKey(step.run);
    const steps = simulated.get(key);
    if (steps === undefined) simulated.set(key, [step]);
    else steps.push(step);
  }
  const departures = (recorded: RecordedRun, run: RunName): Departure[] => {
    const first = firstDeparture(recorded, simulated.get(runKey(run)) ?? [], run);
    const nested = recorded.steps.flatMap((step) => {
      const name = attemptIn(step);
      // A nested run that was never begun here shows as a departure of the run above.
      const isBegun = name !== undefined && simulated.has(runKey([...run, name]));
      return step.run === null || name === undefined || !isBegun ? [] : departures(step.run, [...run, name]);
    });
    return first === undefined ? nested : [first, ...nested];
  };
  return departures(record, []);
}

const runKey = (run: RunName): string => run.map((name) => endKey([], name)).join('/');

function firstDeparture(recorded: RecordedRun, steps: readonly SimulatedStep[], run: RunName): Departure | undefined {
  const theirs = recorded.steps.filter((step) => isSuccessor(step.decision) || step.decision.ignored === undefined);
  const count = Math.max(theirs.length, steps.length);
  for (let index = 0; index < count; index += 1) {
    const [was, is] = [theirs[index], steps[index]];
    // A record that just stops says nothing about how it would have gone on.
    if (was === undefined && !recorded.is_complete) return undefined;
    const found = differencesOf(was && contentOf(was), is && comparable(is));
    if (found.length === 0) continue;
    const differences = found.slice(0, mostDifferences).map(({ pointer, one, other }) => ({
      pointer,
      ...(one === undefined ? {} : { recorded: one }),
      ...(other === undefined ? {} : { simulated: other }),
    }));
    return { run, step: is?.step ?? was?.step ?? 0, differences };
  }
  return undefined;
}

const contentOf = ({ decision }: RecordedRunStep): JsonObject => decision;

/** A simulated step as a record would have it. */
function comparable(step: SimulatedStep): JsonObject {
  if (step.kind === 'decided') return step.decision;
  const { reason, task, visit, attempt, item } = step;
  const successor = { kind: reason, task, visit, attempt, ...(item === null ? {} : { item }) };
  return { successor } satisfies SuccessorRecord;
}
