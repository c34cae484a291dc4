import { Agent, request } from 'node:http';

/** Speaks to an API over connections that stay open.
 *  @returns `post(path, body, headers)`, which resolves with what `data` holds; `body` is a value, or bytes that are ready to be sent. */
export function openHttp(url, token, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const base = new URL(url);
  const call = (method, path, body, headers) =>
    new Promise((resolve, reject) => {
      const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const sent = request({
        agent,
        host: base.hostname,
        port: base.port,
        method,
        path,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
          ...headers,
        },
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode < 300) resolve(JSON.parse(text).data);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      });
      sent.end(bytes);
    });
  return {
    get: (path) => call('GET', path, undefined, {}),
    post: (path, body, headers = {}) => call('POST', path, body, headers),
    close: () => agent.destroy(),
  };
}
