import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { cast, processNames, type ProcessName } from './fault.ts';
import { openProxy, type Proxy } from './proxy.ts';
import { root } from './root.ts';

/** The built server itself: the command would look each time whether there is something to build. */
const server = pathToFileURL(join(root, 'packages', 'server', 'dist', 'main.js')).href;
const program = [
  '--input-type=module',
  '-e',
  `process.exitCode = await (await import('${server}')).main(process.argv.slice(1))`,
];

/** How a process is started where not as usual. */
export interface StartOptions {
  /** For ATTUNE_BREAK_POINT. */
  breakPoint?: string | undefined;
  /** Limit on the size of every file it writes. */
  kilobytes?: number | undefined;
}

/** How a process ended. */
export interface Exit {
  process: ProcessName;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether it had said that it was ready. */
  wasReady: boolean;
  /** Whether the driver ended it, or meant it to end by itself. */
  wasMeant: boolean;
  /** Whether it died at the break point that it was started with. */
  atBreakPoint: boolean;
  /** The end of what it wrote. */
  log: string;
}

/** The processes of a run, which start again whenever they end, until the company is dismissed. */
export interface Company extends AsyncDisposable {
  proxy(name: ProcessName): Proxy;
  exits(): readonly Exit[];
  /** How many processes died at break points. */
  deaths(): number;
  /** @returns whether there was a process to end. */
  kill(name: ProcessName, downMs: number, next?: StartOptions): boolean;
  drain(name: ProcessName): boolean;
  freeze(name: ProcessName): boolean;
  /** Lets every process go on that is stopped, by whomever. */
  thaw(name: ProcessName): void;
  /** All further starts of all processes are like this, until `disarm`. */
  arm(next: () => StartOptions): void;
  /** Ends what was started in another way than usual, and starts it as usual. */
  disarm(): void;
  /** Address of the API and a token for it, once it is ready. */
  api(): { url: string; token: string } | undefined;
  areReady(): boolean;
  /** Asks all to stop, and waits. @returns the names of those that did not within the time. */
  dismiss(withinMs: number): Promise<ProcessName[]>;
}

interface Player {
  name: ProcessName;
  child: ChildProcess | undefined;
  isReady: boolean;
  /** What the driver sent to end it. */
  sent: 'SIGTERM' | 'SIGKILL' | undefined;
  options: StartOptions;
  next: StartOptions | undefined;
  downMs: number;
  errors: string;
}

export interface CompanyOptions {
  home: string;
  databaseUrl: string;
  port: () => number;
  /** Folder that actions leave their traces in. */
  effects: string;
}

/** Milliseconds after which a process that ended by itself is started again. */
const restartMs = 200;

