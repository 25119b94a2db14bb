/** The version of Codex Bridge that this page was built from. */
declare const __VERSION__: string;
