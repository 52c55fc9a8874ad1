// The local bucket as object-store.ts speaks to one: a Worker beside the R2 that `wrangler dev` serves from. It takes no parts.

interface Env {
  readonly MODELS: R2Bucket;
}

export default {
  async fetch(request: Request, { MODELS }: Env): Promise<Response> {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    try {
      if (key === '') return await list(MODELS, url.searchParams);
      if (request.method === 'PUT') return await put(MODELS, key, request);
      if (request.method === 'HEAD') return toHead(await MODELS.head(key));
      if (request.method === 'DELETE') {
        await MODELS.delete(key);
        return new Response(null, { status: 204 });
      }
      const object = await MODELS.get(key);
      if (!object) return new Response(null, { status: 404 });
      return new Response(object.body, { headers: headersOf(object) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return new Response(`<Error><Code>Local</Code><Message>${escaped(message)}</Message></Error>`, { status: 400 });
    }
  },
};

async function put(bucket: R2Bucket, key: string, request: Request): Promise<Response> {
  const sha256 = request.headers.get('x-amz-meta-sha256');
  const stored = await bucket.put(key, request.body ?? '', {
    onlyIf: request.headers,
    ...(sha256 !== null && { sha256, customMetadata: { sha256 } }),
  });
  // Null where what was there is not what was expected.
  return new Response(null, stored ? { headers: { etag: stored.httpEtag } } : { status: 412 });
}

const toHead = (object: R2Object | null) =>
  object ? new Response(null, { headers: headersOf(object) }) : new Response(null, { status: 404 });

function headersOf({ httpEtag, size, checksums, customMetadata }: R2Object): Headers {
  const known = checksums.toJSON().sha256 ?? customMetadata?.sha256;
  return new Headers({
    etag: httpEtag,
    'content-length': String(size),
    'content-type': 'application/octet-stream',
    ...(known !== undefined && { 'x-amz-meta-sha256': known }),
  });
}

async function list(bucket: R2Bucket, query: URLSearchParams): Promise<Response> {
  const cursor = query.get('continuation-token');
  const page = await bucket.list({ prefix: query.get('prefix') ?? '', ...(cursor !== null && { cursor }) });
  const contents = page.objects.map(
    ({ key, size, uploaded }) =>
      `<Contents><Key>${escaped(key)}</Key><Size>${size}</Size><LastModified>${uploaded.toISOString()}</LastModified></Contents>`,
  );
  const next = page.truncated
    ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${escaped(page.cursor)}</NextContinuationToken>`
    : '<IsTruncated>false</IsTruncated>';
  return new Response(`<ListBucketResult>${contents.join('')}${next}</ListBucketResult>`);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
