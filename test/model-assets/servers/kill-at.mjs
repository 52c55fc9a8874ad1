// For node's --import: kills the process, and all that it has started, at the request that KILL_AT begins, when it was sent and before it is
// answered. To be started in a process group of its own.

import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const { request } = http;
const { KILL_AT } = process.env;

http.request = (url, options, ...rest) => {
  const sent = request(url, options, ...rest);
  if (KILL_AT && `${options.method} ${decodeURIComponent(url.pathname)}`.startsWith(KILL_AT)) {
    sent.once('finish', () => process.kill(0, 'SIGKILL'));
  }
  return sent;
};
syncBuiltinESMExports();
