// What variables of wrangler.toml are where they are not set: those that publishing must know as the Worker does.

export const DEFAULTS = { MANIFEST_TTL_SECONDS: 30, WASM_BUDGET_MIB: 96 };
