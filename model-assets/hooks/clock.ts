// Fires the cron of a local Worker, as the platform does elsewhere.

/** While the Worker is busy or gone, the next minute does; where it answers with a failure, the log must say that nothing was swept. */
export async function tick(origin: string, log: (line: string) => void = console.error): Promise<void> {
  try {
    const response = await fetch(`${origin}/cdn-cgi/local/scheduled`);
    await response.arrayBuffer();
    if (!response.ok) log(`the sweep of webhooks failed with ${response.status}; it is tried again in a minute`);
  } catch {
    // Nobody answers.
  }
}
