import { connect } from 'node:net';

/** A request as the bytes that go over the wire, made before anything is measured: that is the sender's work, not the receiver's. */
export function requestBytes(url, body, headers) {
  const { pathname, host } = new URL(url);
  const lines = Object.entries({
    host,
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

/** A connection that sends one request after another. Node's own client takes as long for a request as a quick server.
 *  @returns `send(bytes)`, which resolves when the answer is there, and rejects where it is no success; and `close()` */
export async function openWire(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let answer = Buffer.alloc(0);
  let waiting;
  const fail = (error) => waiting?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`${url} closed the connection`)));
  socket.on('data', (part) => {
    answer = answer.length === 0 ? part : Buffer.concat([answer, part]);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = answer.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (answer.length < end + 4 + length) return;
    const status = Number(head.slice(9, 12));
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (status < 300) resolve();
    else reject(new Error(`${url} answered ${status}: ${answer.toString('utf8', end + 4)}`));
    answer = Buffer.alloc(0);
  });
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(bytes);
      }),
    close: () => socket.destroy(),
  };
}
