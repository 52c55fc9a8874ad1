// The headers `warning` of one answer. Clients take some 16 KB of headers in all, and fail on more.

const MOST = 8;
const MOST_LENGTH = 300;

/** Adds what is told to it by `add`: nothing twice, and of much only the beginning. */
export function createWarn(add: (header: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.size > MOST || told.has(message)) return;
    told.add(message);
    add(toHeader(told.size > MOST ? 'there is more to warn of, which is left out' : shortened(message)));
  };
}

function shortened(message: string): string {
  return message.length > MOST_LENGTH ? `${message.slice(0, MOST_LENGTH)}…` : message;
}

/** RFC 7234's miscellaneous warning. A header is ASCII: everything else is escaped as JSON would. */
function toHeader(message: string): string {
  const escaped = JSON.stringify(message).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `199 - ${escaped}`;
}
