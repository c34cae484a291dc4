// Says how much a change asks of those who review it: code and automation weigh more than words about them.
import { json } from 'node:stream/consumers';

const pointsOfKind = { code: 3, automation: 3, configuration: 2, tests: 1, documentation: 1 };

const { kinds, commits } = await json(process.stdin);
const points = Object.entries(kinds).reduce((sum, [kind, files]) => sum + files * (pointsOfKind[kind] ?? 1), commits);
const weight = points === 0 ? 'none' : points < 10 ? 'light' : points < 50 ? 'medium' : 'heavy';
console.log(JSON.stringify({ weight, points }));