export async function openCompany({ home, databaseUrl, port, effects }: CompanyOptions): Promise<Company> {
  const logs = join(home, 'logs');
  await mkdir(logs, { recursive: true });
  const proxies = new Map<ProcessName, Proxy>();
  for (const name of processNames) proxies.set(name, await openProxy(port));
  const proxy = (name: ProcessName): Proxy => proxies.get(name) as Proxy;
  const exits: Exit[] = [];
  let dismissed = false;
  let usual = (): StartOptions => ({});
  const players = processNames.map((name): Player => ({
    ...{ name, child: undefined, isReady: false, sent: undefined, options: {}, next: undefined, downMs: 0 },
    errors: '',
  }));
  const playerOf = (name: ProcessName) => players.find((one) => one.name === name) as Player;

  const start = (player: Player) => {
    const { name } = player;
    player.options = player.next ?? usual();
    player.next = undefined;
    player.isReady = false;
    player.sent = undefined;
    const url = new URL(databaseUrl);
    url.port = String(proxy(name).port);
    const log = join(logs, `${name}.log`);
    const { breakPoint, kilobytes } = player.options;
    const fd = openSync(log, 'a');
    // the log is as long as a file may be already: whatever the process logs from now on is refused
    if (kilobytes !== undefined && statSync(log).size < kilobytes * 1024) truncateSync(log, kilobytes * 1024);
    const command = [process.execPath, ...program, ...cast[name]];
    // bash counts blocks of 1024 bytes, dash such of 512: the limit is what was meant, or half of it
    const limited = ['sh', '-c', `ulimit -f ${String(kilobytes)}; exec "$@"`, 'sh', ...command];
    const [file = '', ...args] = kilobytes === undefined ? command : limited;
    const { DATABASE_URL: _, ...inherited } = process.env;
    const child = spawn(file, args, {
      env: {
        ...inherited,
        ...{ ATTUNE_HOME: home, ATTUNE_PORT: '0', DATABASE_URL: url.href, ATTUNE_WORKER_NAME: name },
        ...{ ATTUNE_WORKER_SLOTS: '6', ATTUNE_STOP_GRACE_SECONDS: '1', ATTUNE_WORKER_ENV: 'FAULTS_EFFECTS' },
        ...{ FAULTS_EFFECTS: effects, ATTUNE_BREAK_POINT: breakPoint ?? '', ATTUNE_DATABASE_POOL: '6' },
      },
      stdio: ['ignore', 'pipe', fd],
      // a signal that a terminal sends to the driver and all below it is none of the faults
      detached: true,
    });
    closeSync(fd);
    player.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (/\bready\b/.test(text)) player.isReady = true;
    });
    child.once('error', () => undefined);
    child.once('exit', (code, signal) => {
      const { isReady: wasReady, sent } = player;
      // one that was asked to stop may die at a break point on its way to the end
      const atBreakPoint = sent !== 'SIGKILL' && breakPoint !== undefined && signal === 'SIGKILL';
      const wasMeant = sent !== undefined || atBreakPoint;
      exits.push({ process: name, code, signal, wasReady, wasMeant, atBreakPoint, log: wasMeant ? '' : tailOf(log) });
      player.child = undefined;
      player.isReady = false;
      // what could not start, the database being away, is still to start as it was meant to
      if (!wasMeant && !wasReady) player.next ??= player.options;
      if (dismissed) return;
      const waitMs = sent === undefined ? restartMs : player.downMs;
      setTimeout(() => {
        if (!dismissed && player.child === undefined) start(player);
      }, waitMs);
    });
  };
  const killAll = () => {
    for (const player of players) player.child?.kill('SIGKILL');
  };
  process.prependOnceListener('exit', killAll); // before their folder is removed
  for (const player of players) start(player);

  const end = (player: Player, signal: 'SIGTERM' | 'SIGKILL', downMs: number, next?: StartOptions): boolean => {
    player.next = next ?? player.next;
    player.downMs = downMs;
    if (player.child === undefined) return false;
    player.sent = signal;
    return player.child.kill(signal);
  };
  const company: Company = {
    proxy,
    exits: () => exits,
    deaths: () => exits.filter((exit) => exit.atBreakPoint).length,
    kill: (name, downMs, next) => end(playerOf(name), 'SIGKILL', downMs, next),
    drain: (name) => end(playerOf(name), 'SIGTERM', 0),
    freeze: (name) => playerOf(name).child?.kill('SIGSTOP') === true,
    thaw: (name) => void playerOf(name).child?.kill('SIGCONT'),
    arm(next) {
      usual = next;
    },
    disarm() {
      usual = () => ({});
      for (const player of players) {
        player.next = undefined;
        const { breakPoint, kilobytes } = player.options;
        if (breakPoint !== undefined || kilobytes !== undefined) end(player, 'SIGKILL', 0, {});
      }
    },
    api: () => apiOf(home, playerOf('api')),
    areReady: () => players.every((player) => player.isReady),
    async dismiss(withinMs) {
      dismissed = true;
      const deadline = performance.now() + withinMs;
      for (const player of players) end(player, 'SIGTERM', 0);
      const left = () => players.filter((player) => player.child !== undefined);
      while (left().length > 0 && performance.now() < deadline) await pause(20);
      return left().map((player) => player.name);
    },
    async [Symbol.asyncDispose]() {
      dismissed = true;
      killAll();
      while (players.some((player) => player.child !== undefined)) await pause(20);
      process.off('exit', killAll);
      for (const one of proxies.values()) await one[Symbol.asyncDispose]();
    },
  };
  return company;
}

function apiOf(home: string, { child, isReady }: Player): { url: string; token: string } | undefined {
  if (!isReady) return undefined;
  try {
    const found = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as { url: string; pid: number };
    if (found.pid !== child?.pid) return undefined;
    const { token } = JSON.parse(readFileSync(join(home, 'cli-token.json'), 'utf8')) as { token: string };
    return { url: found.url, token };
  } catch {
    return undefined;
  }
}

/** What a process logged last. */
function tailOf(log: string): string {
  try {
    return readFileSync(log, 'utf8').split('\n').slice(-8).join('\n').slice(-4_000);
  } catch {
    return '';
  }
}

/** What all processes of a home logged, by process. */
export const logOf = (home: string, name: ProcessName): Promise<string> =>
  readFile(join(home, 'logs', `${name}.log`), 'utf8').catch(() => '');
