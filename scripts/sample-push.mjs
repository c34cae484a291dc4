// Prints a real GitHub push payload: node scripts/sample-push.mjs [--branch NAME] > push.json
// It comes from @octokit/webhooks-examples; --branch makes it a push to another branch.
import { createRequire } from 'node:module';

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples');
const { examples: pushes } = examples.find((event) => event.name === 'push');
const push = pushes.find((payload) => payload.ref === `refs/heads/${payload.repository.default_branch}`);
const at = process.argv.indexOf('--branch');
const ref = at === -1 ? push.ref : `refs/heads/${process.argv[at + 1]}`;
console.log(JSON.stringify({ ...push, ref }, null, 2));
