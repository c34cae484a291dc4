import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { AttuneError } from '@attune/core';
import { errorBody } from './errors.ts';

/** Answers what is not HTTP, or too slow or too long to be taken, in the one shape of errors; there is no request yet to answer to. */
export function refuseMalformedHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const { status, reason } = answers[error.code ?? ''] ?? {
    status: '400 Bad Request',
    reason: 'The request is not HTTP',
  };
  const body = JSON.stringify(errorBody(new AttuneError('bad_request', reason), randomUUID()));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const answers: Record<string, { status: string; reason: string }> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', reason: 'The headers are larger than 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', reason: 'The request did not arrive whole in time' },
};
