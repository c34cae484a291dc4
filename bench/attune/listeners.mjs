import { WebSocket } from 'ws';

/** Clients of the notifier, all in a process of their own, which hear and throw away. */
export async function open() {
  const sockets = [];
  let heard = 0;
  return {
    /** Resolves when each of the filters is subscribed to by a client of its own. */
    async listen({ url, token, filters }) {
      await Promise.all(filters.map((filter) => subscribe(url, token, filter)));
    },
    heard: async () => heard,
    async close() {
      for (const socket of sockets) socket.terminate();
    },
  };

  function subscribe(url, token, filter) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      sockets.push(socket);
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`The notifier closed a connection: ${code}`)));
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString('utf8'));
        if (message.type === 'welcome') socket.send(JSON.stringify({ type: 'subscribe', filter }));
        else if (message.type === 'subscribed') resolve();
        else if (message.type === 'error') reject(new Error(message.message));
        else heard += 1;
      });
    });
  }
}
