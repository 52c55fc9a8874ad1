// `{/issue/title}\n\n{/issue/body}`: a text with JSON Pointers in braces; `{{` and `}}` are braces.

const PARTS = /\{\{|\}\}|\{((?:\/(?:[^~/{}]|~[01])*)+)\}/g;

export function pointersOf(template: string): readonly string[] {
  return Array.from(template.matchAll(PARTS), ([, path]) => path ?? []).flat();
}

/** The template with each pointer replaced by what `textAt` gives for it. */
export function fill(template: string, textAt: (path: string) => string): string {
  return template.replace(PARTS, (part, path?: string) => {
    if (path !== undefined) return textAt(path);
    return part === '{{' ? '{' : '}';
  });
}
