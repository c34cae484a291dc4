import { defineConfig } from 'vitest/config';

const source = { resolve: { conditions: ['attune-source'] }, ssr: { resolve: { conditions: ['attune-source'] } } };

export default defineConfig({
  test: {
    pool: 'forks',
    // most of a test's time is waiting for a database or a process
    maxWorkers: 3,
    projects: [
      {
        ...source,
        test: {
          name: 'pure',
          testTimeout: 30_000,
          include: ['packages/{core,pack,client,cli}/{src,test}/**/*.test.ts', 'testing/*.test.ts'],
        },
      },
      {
        ...source,
        test: {
          name: 'database',
          include: ['packages/{db,engine,server}/{src,test}/**/*.test.ts', 'testing/faults/*.test.ts'],
          globalSetup: ['testing/cluster.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
