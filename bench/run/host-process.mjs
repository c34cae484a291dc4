// node host-process.mjs MODULE DATABASE_URL: opens a contender in a process of its own and does what the bench asks over the channel.
const [module, url] = process.argv.slice(2);
const { open } = await import(module);
const deeds = await open(url, (name, value) => process.connected && process.send({ told: name, value }));

process.on('message', async ({ id, deed, given }) => {
  try {
    process.send({ id, answer: await deeds[deed](given) });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ told: 'ready' });
