import { startEmbedded } from '../src/embedded/index.ts';

// A process that uses the embedded server of a home: prints what it got as one line of JSON, and releases it when its standard
// input ends. Arguments: the home, and a folder of binaries where they are not the installed ones.
const [home = '', packageFolder] = process.argv.slice(2);
const embedded = await startEmbedded({
  home,
  ...(packageFolder === undefined ? {} : { packageFolder }),
});
const { url, pid, port } = embedded;
console.log(JSON.stringify({ url, pid, port }));
process.stdin.resume().once('end', () => void embedded.release());
