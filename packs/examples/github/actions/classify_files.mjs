// Sorts changed files into kinds by their paths.
import { json } from 'node:stream/consumers';

const kinds = [
  ['tests', /(^|\/)(tests?|spec|__tests__)\/|[._-](test|spec)\.\w+$/i],
  ['documentation', /\.(md|rst|adoc|txt)$|(^|\/)docs?\/|(^|\/)(readme|license|changelog)(\.|$)/i],
  ['automation', /^\.github\/|^\.gitlab|(^|\/)(Dockerfile|Jenkinsfile|Makefile)$/],
  ['configuration', /\.(ya?ml|toml|ini|json|cfg|lock)$|(^|\/)\.[^/]+$/i],
  ['code', /\.(c|cc|cpp|cs|css|go|h|html|java|js|jsx|kt|mjs|php|py|rb|rs|scala|sh|sql|swift|ts|tsx|vue)$/i],
];

const kindOf = (path) => kinds.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other';

const { files } = await json(process.stdin);
const classified = files.map((file) => ({ ...file, kind: kindOf(file.path) }));
const counts = {};
for (const { kind } of classified) counts[kind] = (counts[kind] ?? 0) + 1;
console.log(JSON.stringify({ kinds: counts, files: classified }));
