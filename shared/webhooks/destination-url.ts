// Where deliveries may go. URLs are fixed in configuration; what this refuses are those that lead into a network that is not public.
//
// It sees the literal host only. A public name that resolves to a private address is not seen here: Cloudflare's network routes no
// Worker there, other hosts of workerd need a rule of their own.

/** Why a URL is refused, and what would be right; undefined where it is not. `allowsLoopback`: of development, http too. */
export function faultOfUrl(text: string, allowsLoopback: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute URL';
  // The parser writes every spelling of an address (0x7f.1, 017700000001, [0:0::1]) the same way.
  const { protocol, hostname, username, password } = new URL(text);
  if (username || password) return 'must have no user name or password: a delivery is signed';
  const host = hostname.replace(/\.+$/, '');
  if (isLoopback(host)) {
    if (allowsLoopback && (protocol === 'http:' || protocol === 'https:')) return undefined;
    return 'leads to this machine itself, which is for development only; it must be a public https URL';
  }
  if (protocol !== 'https:') return 'must be https';
  if (isPrivateName(host)) return `leads to ${host}, a name of a private network; it must be public`;
  if (isPrivateAddress(host)) return `leads to ${host}, an address of a private network; it must be public`;
  return undefined;
}

const isLoopback = (host: string) =>
  host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(host) || host === '[::1]';

/** Names without a dot, and those that RFC 6762, RFC 8375 and ICANN keep for private use. */
const isPrivateName = (host: string) =>
  host === '' ||
  (!host.includes('.') && !host.startsWith('[')) ||
  /\.(?:local|internal|home\.arpa|lan|intranet|corp|home)$/.test(host);

/** IANA's special-purpose IPv4 blocks that are not globally reachable. */
const PRIVATE_V4: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

function isPrivateAddress(host: string): boolean {
  if (host.startsWith('[')) return isPrivateV6(host.slice(1, -1));
  const address = toNumber(host);
  return address !== undefined && isPrivateV4(address);
}

const isPrivateV4 = (address: number) =>
  PRIVATE_V4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((toNumber(network) ?? 0) / size);
  });

/** Global unicast is 2000::/3; of it, what carries an IPv4 address or is documentation is refused too. */
function isPrivateV6(address: string): boolean {
  const groups = expand(address);
  const [first = 0, second = 0, third = 0] = groups;
  if (first >> 13 !== 1) return true;
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return true;
  if (first === 0x3fff && second < 0x1000) return true;
  return first === 0x2002 && isPrivateV4(second * 65536 + third);
}

/** The eight groups of an address as the URL parser writes it. */
function expand(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return groups(head);
  const [left, right] = [groups(head), groups(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function toNumber(host: string): number | undefined {
  if (!/^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/.test(host)) return undefined;
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
