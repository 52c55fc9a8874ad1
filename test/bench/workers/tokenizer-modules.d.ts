// Modules that subjects/tokenizer.ts puts beside the Worker.
declare module 'compiled.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module 'tokenizer.json.txt' {
  const text: string;
  export default text;
}
declare module 'english.txt' {
  const text: string;
  export default text;
}
