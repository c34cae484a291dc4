import { WebSocket } from 'ws';

/** Clients of the notifier, all in a process of their own, which hear and throw away. */
export async function open() {
  const sockets = [];
  return {
    /** A client for each list of filters. Resolves when all are subscribed to. */
    async listen({ url, token, filters }) {
      await Promise.all(filters.map((list) => subscribe(url, token, list)));
    },
    async close() {
      for (const socket of sockets) socket.terminate();
    },
  };

  function subscribe(url, token, filters) {
    return new Promise((resolve, reject) => {
      let missing = filters.length;
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      sockets.push(socket);
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`The notifier closed a connection: ${code}`)));
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString('utf8'));
        if (message.type === 'welcome') {
          for (const filter of filters) socket.send(JSON.stringify({ type: 'subscribe', filter }));
        } else if (message.type === 'subscribed') {
          if (--missing === 0) resolve();
        } else if (message.type === 'error') {
          reject(new Error(message.message));
        }
      });
    });
  }
}
