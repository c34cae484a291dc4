import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** Opens a WebSocket to the notifier, subscribes to everything, and never reads again. */
export function neverRead(url: string, token: string): Socket {
  const at = new URL(url);
  const socket = connect(Number(at.port), at.hostname);
  socket.on('error', () => undefined);
  const lines = [
    `GET ${at.pathname} HTTP/1.1`,
    `Host: ${at.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Authorization: Bearer ${token}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.once('data', () => {
    for (const entity of ['execution', 'event', 'enforcement', 'inquiry']) {
      socket.write(textFrame(JSON.stringify({ type: 'subscribe', filter: `entity_type:${entity}` })));
    }
    socket.pause();
  });
  return socket;
}

/** A masked text frame of up to 125 bytes, as a client sends it. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}
