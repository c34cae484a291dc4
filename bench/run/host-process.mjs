// node host-process.mjs MODULE: opens a contender in a process of its own and does what the bench asks over the channel. The address is in
// BENCH_URL: it has a password, which is not for the list of processes.
const { open } = await import(process.argv[2]);
const deeds = await open(
  process.env.BENCH_URL,
  (name, value) => process.connected && process.send({ told: name, value }),
);

process.on('message', async ({ id, deed, given }) => {
  try {
    process.send({ id, answer: await deeds[deed](given) });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ told: 'ready' });
