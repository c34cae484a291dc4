import websocket, { type WebSocket } from '@fastify/websocket';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import fastify, { LogController } from 'fastify';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';
import { watchUnused } from '../stop-connections.ts';
import { expectedFilters, parseFilter } from './filter.ts';
import { Hub, type Subscriber } from './hub.ts';

/** Longest time a lost doorbell can delay a notification, in milliseconds. */
const pollMs = 1_000;
/** After a look the notifier rests for so many times as long as it took, but no longer than this, in milliseconds. Where much happens the
 *  doorbell rings all the time, and who looked each time would take the processor from the work that is followed. */
const rests = { times: 9, mostMs: 100 };
/** Most subscriptions of one client. */
const mostFilters = 100;
/** Bytes waiting for a client after which it is cut off: a slow reader must not fill the server's memory. It reconnects and asks
 *  the API for what it missed. */
const mostBufferedBytes = 1_048_576;
/** Milliseconds between two looks whether a client's token still holds. */
const recheckMs = 30_000;
/** Milliseconds that clients have to say goodbye when the notifier stops. */
const goodbyeMs = 1_000;

/** The notifier tells WebSocket clients what changed. Notifications are hints: they carry no parameters and no results, nothing is
 *  replayed, and a client that missed some reads the rows. */
export async function startNotifier(deps: Deps, mayRead: (token: string) => Promise<boolean>): Promise<Stop> {
  const { db, bell, config } = deps;
  const log = deps.log.child({ service: 'notifier' });
  const hub = new Hub(db);
  const app = fastify({ loggerInstance: log, logController: new LogController({ disableRequestLogging: true }) });
  await app.register(websocket, { options: { maxPayload: 4_096, handleProtocols: acceptProtocol } });

  app.get('/ws', { websocket: true }, (socket, request) => {
    const token = tokenOf(request.headers);
    serveClient(socket, token).catch((error: unknown) => {
      log.warn({ err: error }, 'A client could not be served; it is to come again');
      socket.close(1013, 'The token cannot be checked now');
    });
  });

  async function serveClient(socket: WebSocket, token: string | undefined): Promise<void> {
    const isAllowed = async () => token !== undefined && (await mayRead(token));
    const pending: Buffer[] = [];
    const keep = (data: Buffer) => pending.push(data);
    socket.on('message', keep);
    if (!(await isAllowed())) {
      socket.close(4401, 'A valid access token is needed');
      return;
    }
    if (socket.readyState !== socket.OPEN) return; // it left meanwhile, and nothing more is heard of that
    const subscriber: Subscriber = {
      filters: new Map(),
      seen: new Map(),
      send: (notification) => sendText(socket, notification),
    };
    hub.add(subscriber);
    const recheck = setInterval(() => {
      isAllowed().then(
        (may) => {
          if (!may) socket.close(4401, 'The token no longer holds');
        },
        (error: unknown) => log.warn({ err: error }, 'A token could not be checked; it will be tried again'),
      );
    }, recheckMs);
    socket.on('close', () => {
      clearInterval(recheck);
      hub.remove(subscriber);
    });
    const hear = (data: Buffer) => {
      answer(socket, subscriber, data);
      loop.wake();
    };
    socket.off('message', keep);
    socket.on('message', hear);
    send(socket, { type: 'welcome', client_id: randomUUID(), message: `Subscribe with a filter: ${expectedFilters}` });
    for (const data of pending) hear(data);
  }

  const endUnused = watchUnused(app.server);
  const url = await app.listen({ host: config.host, port: 0 });
  const heartbeat = heartbeatOf(db, 'notifier', { url: `${url.replace(/^http/, 'ws')}/ws` });
  try {
    await heartbeat.beat();
  } catch (error) {
    // a server that listens would keep a process that does not serve
    endUnused();
    await app.close();
    throw error;
  }
  const stopping = new AbortController();
  let restsUntil = 0;
  const loop = startLoop({
    name: 'the notifier',
    log,
    pollMs,
    async pass() {
      const restMs = restsUntil - performance.now();
      if (restMs > 0) await pause(restMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      const began = performance.now();
      const hasMore = await hub.look();
      const ended = performance.now();
      restsUntil = hasMore ? ended : ended + Math.min(rests.mostMs, rests.times * (ended - began));
      await heartbeat.beat();
      return hasMore ? 0 : undefined;
    },
  });
  const off = (['event', 'execution', 'builtin', 'process', 'cancel', 'change'] as const).map((topic) =>
    bell.on(topic, () => loop.wake()),
  );

  return async () => {
    for (const leave of off) leave();
    stopping.abort();
    await loop.stop();
    const { clients } = app.websocketServer;
    for (const client of clients) client.close(1001, 'The server stops');
    // who does not read does not say goodbye either
    const cutOff = setTimeout(() => {
      for (const client of clients) client.terminate();
    }, goodbyeMs);
    endUnused();
    await app.close();
    clearTimeout(cutOff);
    await heartbeat.leave();
  };
}

/** Browsers cannot set headers: they offer the token as a second subprotocol, `attune.jwt.<token>`. */
const acceptProtocol = (protocols: Set<string>): string | false => (protocols.has('attune.v1') ? 'attune.v1' : false);

function tokenOf(headers: {
  authorization?: string | undefined;
  'sec-websocket-protocol'?: string | undefined;
}): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return offered.find((one) => one.startsWith('attune.jwt.'))?.slice('attune.jwt.'.length);
}

function answer(socket: WebSocket, subscriber: Subscriber, data: Buffer): void {
  let message: { type?: unknown; filter?: unknown };
  try {
    message = JSON.parse(data.toString('utf8')) as typeof message;
  } catch {
    send(socket, { type: 'error', message: 'Expected a JSON message' });
    return;
  }
  if (message.type === 'ping') {
    send(socket, { type: 'pong' });
    return;
  }
  const filter = parseFilter(message.filter);
  if (filter === undefined || (message.type !== 'subscribe' && message.type !== 'unsubscribe')) {
    send(socket, {
      type: 'error',
      message: `Expected {"type": "subscribe" | "unsubscribe" | "ping", "filter": ${expectedFilters}}`,
    });
    return;
  }
  const name = message.filter as string;
  if (message.type === 'unsubscribe') subscriber.filters.delete(name);
  else if (subscriber.filters.size >= mostFilters) {
    send(socket, { type: 'error', message: `A client may have at most ${mostFilters} subscriptions` });
    return;
  } else subscriber.filters.set(name, filter);
  send(socket, { type: message.type === 'subscribe' ? 'subscribed' : 'unsubscribed', filter: name });
}

const send = (socket: WebSocket, message: object): void => sendText(socket, JSON.stringify(message));

function sendText(socket: WebSocket, text: string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > mostBufferedBytes) {
    socket.close(4408, 'Too slow: reconnect and read what was missed');
    return;
  }
  socket.send(text);
}
