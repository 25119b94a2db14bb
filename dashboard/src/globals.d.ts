/** Version of Codex Bridge that this page belongs to. */
declare const __VERSION__: string;
