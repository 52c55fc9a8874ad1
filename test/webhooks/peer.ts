// node:crypto as the other side of ed25519: a service of miniflare's that signs and verifies for the tests in workerd.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** `/keys`: a new pair, `/sign?seed=…` and `/verify?key=…&signature=…` over the body; bytes in base64 on the wire. */
export async function answerPeer(request: { url: string; arrayBuffer(): Promise<ArrayBuffer> }): Promise<object> {
  const { pathname, searchParams } = new URL(request.url);
  const bytes = (name: string) => Buffer.from(searchParams.get(name) ?? '', 'base64');
  if (pathname === '/keys') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    return { seed: seed.toString('base64'), key: rawOf(publicKey.export({ format: 'der', type: 'spki' })) };
  }
  const content = Buffer.from(await request.arrayBuffer());
  if (pathname === '/sign') {
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, bytes('seed')]), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
    return { signature: sign(null, content, key).toString('base64'), key: rawOf(publicKey) };
  }
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes('key')]), format: 'der', type: 'spki' });
  return { isGenuine: verify(null, content, key, bytes('signature')) };
}

const rawOf = (spki: Buffer) => spki.subarray(-32).toString('base64');
